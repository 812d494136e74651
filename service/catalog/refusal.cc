#include "service/catalog/refusal.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "google/rpc/error_details.pb.h"

namespace costs::catalog {
namespace {

constexpr char kErrorInfo[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequest[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kRetryInfo[] = "type.googleapis.com/google.rpc.RetryInfo";

template <typename Message>
Message PayloadOf(const absl::Status& status, absl::string_view type) {
  Message message;
  if (absl::optional<absl::Cord> payload = status.GetPayload(type)) message.ParseFromString(std::string(*payload));
  return message;
}

}  // namespace

absl::Status Refuse(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                    const std::vector<FieldViolation>& violations) {
  absl::Status status(code, message);
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  status.SetPayload(kErrorInfo, absl::Cord(info.SerializeAsString()));
  if (violations.empty()) return status;
  google::rpc::BadRequest faults;
  for (const FieldViolation& violation : violations) {
    google::rpc::BadRequest::FieldViolation* fault = faults.add_field_violations();
    fault->set_field(violation.field);
    fault->set_description(violation.description);
  }
  status.SetPayload(kBadRequest, absl::Cord(faults.SerializeAsString()));
  return status;
}

absl::Status Invalid(const std::vector<FieldViolation>& violations) {
  std::string message = "the request is invalid";
  for (size_t i = 0; i < violations.size(); ++i) {
    absl::StrAppend(&message, i == 0 ? ": " : "; ", violations[i].field, " ", violations[i].description);
  }
  return Refuse(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", message, violations);
}

absl::Status Overloaded(absl::string_view message, absl::Duration retry_after) {
  return WithRetryAfter(Refuse(absl::StatusCode::kUnavailable, "OVERLOADED", message), retry_after);
}

absl::Status WithRetryAfter(absl::Status refusal, absl::Duration retry_after) {
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(absl::IDivDuration(retry_after, absl::Seconds(1), &retry_after));
  retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(retry_after)));
  refusal.SetPayload(kRetryInfo, absl::Cord(retry.SerializeAsString()));
  return refusal;
}

std::string ReasonOf(const absl::Status& status) {
  return PayloadOf<google::rpc::ErrorInfo>(status, kErrorInfo).reason();
}

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  const auto faults = PayloadOf<google::rpc::BadRequest>(status, kBadRequest);
  std::vector<FieldViolation> violations;
  for (const auto& fault : faults.field_violations()) {
    violations.push_back({fault.field(), fault.description()});
  }
  return violations;
}

absl::optional<absl::Duration> RetryAfterOf(const absl::Status& status) {
  if (!status.GetPayload(kRetryInfo).has_value()) return absl::nullopt;
  const google::protobuf::Duration delay = PayloadOf<google::rpc::RetryInfo>(status, kRetryInfo).retry_delay();
  return absl::Seconds(delay.seconds()) + absl::Nanoseconds(delay.nanos());
}

}  // namespace costs::catalog
