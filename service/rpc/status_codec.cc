#include "service/rpc/status_codec.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/rpc/error_details.pb.h"
#include "service/catalog/refusal.h"

namespace costs::rpc {

namespace {

// The status of a call travels in its trailers, of which clients accept 8 KiB:
// the message, and the details with the message again, in base64.
constexpr size_t kMostStatusBytes = 4000;
constexpr size_t kMostMessageBytes = 600;
constexpr size_t kMostViolationBytes = 2400;

// At most `limit` bytes of whole characters, and a mark where some are missing.
std::string Cut(absl::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return absl::StrCat(text.substr(0, limit), "...");
}

// The first violations, as many as there is room for.
calculator::Failure Shortened(const calculator::Failure& failure) {
  calculator::Failure shortened;
  shortened.code = failure.code;
  shortened.reason = failure.reason;
  shortened.retry_after = failure.retry_after;
  shortened.message = Cut(failure.message, kMostMessageBytes);
  size_t bytes = 0;
  for (const calculator::Violation& violation : failure.violations) {
    calculator::Violation cut{Cut(violation.field, kMostMessageBytes), Cut(violation.description, kMostMessageBytes),
                              violation.of_call};
    bytes += cut.field.size() + cut.description.size() + 32;
    if (bytes > kMostViolationBytes) break;
    shortened.violations.push_back(std::move(cut));
  }
  return shortened;
}

}  // namespace

void EncodeFailure(const calculator::Failure& failure, absl::string_view path, google::rpc::Status* status) {
  status->Clear();
  status->set_code(static_cast<int>(failure.code));
  status->set_message(failure.message);
  google::rpc::ErrorInfo info;
  info.set_reason(failure.reason);
  info.set_domain(kErrorDomain);
  status->add_details()->PackFrom(info);
  if (!failure.violations.empty()) {
    google::rpc::BadRequest bad;
    for (const calculator::Violation& violation : failure.violations) {
      google::rpc::BadRequest::FieldViolation* field = bad.add_field_violations();
      field->set_field(violation.of_call ? violation.field : absl::StrCat(path, violation.field));
      field->set_description(violation.description);
    }
    status->add_details()->PackFrom(bad);
  }
  if (failure.retry_after) {
    google::rpc::RetryInfo retry;
    const int64_t ns = absl::ToInt64Nanoseconds(*failure.retry_after);
    retry.mutable_retry_delay()->set_seconds(ns / 1'000'000'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(ns % 1'000'000'000));
    status->add_details()->PackFrom(retry);
  }
}

grpc::Status ToGrpcStatus(const calculator::Failure& failure, absl::string_view path) {
  google::rpc::Status status;
  EncodeFailure(failure, path, &status);
  if (status.ByteSizeLong() > kMostStatusBytes) {
    EncodeFailure(Shortened(failure), path, &status);
  }
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), status.message(), status.SerializeAsString());
}

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  calculator::Failure failure;
  failure.reason = catalog::ReasonOf(status);
  if (failure.reason.empty()) {
    return grpc::Status(grpc::StatusCode::INTERNAL, "something went wrong on the server's side; try again later");
  }
  failure.code = status.code();
  failure.message = std::string(status.message());
  for (catalog::FieldViolation& violation : catalog::ViolationsOf(status)) {
    failure.violations.push_back({std::move(violation.field), std::move(violation.description)});
  }
  if (const auto retry_after = catalog::RetryAfterOf(status)) failure.retry_after = *retry_after;
  return ToGrpcStatus(failure, "");
}

grpc::Status InvalidField(absl::string_view field, absl::string_view description) {
  calculator::Failure failure;
  failure.code = absl::StatusCode::kInvalidArgument;
  failure.reason = "INVALID_FIELD";
  failure.message = absl::StrCat("the request is invalid: ", field, " ", description);
  failure.violations.push_back({std::string(field), std::string(description), /*of_call=*/true});
  return ToGrpcStatus(failure, "");
}

}  // namespace costs::rpc
