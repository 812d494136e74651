#include "client/errors.h"

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"

namespace costs {
namespace {

// The payload of this type, or none.
template <typename Detail>
std::optional<Detail> DetailOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload =
      status.GetPayload("type.googleapis.com/" + Detail::descriptor()->full_name());
  Detail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

absl::Status WithDetails(int code, const std::string& message, const google::rpc::Status& from) {
  // A code that absl does not know becomes UNKNOWN, and 0 an error of the server's.
  const absl::StatusCode known = code == 0 ? absl::StatusCode::kUnknown : static_cast<absl::StatusCode>(code);
  absl::Status status(known, message);
  for (const google::protobuf::Any& detail : from.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace

absl::Status ToStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  return WithDetails(status.error_code(), status.error_message(), details);
}

absl::Status ToStatus(const google::rpc::Status& status) {
  return WithDetails(status.code(), status.message(), status);
}

std::string ReasonOf(const absl::Status& status) {
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  return info ? info->reason() : "";
}

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  std::vector<FieldViolation> violations;
  if (const auto request = DetailOf<google::rpc::BadRequest>(status)) {
    for (const auto& violation : request->field_violations()) {
      violations.push_back({violation.field(), violation.description()});
    }
  }
  return violations;
}

std::optional<absl::Duration> RetryAfterOf(const absl::Status& status) {
  const auto retry = DetailOf<google::rpc::RetryInfo>(status);
  if (!retry) return std::nullopt;
  return absl::Seconds(retry->retry_delay().seconds()) + absl::Nanoseconds(retry->retry_delay().nanos());
}

}  // namespace costs
