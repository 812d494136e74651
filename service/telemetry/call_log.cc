#include "service/telemetry/call_log.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/telemetry/trace_context.h"

namespace costs::telemetry {
namespace {

constexpr size_t kLongestRequestId = 128;

void Append(absl::string_view name, absl::string_view value, std::string* line) {
  if (!value.empty()) absl::StrAppend(line, ",\"", name, "\":", JsonString(value));
}

}  // namespace

std::string CallLine(const EndedCall& call) {
  std::string line = absl::StrCat("{\"call\":", JsonString(call.face));
  Append("method", call.method, &line);
  Append("code", call.code, &line);
  absl::StrAppendFormat(&line, ",\"ms\":%.3f", absl::ToDoubleMilliseconds(call.duration));
  Append("account_id", call.account_id, &line);
  Append("request_id", call.request_id, &line);
  Append("trace_id", TraceId(call.traceparent), &line);
  if (call.left_out > 0) absl::StrAppend(&line, ",\"left_out\":", call.left_out);
  line += '}';
  return line;
}

std::optional<uint64_t> CallLog::Admit(absl::string_view code, bool failed, absl::Time now) {
  if (logged_ == LoggedCalls::kAll) return 0;
  if (logged_ == LoggedCalls::kNone || !failed) return std::nullopt;
  const std::lock_guard<std::mutex> lock(mutex_);
  Failures& failures = failures_[code];
  if (now - failures.second_began >= absl::Seconds(1)) {
    failures.second_began = now;
    failures.logged = 0;
  }
  if (failures.logged == kMostFailuresPerSecond) {
    ++failures.left_out;
    return std::nullopt;
  }
  ++failures.logged;
  return std::exchange(failures.left_out, 0);
}

std::string JsonString(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&quoted, "\\u%04x", byte);
    } else {
      quoted += c;
    }
  }
  quoted += '"';
  return quoted;
}

bool IsRequestId(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestRequestId &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isgraph(c); });
}

}  // namespace costs::telemetry
