#include "service/records/bulk_submission.h"

#include <cmath>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"
#include "service/calculator/validation.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/refusal.h"
#include "service/engine/time.h"
#include "service/records/records_calls.h"
#include "service/records/stored_record.h"

namespace costs::records {
namespace {

using calculator::RecordKey;
using calculator::Submission;
using catalog::FieldViolation;

constexpr size_t kLongestId = 64;
constexpr size_t kLongestReference = 256;
constexpr int64_t kMwhPerWh = 1'000;
constexpr int64_t kMwhPerKwh = 1'000'000;
// 10^9 kWh, more than any register shows.
constexpr int64_t kLargestMwh = 1'000'000'000 * kMwhPerKwh;

absl::Status WrongCount(absl::string_view field, absl::string_view what, size_t count) {
  return catalog::Invalid({{std::string(field), absl::StrCat("holds ", count, " ", what, "; it must hold 1 to ",
                                                             kMostBulkRecords, "; send more in several calls")}});
}

engine::Direction Resolved(engine::Direction direction) {
  return direction == engine::Direction::kUnspecified ? engine::Direction::kImport : direction;
}
engine::TariffRate Resolved(engine::TariffRate rate, engine::Direction direction) {
  if (rate != engine::TariffRate::kUnspecified) return rate;
  return direction == engine::Direction::kExport ? engine::TariffRate::kExport : engine::TariffRate::kImport;
}

// What a submission of readings says of all of them, as a submission of a record.
Submission HeadOf(const CumulativeSubmission& cumulative) {
  Submission head;
  head.location_id = cumulative.location_id;
  head.device_id = cumulative.device_id;
  head.direction = cumulative.direction;
  head.tariff_rate = cumulative.tariff_rate;
  return head;
}

// The rules of a record, for what all readings have in common.
absl::Status CheckHead(const CumulativeSubmission& cumulative) {
  Submission probe = HeadOf(cumulative);
  probe.session_reference_id = cumulative.session_reference_id;
  probe.units = engine::Units::kWh;
  probe.value = 0;
  probe.start_time = calculator::WireTime{0, 0};
  probe.end_time = calculator::WireTime{1, 0};
  calculator::ValidRecord valid;
  std::vector<calculator::Violation> found;
  calculator::Validate(probe, &valid, &found);
  std::vector<FieldViolation> violations;
  for (calculator::Violation& violation : found) {
    violations.push_back({std::move(violation.field), std::move(violation.description)});
  }
  if (cumulative.units != engine::Units::kWh && cumulative.units != engine::Units::kKwh) {
    violations.push_back({"units", "is required and must be WH or KWH, as the register counts"});
  }
  return violations.empty() ? absl::OkStatus() : catalog::Invalid(violations);
}

// Fills `reading`, or says why it is none.
std::string ReadReading(const CumulativeSubmission& cumulative, const CumulativeSubmission::Reading& given,
                        RegisterReading* reading) {
  if (!given.fault.empty()) return given.fault;
  if (!given.time_s) return "time is required; give the Unix time in seconds";
  const int64_t latest = engine::kLatest.ns / engine::kNanosPerSecond;
  if (*given.time_s < 0 || *given.time_s > latest) {
    return "time must lie between 1970 and 2100, as Unix time in seconds, not in milliseconds";
  }
  if (!given.value) return "value is required; give what the register shows";
  const int64_t mwh = cumulative.units == engine::Units::kWh ? kMwhPerWh : kMwhPerKwh;
  if (!(*given.value >= 0 && *given.value <= static_cast<double>(kLargestMwh / mwh))) {
    return absl::StrCat("value must be between 0 and ", kLargestMwh / mwh);
  }
  if (const std::string fault = calculator::TextFault(given.record_reference_id, kLongestReference); !fault.empty()) {
    return absl::StrCat("record_reference_id ", fault);
  }
  reading->time_s = *given.time_s;
  reading->value_mwh = std::llrint(*given.value * static_cast<double>(mwh));
  reading->session_reference_id = cumulative.session_reference_id;
  reading->record_reference_id = given.record_reference_id;
  return "";
}

// The energy in the unit that holds it, however much it is.
Submission SubmissionOf(const Submission& head, const ReadingRecord& record) {
  Submission submission = head;
  submission.session_reference_id = record.session_reference_id;
  submission.record_reference_id = record.record_reference_id;
  const bool in_wh = record.energy_mwh <= engine::kLargestValue * kMwhPerWh;
  submission.units = in_wh ? engine::Units::kWh : engine::Units::kKwh;
  submission.value = static_cast<double>(record.energy_mwh) / static_cast<double>(in_wh ? kMwhPerWh : kMwhPerKwh);
  submission.start_time = calculator::WireTime{record.start_s, 0};
  submission.end_time = calculator::WireTime{record.end_s, 0};
  return submission;
}

calculator::RecordId IdOf(const Tenant& tenant, const Register& of, const ReadingRecord& record) {
  RecordKey key;
  key.account_id = tenant.account_id;
  key.live_mode = tenant.live_mode;
  key.location_id = of.thing.location_id;
  key.device_id = of.thing.device_id;
  key.direction = of.direction;
  key.tariff_rate = of.tariff_rate;
  key.interval = {engine::Instant::FromSeconds(record.start_s), engine::Instant::FromSeconds(record.end_s)};
  return calculator::IdOf(key);
}

}  // namespace

MeterBatch BulkSubmission::NewBatch(const Tenant& tenant, size_t submitted) const {
  MeterBatch batch;
  batch.id = context_.new_id("bat_");
  batch.submitted = submitted;
  batch.time_created = context_.now();
  batch.account_id = tenant.account_id;
  return batch;
}

std::unique_ptr<Write> BulkSubmission::NewWrite(const Tenant& tenant, const Submitter& submitter) const {
  auto write = std::make_unique<Write>();
  write->tenant = tenant;
  write->deadline = submitter.deadline;
  write->cancelled = submitter.cancelled;
  return write;
}

absl::Status BulkSubmission::SubmitRecords(const Tenant& tenant, absl::Span<const BulkRecord> records,
                                           const Submitter& submitter, std::string* document) {
  if (context_.store == nullptr) return NoRecordStore();
  if (records.empty() || records.size() > kMostBulkRecords) return WrongCount("body", "records", records.size());
  // What prices needs it open.
  if (const auto opened = context_.snapshots->Open(tenant); !opened.ok()) return opened.status();
  MeterBatch batch = NewBatch(tenant, records.size());
  const auto fail = [&](size_t record, std::string error) {
    batch.failed.push_back({record, std::string(records[record].submission.record_reference_id), std::move(error)});
  };
  std::vector<Submission> submissions;
  std::vector<size_t> positions;
  std::vector<std::string> faults(records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    faults[i] = records[i].fault;
    if (records[i].submission.non_persistent) {
      faults[i] = "non_persistent cannot be true here, where records are stored; ask POST /costs/instant";
    }
    if (!faults[i].empty()) continue;
    positions.push_back(i);
    submissions.push_back(records[i].submission);
  }
  BulkPrices prices;
  if (absl::Status status = PriceToStore(tenant, price_, submitter, submissions, &prices); !status.ok()) {
    return status;
  }
  for (size_t k = 0; k < positions.size(); ++k) faults[positions[k]] = std::move(prices.errors[k]);
  for (size_t i = 0; i < records.size(); ++i) {
    if (!faults[i].empty()) fail(i, std::move(faults[i]));
  }
  batch.accepted = prices.records.size();

  std::unique_ptr<Write> write = NewWrite(tenant, submitter);
  write->records = std::move(prices.records);
  write->batch_id = batch.id;
  write->batch_document = RenderMeterBatch(batch);
  *document = write->batch_document;
  return SubmitAndWait(context_.store, std::move(write));
}

std::mutex& BulkSubmission::MutexOf(const Tenant& tenant, const Register& of) {
  const size_t hash = absl::HashOf(tenant.account_id, tenant.live_mode, of.thing.location_id, of.thing.device_id,
                                   static_cast<int>(of.direction), static_cast<int>(of.tariff_rate));
  return registers_[hash % registers_.size()];
}

absl::StatusOr<std::vector<RegisterReading>> BulkSubmission::KnownReadings(
    const Tenant& tenant, const Register& of, absl::Span<const RegisterReading> submitted) const {
  std::vector<RegisterReading> known;
  for (const ReadingRange& range : RangesToRead(submitted)) {
    absl::StatusOr<std::vector<RegisterReading>> readings =
        context_.store->Readings(tenant, of, range.first_s, range.last_s);
    if (!readings.ok()) return readings.status();
    for (RegisterReading& reading : *readings) known.push_back(std::move(reading));
  }
  return known;
}

absl::Status BulkSubmission::SubmitReadings(const Tenant& tenant, const CumulativeSubmission& submission,
                                            const Submitter& submitter, std::string* document) {
  if (context_.store == nullptr) return NoRecordStore();
  if (absl::Status status = CheckHead(submission); !status.ok()) return status;
  const size_t count = submission.readings.size();
  if (count == 0 || count > kMostBulkRecords) return WrongCount("data", "readings", count);
  const absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> snapshot = context_.snapshots->Open(tenant);
  if (!snapshot.ok()) return snapshot.status();
  if ((*snapshot)->FindLocation(submission.location_id) == nullptr) {
    return catalog::Refuse(absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
                           absl::StrCat("there is no location ", catalog::Quoted(submission.location_id),
                                        " in this account; check location_id"));
  }
  MeterBatch batch = NewBatch(tenant, count);
  std::vector<std::string> faults(count);
  std::vector<RegisterReading> readings;
  std::vector<size_t> positions;
  for (size_t i = 0; i < count; ++i) {
    RegisterReading reading;
    faults[i] = ReadReading(submission, submission.readings[i], &reading);
    if (!faults[i].empty()) continue;
    readings.push_back(std::move(reading));
    positions.push_back(i);
  }

  Register of;
  of.thing = {submission.location_id, submission.device_id};
  of.direction = Resolved(submission.direction);
  of.tariff_rate = Resolved(submission.tariff_rate, of.direction);
  // Nobody else may add readings between the look at what is known and the write.
  const std::lock_guard<std::mutex> lock(MutexOf(tenant, of));
  const absl::StatusOr<std::vector<RegisterReading>> known = KnownReadings(tenant, of, readings);
  if (!known.ok()) return known.status();
  const Differences differences = Difference(*known, readings);

  std::vector<Submission> submissions;
  submissions.reserve(differences.records.size());
  for (const ReadingRecord& record : differences.records) {
    submissions.push_back(SubmissionOf(HeadOf(submission), record));
  }
  BulkPrices prices;
  if (absl::Status status = PriceToStore(tenant, price_, submitter, submissions, &prices); !status.ok()) {
    return status;
  }
  for (const std::string& error : prices.errors) {
    // Whole or not at all: what is wrong with one is wrong with the submission.
    if (!error.empty()) return catalog::Refuse(absl::StatusCode::kFailedPrecondition, "RECORD_REFUSED", error);
  }
  for (const ReadingFault& refused : differences.refused) faults[positions[refused.reading]] = refused.error;
  batch.accepted = positions.size() - differences.refused.size();
  for (const ReadingFault& gap : differences.gaps) faults[positions[gap.reading]] = gap.error;
  for (size_t i = 0; i < count; ++i) {
    if (faults[i].empty()) continue;
    batch.failed.push_back({i, submission.readings[i].record_reference_id, std::move(faults[i])});
  }

  std::unique_ptr<Write> write = NewWrite(tenant, submitter);
  for (const ReadingRecord& gone : differences.deletions) {
    write->deletions.push_back(IdOf(tenant, of, gone));
  }
  write->records = std::move(prices.records);
  write->reading_register = std::move(of);
  write->readings = differences.readings;
  write->batch_id = batch.id;
  write->batch_document = RenderMeterBatch(batch);
  *document = write->batch_document;
  return SubmitAndWait(context_.store, std::move(write));
}

absl::Status BulkSubmission::GetBatch(const Tenant& tenant, absl::string_view batch_id, std::string* document) const {
  if (context_.store == nullptr) return NoRecordStore();
  if (batch_id.empty()) return catalog::Invalid({{"batch_id", "is required; give the id of a batch (bat_…)"}});
  if (const std::string fault = calculator::TextFault(batch_id, kLongestId); !fault.empty()) {
    return catalog::Invalid({{"batch_id", fault}});
  }
  absl::StatusOr<std::optional<std::string>> found = context_.store->BatchDocument(tenant, batch_id);
  if (!found.ok()) return found.status();
  if (!*found) {
    return catalog::Refuse(
        absl::StatusCode::kNotFound, "BATCH_NOT_FOUND",
        absl::StrCat("there is no batch ", catalog::Quoted(batch_id), " in this account; check batch_id"));
  }
  *document = *std::move(*found);
  return absl::OkStatus();
}

}  // namespace costs::records
