#include "service/telemetry/trace_context.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::telemetry {
namespace {

// The recommendation's own example, and what it says of other values:
// https://www.w3.org/TR/trace-context/#traceparent-header
constexpr char kExample[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TEST(TraceContext, Example_IsOne) {
  EXPECT_TRUE(IsTraceparent(kExample));
  EXPECT_EQ(TraceId(kExample), "4bf92f3577b34da6a3ce929d0e0e4736");
}

TEST(TraceContext, LaterVersion_MayBeLonger) {
  const std::string later = absl::StrCat("cc", std::string(kExample).substr(2));
  EXPECT_TRUE(IsTraceparent(later));
  EXPECT_TRUE(IsTraceparent(absl::StrCat(later, "-what-the-future-will-be-like")));
  EXPECT_FALSE(IsTraceparent(absl::StrCat(later, ".what-the-future-will-not-be-like")));
  EXPECT_FALSE(IsTraceparent(absl::StrCat(later, "-a\r\nX: y")));
  EXPECT_FALSE(IsTraceparent(absl::StrCat(later, "-", std::string(1'000, 'a'))));
}

TEST(TraceContext, Others_AreNone) {
  for (const char* value : {
           "",
           "00",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
       }) {
    EXPECT_FALSE(IsTraceparent(value)) << value;
    EXPECT_EQ(TraceId(value), "");
  }
}

}  // namespace
}  // namespace costs::telemetry
