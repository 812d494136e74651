#include "service/catalog/refusal.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Refusal, Refuse_CarriesCodeReasonAndMessage) {
  const absl::Status status = Refuse(absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND", "there is no location 'x'");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "there is no location 'x'");
  EXPECT_EQ(ReasonOf(status), "LOCATION_NOT_FOUND");
  EXPECT_THAT(ViolationsOf(status), IsEmpty());
}

TEST(Refusal, Invalid_TellsEveryFault) {
  const absl::Status status = Invalid({{"timezone", "is required"}, {"id", "has 65 characters, of 64 allowed"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_THAT(std::string(status.message()), HasSubstr("timezone is required; id has 65"));
  EXPECT_THAT(ViolationsOf(status), ElementsAre(FieldViolation{"timezone", "is required"},
                                                FieldViolation{"id", "has 65 characters, of 64 allowed"}));
}

TEST(Refusal, Overloaded_SaysWhenToComeBack) {
  const absl::Status status = Overloaded("too much waits", absl::Milliseconds(1500));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "OVERLOADED");
  EXPECT_EQ(RetryAfterOf(status), absl::Milliseconds(1500));
}

TEST(Refusal, OtherStatus_IsNone) {
  EXPECT_EQ(RetryAfterOf(absl::UnavailableError("disk")), absl::nullopt);
  EXPECT_EQ(ReasonOf(absl::InternalError("disk")), "");
  EXPECT_EQ(ReasonOf(absl::OkStatus()), "");
  EXPECT_THAT(ViolationsOf(absl::InternalError("disk")), IsEmpty());
}

}  // namespace
}  // namespace costs::catalog
