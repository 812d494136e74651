#include "service/telemetry/call_counts.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::telemetry {
namespace {

constexpr int kUnknown = 2;
constexpr std::array<absl::string_view, CallCounts::kCodes> kNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};
constexpr std::array<absl::string_view, CallCounts::kCodes> kCapitals = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

size_t IndexOf(int code) {
  return static_cast<size_t>(code >= 0 && code < static_cast<int>(CallCounts::kCodes) ? code : kUnknown);
}

}  // namespace

absl::string_view CodeName(int code) { return kNames[IndexOf(code)]; }
absl::string_view CodeInCapitals(int code) { return kCapitals[IndexOf(code)]; }

void CallCounts::Method::Handled(int code, absl::Duration duration) {
  handled_[IndexOf(code)].fetch_add(1, std::memory_order_relaxed);
  seconds_.Observe(absl::ToDoubleSeconds(duration));
}

void CallCounts::Add(const std::string& service, const std::string& method, const std::string& type) {
  Method& added = methods_.emplace_back();
  added.path_ = absl::StrCat("/", service, "/", method);
  added.service_ = service;
  added.name_ = method;
  added.type_ = type;
  by_path_.emplace(added.path_, &added);
}

CallCounts::Method* CallCounts::Find(absl::string_view path) {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : found->second;
}

std::vector<Figure> CallCounts::Figures() const {
  std::vector<Figure> figures;
  const auto labels = [](const Method& method) {
    return Figure::Labels{
        {"grpc_type", method.type_}, {"grpc_service", method.service_}, {"grpc_method", method.name_}};
  };
  const auto counter = [&](const char* name, const char* help, std::atomic<uint64_t> Method::*count) {
    for (const Method& method : methods_) {
      figures.push_back({name, help, Figure::Kind::kCounter,
                         static_cast<double>((method.*count).load(std::memory_order_relaxed)), labels(method)});
    }
  };
  counter("grpc_server_started_total", "Calls that have arrived.", &Method::started_);
  for (const Method& method : methods_) {
    for (size_t code = 0; code < kCodes; ++code) {
      const uint64_t handled = method.handled_[code].load(std::memory_order_relaxed);
      // OK is always there, so that a rate has a beginning.
      if (handled == 0 && code != 0) continue;
      Figure::Labels of_code = labels(method);
      of_code.emplace_back("grpc_code", std::string(kNames[code]));
      figures.push_back({"grpc_server_handled_total", "Calls that have ended, by how.", Figure::Kind::kCounter,
                         static_cast<double>(handled), std::move(of_code)});
    }
  }
  counter("grpc_server_msg_received_total", "Messages of callers.", &Method::received_);
  counter("grpc_server_msg_sent_total", "Messages to callers.", &Method::sent_);
  for (const Method& method : methods_) {
    figures.push_back({"grpc_server_handling_seconds", "How long calls took, from their arrival to their end.",
                       Figure::Kind::kHistogram, 0, labels(method), method.seconds_.Read()});
  }
  return figures;
}

}  // namespace costs::telemetry
