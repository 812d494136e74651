#include "service/rates/request_check.h"

#include <cmath>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace costs::rates {
namespace {

using engine::TariffRate;

constexpr size_t kLongestId = 64;
constexpr int64_t kLongestPeriodNanos = 90 * engine::kNanosPerDay;
constexpr double kMostUsageWh = 1e12;
// Read as a decimal with 6 digits after the point, as a record's value is.
constexpr double kMicros = 1e6;
constexpr int64_t kNanosPerMicro = 1'000;

}  // namespace

void RequestCheck::Location(absl::string_view id) {
  if (id.empty()) {
    Add("location_id", "is required; give the id of a location, such as loc_641b90b758fb8e6293716e40");
  } else if (id.size() > kLongestId) {
    Add("location_id", absl::StrCat("is ", id.size(), " bytes long; at most ", kLongestId, " are allowed"));
  }
}

int RequestCheck::Direction(int value) {
  direction_ = static_cast<TariffRate>(value);
  if (direction_ == TariffRate::kUnspecified) direction_ = TariffRate::kImport;
  if (direction_ != TariffRate::kImport && direction_ != TariffRate::kExport && direction_ != TariffRate::kLocal) {
    Add("direction", "must be IMPORT, EXPORT or LOCAL; the default is IMPORT");
  }
  return static_cast<int>(direction_);
}

google::protobuf::Timestamp RequestCheck::Now() const {
  google::protobuf::Timestamp now;
  now.set_seconds(absl::ToUnixSeconds(now_));
  return now;
}

std::optional<engine::Instant> RequestCheck::Time(absl::string_view field, const google::protobuf::Timestamp& time) {
  if (time.nanos() < 0 || time.nanos() >= engine::kNanosPerSecond) {
    Add(field, "has nanoseconds outside 0 to 999999999");
    return std::nullopt;
  }
  const int64_t latest = engine::kLatest.ns / engine::kNanosPerSecond;
  if (time.seconds() < 0 || time.seconds() > latest || (time.seconds() == latest && time.nanos() > 0)) {
    Add(field, "must lie between 1970-01-01T00:00:00Z and 2100-01-01T00:00:00Z");
    return std::nullopt;
  }
  return engine::Instant{time.seconds() * engine::kNanosPerSecond + time.nanos()};
}

void RequestCheck::Period(const google::protobuf::Timestamp& start, const google::protobuf::Timestamp* end) {
  const std::optional<engine::Instant> from = Time("start_time", start);
  if (end == nullptr) {
    Add("end_time", "is required; give an RFC 3339 time, such as 2022-02-01T10:30:00Z");
    return;
  }
  const std::optional<engine::Instant> to = Time("end_time", *end);
  if (!from || !to) return;
  interval_ = {*from, *to};
  if (interval_.nanos() <= 0) {
    Add("end_time", "must be after start_time, which is now by default");
  } else if (interval_.nanos() > kLongestPeriodNanos) {
    Add("end_time", "must be at most 90 days after start_time; ask for the rest in another call");
  }
}

std::optional<engine::Int128> RequestCheck::UsageBefore(bool given, double usage_before_wh) {
  if (!given) return std::nullopt;
  if (!(usage_before_wh >= 0 && usage_before_wh <= kMostUsageWh)) {  // also where it is not a number
    Add("usage_before_wh", absl::StrCat("must be between 0 and ", static_cast<int64_t>(kMostUsageWh)));
    return std::nullopt;
  }
  return engine::Int128{std::llrint(usage_before_wh * kMicros)} * kNanosPerMicro;
}

}  // namespace costs::rates
