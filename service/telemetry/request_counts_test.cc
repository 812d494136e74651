#include "service/telemetry/request_counts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/telemetry/exposition.h"

namespace costs::telemetry {
namespace {

using ::testing::HasSubstr;

TEST(RequestCounts, CountsByRouteAndStatus) {
  RequestCounts counts;
  counts.Answered("POST", "/costs/instant", 200, absl::Milliseconds(3));
  counts.Answered("POST", "/costs/instant", 200, absl::Milliseconds(3));
  counts.Answered("POST", "/costs/instant", 422, absl::Milliseconds(1));
  counts.Answered("", "", 404, absl::Milliseconds(1));
  const std::string text = Exposition(counts.Figures());
  EXPECT_THAT(text, HasSubstr(R"(http_requests_total{method="POST",route="/costs/instant",code="200"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(http_requests_total{method="POST",route="/costs/instant",code="422"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(http_requests_total{method="",route="",code="404"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(http_request_duration_seconds_count{method="POST",route="/costs/instant"} 3)"));
  EXPECT_THAT(text, HasSubstr(R"(http_request_duration_seconds_sum{method="POST",route="/costs/instant"} 0.007)"));
}

}  // namespace
}  // namespace costs::telemetry
