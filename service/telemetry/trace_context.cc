#include "service/telemetry/trace_context.h"

#include <algorithm>
#include <cstddef>

namespace costs::telemetry {
namespace {

// version-traceid-parentid-flags
constexpr size_t kVersion = 2, kTraceAt = 3, kTrace = 32, kParentAt = 36, kParent = 16, kFlagsAt = 53, kLength = 55;
constexpr size_t kLongest = 512;  // of a later version

bool IsHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool IsZero(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == '0'; });
}

bool IsPrintable(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace

bool IsTraceparent(absl::string_view value) {
  if (value.size() < kLength || value.size() > kLongest) return false;
  const absl::string_view version = value.substr(0, kVersion);
  const absl::string_view trace = value.substr(kTraceAt, kTrace), parent = value.substr(kParentAt, kParent);
  const absl::string_view flags = value.substr(kFlagsAt, 2);
  if (value[kVersion] != '-' || value[kParentAt - 1] != '-' || value[kFlagsAt - 1] != '-') return false;
  if (!IsHex(version) || !IsHex(trace) || !IsHex(parent) || !IsHex(flags)) return false;
  if (version == "ff" || IsZero(trace) || IsZero(parent)) return false;
  if (value.size() == kLength) return true;
  return version != "00" && value[kLength] == '-' && IsPrintable(value);
}

absl::string_view TraceId(absl::string_view traceparent) {
  return IsTraceparent(traceparent) ? traceparent.substr(kTraceAt, kTrace) : absl::string_view();
}

}  // namespace costs::telemetry
