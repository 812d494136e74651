// The REST face's reader and writer: the first line is the request target, the
// rest the body. Whatever they are, the answer is JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/rest/costs_json.h"
#include "service/rest/http_error.h"
#include "service/rest/request_target.h"
#include "tests/conformance/json_leaves.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/priced_catalog.h"

namespace costs::fuzz {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

void CheckError(const rest::HttpError& error) {
  COSTS_FUZZ_CHECK(error.status >= 400 && error.status < 500);
  const auto leaves = conformance::LeavesOf(rest::RenderError(error, "api.costs_instant", /*live_mode=*/true, kNow));
  COSTS_FUZZ_CHECK(leaves.ok());
  COSTS_FUZZ_CHECK(!leaves->at("message").text.empty());
}

void Run(absl::string_view input) {
  const size_t line_end = input.find('\n');
  const absl::string_view target = input.substr(0, line_end);
  const absl::string_view body = line_end == absl::string_view::npos ? "" : input.substr(line_end + 1);

  rest::Query query;
  if (absl::StatusOr<rest::RequestTarget> parsed = rest::ParseRequestTarget(target); parsed.ok()) query = parsed->query;
  rest::CostsRequest request;
  const std::vector<calculator::Violation> violations = rest::ParseCostsRequest(body, query, &request);
  if (!violations.empty()) {
    for (const calculator::Violation& violation : violations) {
      COSTS_FUZZ_CHECK(!violation.field.empty() && !violation.description.empty());
    }
    return CheckError(rest::ErrorFromViolations(violations));
  }
  const calculator::Submission submission = request.submission();
  std::vector<calculator::Outcome> outcomes;
  const calculator::Batch batch = Price(request.options, {&submission, 1}, &outcomes);
  if (!outcomes[0].ok()) return CheckError(rest::ErrorFromFailure(*outcomes[0].failure));
  const auto leaves =
      conformance::LeavesOf(rest::RenderMeterRecord(request, outcomes[0].record, {"acc_fuzz", true, kNow}));
  COSTS_FUZZ_CHECK(leaves.ok());
  COSTS_FUZZ_CHECK(leaves->at("request.location_id").text == request.location_id);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
