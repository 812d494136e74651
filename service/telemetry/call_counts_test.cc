#include "service/telemetry/call_counts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/telemetry/exposition.h"

namespace costs::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CallCounts, EachMethod_HasItsOwnFigures) {
  CallCounts counts;
  counts.Add("a.S", "Get", "unary");
  counts.Add("a.S", "Stream", "bidi_stream");
  CallCounts::Method* const get = counts.Find("/a.S/Get");
  ASSERT_NE(get, nullptr);
  for (const int code : {0, 0, 5}) {
    get->Started();
    get->Received();
    get->Handled(code, absl::Milliseconds(2));
  }
  get->Sent();
  counts.Find("/a.S/Stream")->Started();
  const std::string text = Exposition(counts.Figures());
  const std::string labels = R"({grpc_type="unary",grpc_service="a.S",grpc_method="Get"})";
  EXPECT_THAT(text, HasSubstr("grpc_server_started_total" + labels + " 3\n"));
  EXPECT_THAT(text, HasSubstr("grpc_server_msg_received_total" + labels + " 3\n"));
  EXPECT_THAT(text, HasSubstr("grpc_server_msg_sent_total" + labels + " 1\n"));
  EXPECT_THAT(text, HasSubstr(R"(grpc_method="Get",grpc_code="OK"} 2)"));
  EXPECT_THAT(text, HasSubstr(R"(grpc_method="Get",grpc_code="NotFound"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(grpc_method="Stream",grpc_code="OK"} 0)"));
  EXPECT_THAT(text, Not(HasSubstr(R"(grpc_method="Stream",grpc_code="NotFound"})")));
  EXPECT_THAT(text, HasSubstr("grpc_server_handling_seconds_sum" + labels + " 0.006\n"));
  EXPECT_THAT(text, HasSubstr(R"(grpc_method="Get",le="0.001"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"(grpc_method="Get",le="0.0025"} 3)"));
}

TEST(CallCounts, UnknownMethodAndCode) {
  CallCounts counts;
  counts.Add("a.S", "Get", "unary");
  EXPECT_EQ(counts.Find("/a.S/Gett"), nullptr);
  counts.Find("/a.S/Get")->Handled(99, absl::ZeroDuration());
  EXPECT_THAT(Exposition(counts.Figures()), HasSubstr(R"(grpc_code="Unknown"} 1)"));
  EXPECT_EQ(CodeInCapitals(14), "UNAVAILABLE");
  EXPECT_EQ(CodeName(16), "Unauthenticated");
}

}  // namespace
}  // namespace costs::telemetry
