#include "service/records/pending_record.h"

#include <string>
#include <utility>
#include <vector>

#include "service/calculator/record_id.h"
#include "service/calculator/validation.h"

namespace costs::records {
namespace {

// Text, unit and value; the rest is what pricing resolved.
RecordRequest AsSubmitted(const calculator::Submission& submission) {
  RecordRequest request;
  request.location_id = std::string(submission.location_id);
  request.device_id = std::string(submission.device_id);
  request.session_reference_id = std::string(submission.session_reference_id);
  request.record_reference_id = std::string(submission.record_reference_id);
  request.units = submission.units;
  request.value = submission.value.value_or(0);
  request.usage_before_wh = submission.usage_before_wh;
  return request;
}

}  // namespace

PendingRecord MakePending(absl::Time now, const calculator::Submission& submission,
                          const calculator::PricedRecord& priced, uint64_t catalog_version) {
  PendingRecord pending;
  StoredRecord& record = pending.record;
  record.id = priced.id;
  record.request = AsSubmitted(submission);
  record.request.direction = priced.direction;
  record.request.tariff_rate = priced.tariff_rate;
  record.request.confidence = priced.confidence;
  record.request.interval = priced.interval;
  record.created_ns = absl::ToUnixNanos(now);
  record.revision.cause = RevisionCause::kSubmitted;
  record.revision.catalog_version = catalog_version;
  record.revision.priced_ns = record.created_ns;
  record.revision.figures = FiguresOf(priced);
  return pending;
}

std::optional<PendingRecord> MakeUnpriced(const Tenant& tenant, absl::Time now,
                                          const calculator::Submission& submission) {
  calculator::ValidRecord valid;
  std::vector<calculator::Violation> violations;
  if (!calculator::Validate(submission, &valid, &violations)) return std::nullopt;
  PendingRecord pending;
  StoredRecord& record = pending.record;
  record.id = calculator::IdOf({tenant.account_id, tenant.live_mode, submission.location_id, submission.device_id,
                                valid.direction, valid.tariff_rate, valid.usage.interval});
  record.request = AsSubmitted(submission);
  record.request.direction = valid.direction;
  record.request.tariff_rate = valid.tariff_rate;
  record.request.confidence = valid.confidence;
  record.request.interval = valid.usage.interval;
  record.created_ns = absl::ToUnixNanos(now);
  record.revision.cause = RevisionCause::kSubmitted;
  record.revision.priced_ns = record.created_ns;
  return pending;
}

}  // namespace costs::records
