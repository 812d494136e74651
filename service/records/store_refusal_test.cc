#include "service/records/store_refusal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "service/catalog/refusal.h"

namespace costs::records {
namespace {

using catalog::ReasonOf;
using catalog::RetryAfterOf;
using ::testing::HasSubstr;

TEST(StoreRefusalTest, Failures_AreRefusalsOfTheirKind) {
  absl::Status status = StoreRefusal(absl::ResourceExhaustedError("database or disk is full"));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(status), "STORE_FULL");
  EXPECT_EQ(*RetryAfterOf(status), absl::Seconds(1));
  EXPECT_THAT(std::string(status.message()), HasSubstr("database or disk is full"));
  for (absl::StatusCode code : {absl::StatusCode::kUnavailable, absl::StatusCode::kInternal}) {
    status = StoreRefusal(absl::Status(code, "x"));
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), "STORE_UNAVAILABLE");
    EXPECT_EQ(*RetryAfterOf(status), absl::Seconds(1));
  }
  status = StoreRefusal(absl::DataLossError("x"));
  EXPECT_EQ(ReasonOf(status), "STORE_BROKEN");
  EXPECT_FALSE(RetryAfterOf(status).has_value());
}

TEST(StoreRefusalTest, Refusal_StaysAsItIs) {
  EXPECT_TRUE(StoreRefusal(absl::OkStatus()).ok());
  for (const absl::Status& refusal :
       {IdTakenRefusal(), OverloadedRefusal(), DeadlineRefusal(), CancelledRefusal(), ReferenceAloneRefusal()}) {
    EXPECT_EQ(StoreRefusal(refusal), refusal);
    EXPECT_FALSE(ReasonOf(refusal).empty());
  }
  EXPECT_EQ(ReasonOf(OverloadedRefusal()), "OVERLOADED");
  EXPECT_TRUE(RetryAfterOf(OverloadedRefusal()).has_value());
}

}  // namespace
}  // namespace costs::records
