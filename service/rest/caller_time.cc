#include "service/rest/caller_time.h"

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace costs::rest {
namespace {

constexpr int kMaxFractionDigits = 9;

absl::Status Malformed() {
  return absl::InvalidArgumentError("must be an RFC 3339 time with Z or an offset, such as 2022-02-01T10:30:00Z");
}

// Takes what it reads off the front of the text.
class Cursor {
 public:
  explicit Cursor(absl::string_view text) : rest_(text) {}

  // Exactly `digits` digits; false: something else is there.
  bool Number(int digits, int* value) {
    *value = 0;
    for (int i = 0; i < digits; ++i) {
      if (rest_.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(rest_[0]))) return false;
      *value = *value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return true;
  }

  // Any one of `characters`; 0: something else is there.
  char OneOf(absl::string_view characters) {
    if (rest_.empty() || characters.find(rest_[0]) == absl::string_view::npos) return 0;
    const char found = rest_[0];
    rest_.remove_prefix(1);
    return found;
  }

  bool AtDigit() const { return !rest_.empty() && absl::ascii_isdigit(static_cast<unsigned char>(rest_[0])); }
  bool done() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

// The digits after the point, as nanoseconds.
absl::Status ReadFraction(Cursor* in, int32_t* nanos) {
  int digits = 0;
  int digit = 0;
  while (in->AtDigit()) {
    if (++digits > kMaxFractionDigits) {
      return absl::InvalidArgumentError("has more than 9 digits after the second's point; round it to nanoseconds");
    }
    in->Number(1, &digit);
    *nanos = *nanos * 10 + digit;
  }
  if (digits == 0) return Malformed();
  for (; digits < kMaxFractionDigits; ++digits) *nanos *= 10;
  return absl::OkStatus();
}

absl::Status ReadOffset(Cursor* in, UtcOffset* offset) {
  if (in->OneOf("Zz") != 0) {
    offset->text = "Z";
    return absl::OkStatus();
  }
  int hours = 0;
  int minutes = 0;
  const char sign = in->OneOf("+-");
  if (sign == 0 || !in->Number(2, &hours) || in->OneOf(":") == 0 || !in->Number(2, &minutes)) return Malformed();
  if (hours > 23 || minutes > 59) {
    return absl::InvalidArgumentError("has an offset outside -23:59 to +23:59; write it as +HH:MM or -HH:MM");
  }
  offset->text = absl::StrFormat("%c%02d:%02d", sign, hours, minutes);
  offset->seconds = (hours * 60 + minutes) * 60 * (sign == '-' ? -1 : 1);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CallerTime> ParseCallerTime(absl::string_view text) {
  Cursor in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!in.Number(4, &year) || in.OneOf("-") == 0 || !in.Number(2, &month) || in.OneOf("-") == 0 ||
      !in.Number(2, &day) || in.OneOf("Tt") == 0 || !in.Number(2, &hour) || in.OneOf(":") == 0 ||
      !in.Number(2, &minute) || in.OneOf(":") == 0 || !in.Number(2, &second)) {
    return Malformed();
  }
  CallerTime time;
  time.text = std::string(text);
  if (in.OneOf(".") != 0) {
    const absl::Status fraction = ReadFraction(&in, &time.instant.nanos);
    if (!fraction.ok()) return fraction;
  }
  const absl::Status offset = ReadOffset(&in, &time.offset);
  if (!offset.ok()) return offset;
  if (!in.done()) return Malformed();

  if (second == 60) {
    return absl::InvalidArgumentError(
        "has second 60; leap seconds are not counted, so write second 59 or the next minute");
  }
  // CivilSecond normalises what a calendar does not have, which shows it up.
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  if (civil.year() != year || civil.month() != month || civil.day() != day || civil.hour() != hour ||
      civil.minute() != minute || civil.second() != second) {
    return absl::InvalidArgumentError("names a date or time of day that does not exist; check month, day and hour");
  }
  time.instant.seconds = (civil - absl::CivilSecond(1970, 1, 1)) - time.offset.seconds;
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
