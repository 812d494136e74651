#include "client/cli/rpc_error.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/errors.h"

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

RpcError ErrorFrom(const absl::Status& status) {
  RpcError error;
  error.code = static_cast<int>(status.code());
  error.message = std::string(status.message());
  error.reason = ReasonOf(status);
  for (FieldViolation& violation : ViolationsOf(status)) {
    error.violations.emplace_back(std::move(violation.field), std::move(violation.description));
  }
  error.retry_after = RetryAfterOf(status);
  return error;
}

RpcError ErrorFrom(const google::rpc::Status& status) {
  RpcError error = ErrorFrom(ToStatus(status));
  error.code = status.code();
  return error;
}

RpcError ErrorFrom(const grpc::Status& status) { return ErrorFrom(ToStatus(status)); }

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
  return ReportFailure(ToStatus(status), server, err);
}

ExitCode ReportFailure(const absl::Status& status, const std::string& server, std::ostream* err) {
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
