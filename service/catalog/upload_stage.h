// What an upload has sent so far, kept aside in a temporary database (large ones
// in a file without a name) until all of it is applied: checked, bounded, and
// given back sorted, each series by itself.
//
// An error makes the upload useless, and is given again by later calls. For one
// thread at a time.
#ifndef SERVICE_CATALOG_UPLOAD_STAGE_H_
#define SERVICE_CATALOG_UPLOAD_STAGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/catalog/catalog.h"
#include "service/catalog/violations.h"
#include "service/engine/time.h"
#include "service/sqlite/database.h"

namespace costs::catalog {

// One price or intensity; the figures in 10^-9 of their unit.
struct StagedEntry {
  engine::Interval interval;
  std::optional<int64_t> first;   // a price; or a forecast
  std::optional<int64_t> second;  // an actual
};

// How the messages of an upload call things.
struct UploadWords {
  absl::string_view name_field;  // "market_series"
  absl::string_view list_field;  // "prices"
  absl::string_view noun;        // "series"
};

class UploadStage {
 public:
  UploadStage(const Catalog::Limits& limits, const UploadWords& words);

  // Takes in a message with `count` entries of a series. `read` gets the series'
  // index, puts the entries, and adds what is wrong with them; then nothing of it
  // counts.
  absl::Status Add(const std::string& name, int count, absl::FunctionRef<void(size_t, Violations*)> read);
  void Put(const StagedEntry& entry, Violations* faults);

  // Nothing can be added any more. A refusal where entries overlap.
  absl::Status Close();

  // Notes an error of the upload, and gives it back.
  absl::Status Fail(const absl::Status& status);

  // The series, in the order in which they were named.
  const std::vector<std::string>& names() const { return names_; }
  // All entries.
  int64_t size() const { return size_; }
  // The entries of a series in the order of time; ends with the first error.
  absl::Status Visit(size_t series, absl::FunctionRef<absl::Status(const StagedEntry&)> visitor);

 private:
  absl::Status Open();
  absl::StatusOr<size_t> SeriesIndex(const std::string& name);
  absl::Status FindOverlap();

  const Catalog::Limits limits_;
  const UploadWords words_;
  absl::Status status_;
  std::unique_ptr<sqlite::Database> database_;
  absl::flat_hash_map<std::string, size_t> index_;
  std::vector<std::string> names_;
  int64_t size_ = 0;
  int64_t message_ = 0;  // from 1
  size_t current_ = 0;   // series of the message that is being read
  int64_t position_ = 0;
};

// The whole seconds of an entry, within what the engine prices.
engine::Interval ReadUploadTimes(bool has_from, const google::protobuf::Timestamp& from, bool has_to,
                                 const google::protobuf::Timestamp& to, const FieldPath& path, Violations* faults);

template <typename Entry>
engine::Interval ReadUploadInterval(const Entry& entry, const FieldPath& path, Violations* faults) {
  return ReadUploadTimes(entry.has_valid_from(), entry.valid_from(), entry.has_valid_to(), entry.valid_to(), path,
                         faults);
}

// An instant of nanoseconds, no further outside of [kEarliest, kLatest] than these;
// null with a fault.
absl::optional<engine::Instant> ReadInstant(const google::protobuf::Timestamp& time, const FieldPath& path,
                                            Violations* faults);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_UPLOAD_STAGE_H_
