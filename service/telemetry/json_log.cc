#include "service/telemetry/json_log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/telemetry/call_log.h"
#include "spdlog/details/log_msg.h"

namespace costs::telemetry {
namespace {

class Formatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& destination) override {
    const absl::string_view payload(message.payload.data(), message.payload.size());
    const auto level = spdlog::level::to_string_view(message.level);
    std::string line = absl::StrCat(
        "{\"time\":\"", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::FromChrono(message.time), absl::UTCTimeZone()),
        "\",\"level\":\"", absl::string_view(level.data(), level.size()), "\",");
    if (payload.size() > 2 && payload.front() == '{' && payload.back() == '}') {
      absl::StrAppend(&line, payload.substr(1));
    } else {
      absl::StrAppend(&line, "\"message\":", JsonString(payload), "}");
    }
    line += '\n';
    destination.append(line.data(), line.data() + line.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<Formatter>(); }
};

}  // namespace

std::unique_ptr<spdlog::formatter> JsonLogFormatter() { return std::make_unique<Formatter>(); }

}  // namespace costs::telemetry
