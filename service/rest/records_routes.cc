#include "service/rest/records_routes.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "energy/costs/v1/meter_records_service.pb.h"
#include "rapidjson/document.h"
#include "service/catalog/refusal.h"
#include "service/catalog/tenant.h"
#include "service/executor/bounded_executor.h"
#include "service/rest/blocking_handler.h"
#include "service/rest/caller_time.h"
#include "service/rest/document_reader.h"
#include "service/rest/document_writer.h"
#include "service/rest/exchange.h"
#include "service/rest/http_error.h"
#include "service/rest/request_target.h"

namespace costs::rest {
namespace {

namespace v1 = energy::costs::v1;
using records::RecordsCalls;
using records::Reports;
using Names = std::vector<absl::string_view>;

// The offset of the body's start_time; UTC where that is no time.
UtcOffset OffsetOf(const std::string& body) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseIterativeFlag>(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject()) return UtcOffset();
  const auto start = document.FindMember("start_time");
  if (start == document.MemberEnd() || !start->value.IsString()) return UtcOffset();
  const absl::StatusOr<CallerTime> time =
      ParseCallerTime(absl::string_view(start->value.GetString(), start->value.GetStringLength()));
  return time.ok() ? time->offset : UtcOffset();
}

// The body is the period itself: its fields are named without its name.
absl::Status InTheBody(const absl::Status& status) {
  std::vector<catalog::FieldViolation> violations = catalog::ViolationsOf(status);
  if (violations.empty()) return status;
  for (catalog::FieldViolation& violation : violations) {
    violation.field = std::string(absl::StripPrefix(violation.field, "period."));
  }
  return catalog::Invalid(violations);
}

Answer IntervalCosts(const Reports* reports, const Request& request) {
  v1::GetIntervalCostsRequest asked;
  v1::GetIntervalCostsResponse answered;
  const Names names = {"aggregation", "direction", "include_tariff", "include_carbon"};
  absl::Status status = ReadQuery(request.query, names, &asked);
  asked.set_id(request.parameters[0]);
  if (status.ok() && !request.body.empty()) status = ReadDocument(request.body, {}, asked.mutable_period(), nullptr);
  if (status.ok()) status = reports->GetIntervalCosts(request.identity->tenant, asked, &answered);
  if (!status.ok()) return Refused(ErrorFromStatus(InTheBody(status)));
  Answer answer;
  answer.body = WriteDocument(answered, OffsetOf(request.body));
  return answer;
}

Answer SessionCosts(const Reports* reports, const Request& request) {
  v1::GetSessionCostsRequest asked;
  v1::GetSessionCostsResponse answered;
  const Names names = {"direction", "include_tariff", "include_carbon"};
  absl::Status status = ReadQuery(request.query, names, &asked);
  asked.set_session_reference_id(request.parameters[0]);
  if (status.ok()) status = reports->GetSessionCosts(request.identity->tenant, asked, &answered);
  if (!status.ok()) return Refused(ErrorFromStatus(status));
  Answer answer;
  answer.body = WriteDocument(answered);
  return answer;
}

// A call that takes its fields from the query, and the id from the path where it has
// one.
template <typename Asked, typename Answered>
Answer Look(const RecordsCalls* calls,
            absl::Status (RecordsCalls::*method)(const catalog::Tenant&, const Asked&, Answered*) const,
            const Names& names, void (*set_id)(const std::string&, Asked*), const Request& request) {
  Asked asked;
  Answered answered;
  absl::Status status = ReadQuery(WithPlusInTimes(request.query), names, &asked);
  if (set_id != nullptr) set_id(request.parameters[0], &asked);
  if (status.ok()) status = (calls->*method)(request.identity->tenant, asked, &answered);
  if (!status.ok()) return Refused(ErrorFromStatus(status));
  Answer answer;
  answer.body = WriteDocument(answered);
  return answer;
}

template <typename Asked>
void SetId(const std::string& id, Asked* asked) {
  asked->set_id(id);
}

Answer Delete(const RecordsCalls* calls, const Request& request) {
  v1::DeleteMeterRecordRequest asked;
  asked.set_id(request.parameters[0]);
  const absl::Status status = calls->Delete(request.identity->tenant, asked);
  if (!status.ok()) return Refused(ErrorFromStatus(status));
  Answer answer;
  answer.status = 202;
  answer.body = R"({"message":"Accepted"})";
  return answer;
}

template <typename Asked, typename Answered>
Handler LookHandler(const RecordsFace& face,
                    absl::Status (RecordsCalls::*method)(const catalog::Tenant&, const Asked&, Answered*) const,
                    Names names, void (*set_id)(const std::string&, Asked*)) {
  return BlockingHandler(&face.threads->reading,
                         [calls = face.records, method, names = std::move(names), set_id](const Request& request) {
                           return Look(calls, method, names, set_id, request);
                         });
}

}  // namespace

std::vector<Route> RecordsRoutes(const RecordsFace& face) {
  constexpr char kContext[] = "api.meters_records";
  const Reports* const reports = face.reports;
  executor::BoundedExecutor* const reading = &face.threads->reading;
  return {
      {"POST", "/costs/interval/{id}", "api.costs_interval", face.body_bytes,
       BlockingHandler(reading, [reports](const Request& request) { return IntervalCosts(reports, request); })},
      {"POST", "/costs/session/{id}", "api.costs_session", 0,
       BlockingHandler(reading, [reports](const Request& request) { return SessionCosts(reports, request); })},
      {"GET", "/meters/records", kContext, 0,
       LookHandler(face, &RecordsCalls::List,
                   {"location_id", "device_id", "session_reference_id", "record_reference_id", "direction",
                    "tariff_rate", "start_time", "end_time", "newest_first", "page_size", "page_token"},
                   static_cast<void (*)(const std::string&, v1::ListMeterRecordsRequest*)>(nullptr))},
      {"GET", "/meters/records/{id}", kContext, 0,
       LookHandler(face, &RecordsCalls::Get, {}, &SetId<v1::GetMeterRecordRequest>)},
      {"GET", "/meters/records/{id}/revisions", kContext, 0,
       LookHandler(face, &RecordsCalls::ListRevisions, {"page_size", "page_token"},
                   &SetId<v1::ListMeterRecordRevisionsRequest>)},
      {"DELETE", "/meters/records/{id}", kContext, 0,
       BlockingHandler(&face.threads->changing,
                       [calls = face.records](const Request& request) { return Delete(calls, request); })},
  };
}

}  // namespace costs::rest
