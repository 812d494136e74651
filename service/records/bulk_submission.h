// Records and register readings by the thousand: priced, and stored in one
// transaction, with an answer that tells what was taken and what was not.
//
//   BulkSubmission bulk({meters.context(), price});
//   std::string document;
//   absl::Status status = bulk.SubmitRecords(tenant, items, submitter, &document);
//
// A record that breaks a rule is told in the answer and does not fail the others. A
// record without a price is taken, and priced when its price comes. What fails all
// of them, such as a store that cannot be written to, is the call's status, and then
// nothing is stored; the same submission may be tried again, and changes nothing
// that it did before.
//
// The functions block while records are priced and stored. Errors are refusals
// (service/catalog/refusal.h). Thread-safe.
#ifndef SERVICE_RECORDS_BULK_SUBMISSION_H_
#define SERVICE_RECORDS_BULK_SUBMISSION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/calculator/calculator.h"
#include "service/records/bulk_pricing.h"
#include "service/records/call_context.h"
#include "service/records/meter_batch.h"
#include "service/records/record_store.h"
#include "service/records/register_readings.h"

namespace costs::records {

// The most records, or readings, of one submission.
inline constexpr size_t kMostBulkRecords = 10'000;

// A record as a face read it.
struct BulkRecord {
  calculator::Submission submission;  // borrows its text
  std::string fault;                  // why it cannot be read; empty: it can
};

// Readings of one register, as a face read them; nothing is checked yet.
struct CumulativeSubmission {
  struct Reading {
    std::optional<int64_t> time_s;
    std::optional<double> value;  // in `units`
    std::string record_reference_id;
    std::string fault;  // as above
  };

  std::string location_id;
  std::string device_id;
  std::string session_reference_id;
  engine::Direction direction = engine::Direction::kUnspecified;
  engine::TariffRate tariff_rate = engine::TariffRate::kUnspecified;
  engine::Units units = engine::Units::kUnspecified;
  std::vector<Reading> readings;
};

class BulkSubmission {
 public:
  struct Options {
    CallContext context;
    PricingFunction price;
  };

  explicit BulkSubmission(Options options) : context_(std::move(options.context)), price_(std::move(options.price)) {}

  // `document` gets the answer's JSON.
  absl::Status SubmitRecords(const Tenant& tenant, absl::Span<const BulkRecord> records, const Submitter& submitter,
                             std::string* document);
  // Sorted, differenced (register_readings.h) and stored with their records, at once.
  absl::Status SubmitReadings(const Tenant& tenant, const CumulativeSubmission& submission, const Submitter& submitter,
                              std::string* document);
  // The answer that an earlier submission had. NOT_FOUND (BATCH_NOT_FOUND).
  absl::Status GetBatch(const Tenant& tenant, absl::string_view batch_id, std::string* document) const;

 private:
  MeterBatch NewBatch(const Tenant& tenant, size_t submitted) const;
  std::unique_ptr<Write> NewWrite(const Tenant& tenant, const Submitter& submitter) const;
  absl::StatusOr<std::vector<RegisterReading>> KnownReadings(const Tenant& tenant, const Register& of,
                                                             absl::Span<const RegisterReading> submitted) const;
  std::mutex& MutexOf(const Tenant& tenant, const Register& of);

  const CallContext context_;
  const PricingFunction price_;
  // Readings of one register are differenced one submission after the other.
  std::array<std::mutex, 64> registers_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_BULK_SUBMISSION_H_
