#include "service/telemetry/call_log.h"

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/telemetry/json_log.h"
#include "spdlog/details/log_msg.h"

namespace costs::telemetry {
namespace {

std::string Format(const std::string& message) {
  spdlog::memory_buf_t buffer;
  const spdlog::log_clock::time_point time(std::chrono::milliseconds(1'767'225'600'123));
  JsonLogFormatter()->format(spdlog::details::log_msg(time, {}, "costsd", spdlog::level::warn, message), buffer);
  return std::string(buffer.data(), buffer.size());
}

TEST(CallLine, HasWhatIsKnown) {
  EndedCall call;
  call.face = "grpc";
  call.method = "/energy.costs.v1.CostsService/CalculateInstantCost";
  call.code = "UNAVAILABLE";
  call.duration = absl::Microseconds(1'234);
  EXPECT_EQ(CallLine(call),
            R"({"call":"grpc","method":"/energy.costs.v1.CostsService/CalculateInstantCost","code":"UNAVAILABLE",)"
            R"("ms":1.234})");
  call.account_id = "acc_1";
  call.request_id = "r\"1";
  call.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  rapidjson::Document line;
  line.Parse(CallLine(call).c_str());
  ASSERT_FALSE(line.HasParseError());
  EXPECT_STREQ(line["account_id"].GetString(), "acc_1");
  EXPECT_STREQ(line["request_id"].GetString(), "r\"1");
  EXPECT_STREQ(line["trace_id"].GetString(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_FALSE(line.HasMember("left_out"));
  call.left_out = 7;
  line.Parse(CallLine(call).c_str());
  ASSERT_FALSE(line.HasParseError());
  EXPECT_EQ(line["left_out"].GetUint(), 7u);
}

TEST(CallLog, FailuresBeyondTheFirst_AreCounted) {
  CallLog log(LoggedCalls::kFailed, [](absl::string_view) {});
  const absl::Time start = absl::FromUnixSeconds(1'767'225'600);
  const auto admit = [&](const char* code, absl::Duration after) { return log.Admit(code, true, start + after); };
  for (int i = 0; i < CallLog::kMostFailuresPerSecond; ++i) EXPECT_EQ(admit("UNAVAILABLE", absl::ZeroDuration()), 0u);
  EXPECT_EQ(admit("UNAVAILABLE", absl::Milliseconds(1)), std::nullopt);
  EXPECT_EQ(admit("UNAVAILABLE", absl::Milliseconds(999)), std::nullopt);
  EXPECT_EQ(admit("INTERNAL", absl::Milliseconds(999)), 0u);  // is not hidden by the others
  EXPECT_EQ(admit("UNAVAILABLE", absl::Milliseconds(1'000)), 2u);
  EXPECT_EQ(admit("UNAVAILABLE", absl::Milliseconds(1'001)), 0u);
  EXPECT_EQ(log.Admit("NOT_FOUND", false, start), std::nullopt);
}

TEST(CallLog, AllAndNone_AreAllAndNone) {
  CallLog all(LoggedCalls::kAll, [](absl::string_view) {});
  CallLog none(LoggedCalls::kNone, [](absl::string_view) {});
  for (int i = 0; i < 10 * CallLog::kMostFailuresPerSecond; ++i) {
    EXPECT_EQ(all.Admit("UNAVAILABLE", true, absl::UnixEpoch()), 0u);
    EXPECT_EQ(none.Admit("UNAVAILABLE", true, absl::UnixEpoch()), std::nullopt);
  }
  EXPECT_EQ(all.Admit("OK", false, absl::UnixEpoch()), 0u);
}

TEST(JsonLog, Message_IsEscaped) {
  EXPECT_EQ(Format("a \"b\"\n"),
            "{\"time\":\"2026-01-01T00:00:00.123Z\",\"level\":\"warning\",\"message\":\"a \\\"b\\\"\\u000a\"}\n");
}

TEST(JsonLog, Object_GivesItsMembers) {
  EXPECT_EQ(Format(R"({"call":"rest"})"),
            "{\"time\":\"2026-01-01T00:00:00.123Z\",\"level\":\"warning\",\"call\":\"rest\"}\n");
}

TEST(IsRequestId, TakesWhatCanBeLogged) {
  EXPECT_TRUE(IsRequestId("a1-B2_:/"));
  EXPECT_TRUE(IsRequestId(std::string(128, 'a')));
  for (const std::string& text :
       {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\n"), std::string("\xc3\xa9")}) {
    EXPECT_FALSE(IsRequestId(text)) << text;
  }
}

}  // namespace
}  // namespace costs::telemetry
