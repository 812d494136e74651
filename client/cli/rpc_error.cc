#include "client/cli/rpc_error.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace costs::cli {
namespace {

constexpr absl::string_view kCodeNames[] = {
    "OK",        "CANCELLED",       "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS",  "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",    "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED",
};

// A message of several lines would break the line that it stands in.
std::string WithoutLineEnds(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

std::string CodeName(int code) {
  if (code >= 0 && code < static_cast<int>(std::size(kCodeNames))) return std::string(kCodeNames[code]);
  return absl::StrCat("code ", code);
}

RpcError ErrorFrom(const google::rpc::Status& status) {
  RpcError error;
  error.code = status.code();
  error.message = status.message();
  for (const google::protobuf::Any& detail : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    google::rpc::RetryInfo retry;
    if (detail.UnpackTo(&info)) {
      error.reason = info.reason();
    } else if (detail.UnpackTo(&bad_request)) {
      for (const auto& violation : bad_request.field_violations()) {
        error.violations.emplace_back(violation.field(), violation.description());
      }
    } else if (detail.UnpackTo(&retry)) {
      error.retry_after = absl::Seconds(retry.retry_delay().seconds()) + absl::Nanoseconds(retry.retry_delay().nanos());
    }
  }
  return error;
}

RpcError ErrorFrom(const grpc::Status& status) {
  RpcError error;
  google::rpc::Status details;
  if (!status.error_details().empty() && details.ParseFromString(status.error_details())) error = ErrorFrom(details);
  error.code = status.error_code();
  error.message = status.error_message();
  return error;
}

void PrintError(const RpcError& error, std::ostream* out) {
  *out << CodeName(error.code);
  if (!error.message.empty()) *out << ": " << error.message;
  *out << "\n";
  for (const auto& [field, description] : error.violations) *out << "  " << field << ": " << description << "\n";
  if (!error.reason.empty()) *out << "  reason: " << error.reason << "\n";
  if (error.retry_after.has_value()) *out << "  try again in " << absl::FormatDuration(*error.retry_after) << "\n";
}

std::string OneLine(const RpcError& error) {
  std::string line = error.reason.empty() ? CodeName(error.code) : error.reason;
  // The violations say all that the message of an INVALID_FIELD does.
  if (error.violations.empty()) {
    if (!error.message.empty()) absl::StrAppend(&line, ": ", error.message);
  } else {
    const char* separator = ": ";
    for (const auto& [field, description] : error.violations) {
      absl::StrAppend(&line, separator, field, ": ", description);
      separator = "; ";
    }
  }
  return WithoutLineEnds(std::move(line));
}

ExitCode ExitCodeFor(const RpcError& error) {
  switch (error.code) {
    case grpc::StatusCode::UNAVAILABLE:
      // A server that sheds load says so with a reason; a transport has none.
      return error.reason.empty() ? kServerUnreachable : kServerRefused;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::CANCELLED:
      return kServerUnreachable;
    default:
      return kServerRefused;
  }
}

ExitCode ReportFailure(const grpc::Status& status, const std::string& server, std::ostream* err) {
  const RpcError error = ErrorFrom(status);
  const ExitCode code = ExitCodeFor(error);
  if (code == kServerUnreachable) {
    *err << "costs: no answer from " << server
         << "; is costsd running there? (--server or COSTS_SERVER names another place)\n  ";
  } else {
    *err << "costs: ";
  }
  PrintError(error, err);
  if (error.code == grpc::StatusCode::UNAUTHENTICATED) {
    *err << "  credentials: COSTS_TOKEN, or COSTS_ACCOUNT_ID and COSTS_API_KEY (costs help login); for costs admin "
            "COSTS_ADMIN_TOKEN\n";
  }
  return code;
}

}  // namespace costs::cli
