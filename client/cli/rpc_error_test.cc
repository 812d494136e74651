#include "client/cli/rpc_error.h"

#include <sstream>

#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

google::rpc::Status InvalidField() {
  google::rpc::Status status;
  status.set_code(grpc::StatusCode::INVALID_ARGUMENT);
  status.set_message("the record has 2 faults");
  google::rpc::ErrorInfo info;
  info.set_reason("INVALID_FIELD");
  info.set_domain("costs.energy");
  status.add_details()->PackFrom(info);
  google::rpc::BadRequest bad_request;
  auto* violation = bad_request.add_field_violations();
  violation->set_field("record.value");
  violation->set_description("must be at least 0");
  violation = bad_request.add_field_violations();
  violation->set_field("record.units");
  violation->set_description("is required");
  status.add_details()->PackFrom(bad_request);
  return status;
}

std::string Printed(const RpcError& error) {
  std::ostringstream out;
  PrintError(error, &out);
  return out.str();
}

TEST(RpcError, InvalidField_ListsEveryViolation) {
  const google::rpc::Status status = InvalidField();
  const RpcError error = ErrorFrom(
      grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "the record has 2 faults", status.SerializeAsString()));
  EXPECT_EQ(Printed(error),
            "INVALID_ARGUMENT: the record has 2 faults\n"
            "  record.value: must be at least 0\n"
            "  record.units: is required\n"
            "  reason: INVALID_FIELD\n");
  EXPECT_EQ(OneLine(error), "INVALID_FIELD: record.value: must be at least 0; record.units: is required");
  EXPECT_EQ(OneLine(ErrorFrom(status)), OneLine(error));
  EXPECT_EQ(ExitCodeFor(error), kServerRefused);
}

TEST(RpcError, RetryInfo_SaysWhen) {
  google::rpc::Status status;
  status.set_code(grpc::StatusCode::UNAVAILABLE);
  status.set_message("busy");
  google::rpc::ErrorInfo info;
  info.set_reason("OVERLOADED");
  status.add_details()->PackFrom(info);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(2);
  status.add_details()->PackFrom(retry);
  const RpcError error = ErrorFrom(status);
  EXPECT_EQ(Printed(error), "UNAVAILABLE: busy\n  reason: OVERLOADED\n  try again in 2s\n");
  EXPECT_EQ(ExitCodeFor(error), kServerRefused);
}

TEST(RpcError, StatusWithoutDetails_IsCodeAndMessage) {
  EXPECT_EQ(Printed(ErrorFrom(grpc::Status(grpc::StatusCode::UNAVAILABLE, "refused"))), "UNAVAILABLE: refused\n");
  EXPECT_EQ(OneLine(ErrorFrom(grpc::Status(grpc::StatusCode::NOT_FOUND, "two\nlines"))), "NOT_FOUND: two lines");
  EXPECT_EQ(OneLine(ErrorFrom(grpc::Status(grpc::StatusCode::INTERNAL, "", "not a status"))), "INTERNAL");
  EXPECT_EQ(CodeName(99), "code 99");
  EXPECT_EQ(CodeName(16), "UNAUTHENTICATED");
}

TEST(ExitCodeFor, Codes_TellUnreachableFromRefused) {
  const auto exit_code = [](grpc::StatusCode code) { return ExitCodeFor(ErrorFrom(grpc::Status(code, ""))); };
  EXPECT_EQ(exit_code(grpc::StatusCode::UNAVAILABLE), kServerUnreachable);
  EXPECT_EQ(exit_code(grpc::StatusCode::DEADLINE_EXCEEDED), kServerUnreachable);
  EXPECT_EQ(exit_code(grpc::StatusCode::NOT_FOUND), kServerRefused);
  EXPECT_EQ(exit_code(grpc::StatusCode::UNAUTHENTICATED), kServerRefused);
}

}  // namespace
}  // namespace costs::cli
