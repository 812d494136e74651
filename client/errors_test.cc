#include "client/errors.h"

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace costs {
namespace {

google::rpc::Status Refusal() {
  google::rpc::Status status;
  status.set_code(3);
  status.set_message("the request is invalid");
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  status.add_details()->PackFrom(info);
  google::rpc::BadRequest request;
  request.add_field_violations()->set_field("record.value");
  request.mutable_field_violations(0)->set_description("must be at least 0");
  status.add_details()->PackFrom(request);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  retry.mutable_retry_delay()->set_nanos(500'000'000);
  status.add_details()->PackFrom(retry);
  return status;
}

TEST(ToStatus, KeepsWhatTheServerSaid) {
  const google::rpc::Status refusal = Refusal();
  for (const absl::Status& status :
       {ToStatus(refusal), ToStatus(grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the request is invalid",
                                                 refusal.SerializeAsString()))}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(status.message(), "the request is invalid");
    EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
    EXPECT_EQ(RetryAfterOf(status), absl::Milliseconds(1'500));
    const std::vector<FieldViolation> violations = ViolationsOf(status);
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, "record.value");
    EXPECT_EQ(violations[0].description, "must be at least 0");
  }
}

TEST(ToStatus, WithoutDetails_HasNone) {
  EXPECT_EQ(ToStatus(grpc::Status::OK), absl::OkStatus());
  const absl::Status status = ToStatus(grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone", "no protobuf \xff"));
  EXPECT_EQ(status, absl::UnavailableError("gone"));
  EXPECT_EQ(ReasonOf(status), "");
  EXPECT_TRUE(ViolationsOf(status).empty());
  EXPECT_EQ(RetryAfterOf(status), std::nullopt);
  // A refusal is never OK.
  EXPECT_EQ(ToStatus(google::rpc::Status()).code(), absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace costs
