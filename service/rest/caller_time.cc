#include "service/rest/caller_time.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::rest {
namespace {

// As it was written, `z` as `Z`; `text` is a valid time.
std::string OffsetText(absl::string_view text) {
  const char last = text.back();
  return last == 'Z' || last == 'z' ? "Z" : std::string(text.substr(text.size() - sizeof("+00:00") + 1));
}

}  // namespace

absl::StatusOr<CallerTime> ParseCallerTime(absl::string_view text) {
  const absl::StatusOr<rfc3339::Time> parsed = rfc3339::Parse(text);
  if (!parsed.ok()) return parsed.status();
  CallerTime time;
  time.instant = {parsed->seconds, parsed->nanos};
  time.offset = {parsed->offset_seconds, OffsetText(text)};
  time.text = std::string(text);
  return time;
}

std::string FormatTime(engine::Instant instant, const UtcOffset& offset) {
  int64_t seconds = instant.ns / engine::kNanosPerSecond;
  int64_t nanos = instant.ns % engine::kNanosPerSecond;
  if (nanos < 0) {
    nanos += engine::kNanosPerSecond;
    --seconds;
  }
  const absl::CivilSecond civil = absl::CivilSecond(1970, 1, 1) + (seconds + offset.seconds);
  std::string text = absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d", civil.year(), civil.month(), civil.day(),
                                     civil.hour(), civil.minute(), civil.second());
  if (nanos % 1'000 != 0) {
    absl::StrAppendFormat(&text, ".%09d", nanos);
  } else if (nanos % 1'000'000 != 0) {
    absl::StrAppendFormat(&text, ".%06d", nanos / 1'000);
  } else if (nanos != 0) {
    absl::StrAppendFormat(&text, ".%03d", nanos / 1'000'000);
  }
  absl::StrAppend(&text, offset.text);
  return text;
}

std::string FormatMilliseconds(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", time, absl::UTCTimeZone());
}

}  // namespace costs::rest
