// JSON of `POST /costs/instant`: a request's body and query to a Submission, an
// Outcome to the response's text.
//
//   CostsRequest request;
//   std::vector<calculator::Violation> violations = ParseCostsRequest(body, query, &request);
//   if (violations.empty()) Calculate(request.submission(), request.options) …
//
// Only syntax is judged here: JSON types, the words of enums, the form of times.
// What the values may be is the Calculator's to say. Pure functions.
#ifndef SERVICE_REST_COSTS_JSON_H_
#define SERVICE_REST_COSTS_JSON_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"
#include "service/rest/caller_time.h"
#include "service/rest/request_target.h"

namespace costs::rest {

// A request as read. Owns its text.
struct CostsRequest {
  std::string location_id;
  std::string device_id;
  std::string session_reference_id;
  std::string record_reference_id;
  engine::Direction direction = engine::Direction::kUnspecified;
  engine::TariffRate tariff_rate = engine::TariffRate::kUnspecified;
  engine::Measurand measurand = engine::Measurand::kUnspecified;
  engine::Units units = engine::Units::kUnspecified;
  std::optional<double> value;
  std::optional<double> confidence;
  std::optional<double> usage_before_wh;
  std::optional<CallerTime> start_time;
  std::optional<CallerTime> end_time;
  bool non_persistent = false;  // the body's; the query's is in `options`
  calculator::Options options;

  // Borrows this request's text.
  calculator::Submission submission() const;
};

// Reads `body` and `query` into `request` and returns every violation of syntax
// at once, the required fields that are missing included. Where nothing but
// required fields is at fault, returns none: the Calculator then reports them
// together with what else it finds, in the words of all the ways in.
//
// Unknown fields and query keys are ignored; null is as good as absent; a known
// field or query key given twice is a violation, since readers differ on which
// one counts.
std::vector<calculator::Violation> ParseCostsRequest(absl::string_view body, const Query& query, CostsRequest* request);

// What a response says besides the record.
struct AnswerContext {
  absl::string_view account_id;
  bool live_mode = false;
  absl::Time time_created;
};

// The contract's meter_record, in its field order, without blanks; behind it
// `source` and `source_reason`, where they are said. Times are in
// the offsets of the request; the segments of a breakdown in that of its start.
std::string RenderMeterRecord(const CostsRequest& request, const calculator::PricedRecord& record,
                              const AnswerContext& context);

}  // namespace costs::rest

#endif  // SERVICE_REST_COSTS_JSON_H_
