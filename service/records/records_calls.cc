#include "service/records/records_calls.h"

#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"
#include "service/calculator/validation.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/list_page.h"
#include "service/catalog/refusal.h"
#include "service/engine/time.h"

namespace costs::records {
namespace {

using catalog::FieldViolation;
using Violations = std::vector<FieldViolation>;

constexpr int kDefaultRecordsOnPage = 30;
constexpr int kMostRecordsOnPage = 1000;
constexpr size_t kLongestId = 64;
constexpr size_t kLongestReference = 256;

absl::Status NoSuchRecord(absl::string_view id) {
  return catalog::Refuse(absl::StatusCode::kNotFound, "METER_RECORD_NOT_FOUND",
                         absl::StrCat("there is no meter record ", catalog::Quoted(id), " in this account; check id"));
}

void CheckText(absl::string_view field, absl::string_view text, size_t longest, Violations* violations) {
  std::string fault = calculator::TextFault(text, longest);
  if (!fault.empty()) violations->push_back({std::string(field), std::move(fault)});
}

std::optional<engine::Instant> ReadTime(absl::string_view field, const google::protobuf::Timestamp& time,
                                        Violations* violations) {
  const int64_t latest = engine::kLatest.ns / engine::kNanosPerSecond;
  if (time.nanos() < 0 || time.nanos() >= engine::kNanosPerSecond || time.seconds() < 0 || time.seconds() > latest) {
    violations->push_back(
        {std::string(field), "must be from 1970-01-01T00:00:00Z to 2100-01-01T00:00:00Z, with 0 to 999999999 nanos"});
    return std::nullopt;
  }
  return engine::Instant{time.seconds() * engine::kNanosPerSecond + time.nanos()};
}

RecordFilter FilterOf(const pb::ListMeterRecordsRequest& request, Violations* violations) {
  CheckText("location_id", request.location_id(), kLongestId, violations);
  CheckText("device_id", request.device_id(), kLongestId, violations);
  CheckText("session_reference_id", request.session_reference_id(), kLongestReference, violations);
  CheckText("record_reference_id", request.record_reference_id(), kLongestReference, violations);
  RecordFilter filter;
  filter.location_id = request.location_id();
  filter.device_id = request.device_id();
  filter.session_reference_id = request.session_reference_id();
  filter.record_reference_id = request.record_reference_id();
  if (!filter.record_reference_id.empty() && filter.location_id.empty() && filter.device_id.empty() &&
      filter.session_reference_id.empty()) {
    violations->push_back({"record_reference_id",
                           "needs location_id, device_id or session_reference_id beside it; add the one you know"});
  }
  if (!pb::Direction::Value_IsValid(request.direction())) {
    violations->push_back({"direction", "must be IMPORT or EXPORT; leave it out for both"});
  } else if (request.direction() != pb::Direction::UNSPECIFIED) {
    filter.direction = static_cast<engine::Direction>(request.direction());
  }
  if (!pb::TariffRate::Value_IsValid(request.tariff_rate())) {
    violations->push_back({"tariff_rate", "must be IMPORT, EXPORT or LOCAL; leave it out for all"});
  } else if (request.tariff_rate() != pb::TariffRate::UNSPECIFIED) {
    filter.tariff_rate = static_cast<engine::TariffRate>(request.tariff_rate());
  }
  if (request.has_start_time()) filter.ends_after = ReadTime("start_time", request.start_time(), violations);
  if (request.has_end_time()) filter.starts_before = ReadTime("end_time", request.end_time(), violations);
  if (filter.ends_after && filter.starts_before && *filter.starts_before <= *filter.ends_after) {
    violations->push_back({"end_time", "must be after start_time"});
  }
  return filter;
}

// Names the list of these filters in that order.
uint64_t HashOf(const Tenant& tenant, const RecordFilter& filter, bool newest_first) {
  const auto number = [](const auto& value) { return value ? absl::StrCat(static_cast<int64_t>(*value)) : ""; };
  const auto instant = [](const std::optional<engine::Instant>& at) { return at ? absl::StrCat(at->ns) : ""; };
  return catalog::ListHash("meter_records", tenant,
                           {filter.location_id, filter.device_id, filter.session_reference_id,
                            filter.record_reference_id, number(filter.direction), number(filter.tariff_rate),
                            instant(filter.ends_after), instant(filter.starts_before), newest_first ? "newest" : ""});
}

absl::StatusOr<std::optional<RecordPosition>> PositionOf(const std::string& token, uint64_t list) {
  std::optional<RecordPosition> position;
  if (token.empty()) return position;
  const absl::StatusOr<catalog::ListPosition> read = catalog::ReadPageToken(token, list);
  if (!read.ok()) return read.status();
  const std::optional<calculator::RecordId> id = ParseRecordId(read->id);
  if (!id) return catalog::Invalid({{"page_token", "is not one that this list gave; leave it out for the first page"}});
  position = RecordPosition{read->created, *id};
  return position;
}

std::string TokenAfter(const StoredRecord& record, uint64_t list) {
  return catalog::PageToken(
      list, {record.request.interval.start.ns / engine::kNanosPerSecond, calculator::FormatRecordId(record.id)});
}

// What is said of a page, whatever is wrong with it beside `violations`.
void AddFaults(const absl::Status& status, Violations* violations) {
  for (FieldViolation& violation : catalog::ViolationsOf(status)) violations->push_back(std::move(violation));
}

}  // namespace

absl::StatusOr<StoredRecord> RecordsCalls::Find(const Tenant& tenant, absl::string_view id) const {
  if (id.empty()) return catalog::Invalid({{"id", "is required; give the id of a meter record (mre_…)"}});
  const std::optional<calculator::RecordId> parsed = ParseRecordId(id);
  if (!parsed) return NoSuchRecord(id);
  absl::StatusOr<std::optional<StoredRecord>> record = context_.store->Get(tenant, *parsed);
  if (!record.ok()) return record.status();
  if (!*record) return NoSuchRecord(id);
  return *std::move(*record);
}

absl::Status RecordsCalls::Get(const Tenant& tenant, const pb::GetMeterRecordRequest& request,
                               pb::MeterRecord* response) const {
  if (context_.store == nullptr) return NoRecordStore();
  const absl::StatusOr<StoredRecord> record = Find(tenant, request.id());
  if (!record.ok()) return record.status();
  ToMessage(tenant, *record, response);
  return absl::OkStatus();
}

absl::Status RecordsCalls::List(const Tenant& tenant, const pb::ListMeterRecordsRequest& request,
                                pb::ListMeterRecordsResponse* response) const {
  if (context_.store == nullptr) return NoRecordStore();
  Violations violations;
  const RecordFilter filter = FilterOf(request, &violations);
  const absl::StatusOr<int> size = catalog::PageSize(request.page_size(), kDefaultRecordsOnPage, kMostRecordsOnPage);
  AddFaults(size.status(), &violations);
  const uint64_t list = HashOf(tenant, filter, request.newest_first());
  const absl::StatusOr<std::optional<RecordPosition>> after = PositionOf(request.page_token(), list);
  // With other faults the filters may not be the caller's, and so neither the token.
  if (violations.empty()) AddFaults(after.status(), &violations);
  if (!violations.empty()) return catalog::Invalid(violations);

  // One more than asked for tells whether there is a further page.
  absl::StatusOr<std::vector<StoredRecord>> records =
      context_.store->List(tenant, filter, *after, request.newest_first(), *size + 1);
  if (!records.ok()) return records.status();
  const bool has_more = records->size() > static_cast<size_t>(*size);
  if (has_more) records->resize(static_cast<size_t>(*size));
  response->set_object("list");
  response->set_url("/meters/records");
  response->set_has_more(has_more);
  response->mutable_data()->Reserve(static_cast<int>(records->size()));
  for (const StoredRecord& record : *records) ToMessage(tenant, record, response->add_data());
  if (has_more) response->set_next_page_token(TokenAfter(records->back(), list));
  return absl::OkStatus();
}

absl::Status RecordsCalls::ListRevisions(const Tenant& tenant, const pb::ListMeterRecordRevisionsRequest& request,
                                         pb::ListMeterRecordRevisionsResponse* response) const {
  if (context_.store == nullptr) return NoRecordStore();
  const absl::StatusOr<int> size = catalog::PageSize(request.page_size(), kDefaultRecordsOnPage, kMostRecordsOnPage);
  if (!size.ok()) return size.status();
  const absl::StatusOr<StoredRecord> record = Find(tenant, request.id());
  if (!record.ok()) return record.status();
  const uint64_t list = catalog::ListHash("meter_record_revisions", tenant, {request.id()});
  std::optional<int32_t> below;
  if (!request.page_token().empty()) {
    const absl::StatusOr<catalog::ListPosition> position = catalog::ReadPageToken(request.page_token(), list);
    if (!position.ok()) return position.status();
    below = static_cast<int32_t>(position->created);
  }

  absl::StatusOr<std::vector<Revision>> revisions = context_.store->Revisions(tenant, record->id, below, *size + 1);
  if (!revisions.ok()) return revisions.status();
  const bool has_more = revisions->size() > static_cast<size_t>(*size);
  if (has_more) revisions->resize(static_cast<size_t>(*size));
  response->set_object("list");
  response->set_url(absl::StrCat("/meters/records/", request.id(), "/revisions"));
  response->set_has_more(has_more);
  for (const Revision& revision : *revisions) ToMessage(*record, revision, response->add_data());
  if (has_more) response->set_next_page_token(catalog::PageToken(list, {revisions->back().number, ""}));
  return absl::OkStatus();
}

absl::Status RecordsCalls::Delete(const Tenant& tenant, const pb::DeleteMeterRecordRequest& request) const {
  if (context_.store == nullptr) return NoRecordStore();
  const absl::StatusOr<StoredRecord> record = Find(tenant, request.id());
  if (!record.ok()) return record.status();
  auto write = std::make_unique<Write>();
  write->tenant = tenant;
  write->deletions.push_back(record->id);
  return SubmitAndWait(context_.store, std::move(write));
}

absl::Status SubmitAndWait(RecordStore* store, std::unique_ptr<Write> write) {
  auto over = std::make_shared<std::promise<absl::Status>>();
  std::future<absl::Status> result = over->get_future();
  write->done = [over](const absl::Status& status) { over->set_value(status); };
  store->Submit(std::move(write));
  return result.get();
}

}  // namespace costs::records
