#include "service/catalog/import/clock_times.h"

#include "absl/strings/str_cat.h"

namespace costs::catalog {

absl::StatusOr<absl::Time> ClockTimes::Next(const absl::CivilSecond& clock) {
  const absl::TimeZone::TimeInfo info = zone_.At(clock);
  if (info.kind == absl::TimeZone::TimeInfo::SKIPPED) {
    return absl::InvalidArgumentError(absl::StrCat("is a time that the clock of ", zone_.name(), " skips"));
  }
  absl::Time time = info.pre;
  if (info.kind == absl::TimeZone::TimeInfo::REPEATED) {
    if (time > last_) {
      once_.insert(clock);
    } else {
      time = info.post;
      once_.erase(clock);
    }
  }
  if (time <= last_) {
    return absl::InvalidArgumentError(
        "is not after the row before it; times without an offset have to be oldest first, each once");
  }
  last_ = time;
  return time;
}

std::optional<absl::CivilSecond> ClockTimes::Ambiguous() const {
  if (once_.empty()) return std::nullopt;
  return *once_.begin();
}

}  // namespace costs::catalog
