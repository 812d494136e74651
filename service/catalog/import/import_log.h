// What an importer says of the files that it reads: findings, which do not stop
// it, and faults, which do.
//
//   ImportLog log(sources);
//   log.Find("further blank prices", log.Where({0, 12}), "has no price; that is a gap");
//   log.Fault(log.Where({0, 13}, "price"), "is NaN; write a number");
//   if (!log.status().ok()) return log.status();
//
// A refusal's reason is one of
//   MALFORMED_FILE        not the format at all, cut off, or beyond a limit
//   INVALID_FIELD         a value that is missing, wrong or in another unit
//   CONTRADICTORY_VALUES  two values for the same time
//   OPTION_REQUIRED       several readings; an option of the import chooses one
//   NO_DATA               nothing that was asked for
// and its violations name the place in the file.
//
// Not thread-safe; the sources are borrowed.
#ifndef SERVICE_CATALOG_IMPORT_IMPORT_LOG_H_
#define SERVICE_CATALOG_IMPORT_IMPORT_LOG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/refusal.h"

namespace costs::catalog {

// A file and its name for messages. The text is borrowed.
struct SourceText {
  std::string name;
  absl::string_view text;
};

// A place in one of the sources.
struct Place {
  int32_t file = 0;    // its index among them
  int32_t line = 0;    // from 1; 0: the file as a whole
  int32_t column = 0;  // in bytes, from 1; 0: the line as a whole
};

class ImportLog {
 public:
  // Findings of a kind, and faults, that are kept; the others are counted.
  static constexpr size_t kMostShown = 20;

  explicit ImportLog(absl::Span<const SourceText> sources) : sources_(sources) {}

  absl::Span<const SourceText> sources() const { return sources_; }

  // "day.json:12:7: results[3].valid_to".
  std::string Where(const Place& place, absl::string_view field = "") const;

  // `kind` names others like it, such as "further blank prices".
  void Find(absl::string_view kind, std::string where, std::string what);

  void Fault(std::string where, std::string what);
  // So many faults that there is no point in reading on.
  bool full() const { return fault_count_ > kMostShown; }
  // OK without faults; otherwise they, as INVALID_FIELD.
  absl::Status status() const;

  // What was found, in order; the kinds with too many are summed up at the end.
  std::vector<Finding> TakeFindings();

 private:
  const absl::Span<const SourceText> sources_;
  std::vector<Finding> findings_;
  std::vector<std::string> kinds_;  // in the order of their first finding
  absl::flat_hash_map<std::string, size_t> counts_;
  std::vector<FieldViolation> faults_;
  size_t fault_count_ = 0;
};

// INVALID_ARGUMENT with that reason and one violation. `where` may be empty.
absl::Status RefuseImport(absl::string_view reason, std::string where, std::string what);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_IMPORT_LOG_H_
