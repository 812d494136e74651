#include "service/rpc/status_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "service/catalog/refusal.h"
#include "service/rpc/testing/status_details.h"

namespace costs::rpc {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatusCodec, Refusal_HasItsDetails) {
  const grpc::Status status = ToGrpcStatus(catalog::Invalid({{"id", "is too long"}, {"timezone", "is unknown"}}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.reason(), "INVALID_FIELD");
  EXPECT_EQ(info.domain(), "costs.energy");
  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 2);
  EXPECT_EQ(bad.field_violations(1).field(), "timezone");
  EXPECT_EQ(bad.field_violations(1).description(), "is unknown");
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(StatusCodec, Overload_SaysWhenToComeBack) {
  const grpc::Status status = ToGrpcStatus(catalog::Overloaded("too much", absl::Milliseconds(1500)));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  const auto retry = DetailOf<google::rpc::RetryInfo>(status).retry_delay();
  EXPECT_EQ(retry.seconds(), 1);
  EXPECT_EQ(retry.nanos(), 500'000'000);
}

TEST(StatusCodec, OtherFailure_KeepsItsTextToItself) {
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("/var/lib/secret"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("secret")));
  EXPECT_EQ(status.error_details(), "");
}

// Clients accept 8 KiB of trailers, and tell their callers of nothing but that
// where there is more.
TEST(StatusCodec, ManyOrLongFaults_FitIntoTrailers) {
  std::vector<catalog::FieldViolation> many, wide, far;
  for (int i = 0; i < 50; ++i) {
    many.push_back({absl::StrCat("schedule[", i, "].days_and_hours[0].hours[0].rate[0].fixed"),
                    "has more than 9 digits after the point; write at most 9"});
  }
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "\u00e9";
  wide.push_back({"display_name", text});
  far.push_back({std::string(9000, 'x'), "is not a field"});
  for (const auto& faults : {many, wide, far}) {
    const grpc::Status status = ToGrpcStatus(catalog::Invalid(faults));
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    // The message as a header, three bytes for each that is not ASCII; the details in base64.
    const size_t bytes = status.error_message().size() * 3 + status.error_details().size() * 4 / 3;
    EXPECT_LT(bytes, 7500u);
    EXPECT_GT(DetailOf<google::rpc::BadRequest>(status).field_violations_size(), 0);
    EXPECT_EQ(DetailOf<google::rpc::ErrorInfo>(status).reason(), "INVALID_FIELD");
  }
  EXPECT_GT(DetailOf<google::rpc::BadRequest>(ToGrpcStatus(catalog::Invalid(many))).field_violations_size(), 10);
}

}  // namespace
}  // namespace costs::rpc
