#include "service/rfc3339/rfc3339.h"

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace costs::rfc3339 {
namespace {

// Reads exactly `digits` decimal digits at `from`; -1 where there are others.
int Digits(const char* from, int digits) {
  int number = 0;
  for (int i = 0; i < digits; ++i) {
    const unsigned digit = static_cast<unsigned char>(from[i]) - '0';
    if (digit > 9) return -1;
    number = number * 10 + static_cast<int>(digit);
  }
  return number;
}

int DaysInMonth(int year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted
// from March, so that the leap day is the last of its year, and 400 later, so
// that none is negative.
int64_t DaysSinceEpoch(int year, int month, int day) {
  const int64_t y = (month > 2 ? year : year - 1) + 400;
  const int64_t months_since_march = (month + 9) % 12;
  const int64_t day_of_year = (153 * months_since_march + 2) / 5 + day - 1;
  constexpr int64_t kDaysToEpoch = 719'468 + 146'097;  // from 0000-03-01, 400 years earlier
  return 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - kDaysToEpoch;
}

absl::Status Fault(absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("must be an RFC 3339 time with Z or an offset, such as 2022-02-01T10:30:00Z: ", what));
}

}  // namespace

absl::StatusOr<Time> Parse(absl::string_view text) {
  constexpr size_t kToSeconds = 19;  // YYYY-MM-DDThh:mm:ss
  const char* const p = text.data();
  if (text.size() < kToSeconds || p[4] != '-' || p[7] != '-' || (p[10] != 'T' && p[10] != 't') || p[13] != ':' ||
      p[16] != ':') {
    return Fault("it must begin YYYY-MM-DDThh:mm:ss");
  }
  const int year = Digits(p, 4);
  const int month = Digits(p + 5, 2);
  const int day = Digits(p + 8, 2);
  const int hour = Digits(p + 11, 2);
  const int minute = Digits(p + 14, 2);
  const int second = Digits(p + 17, 2);
  if (year < 0 || month < 0 || day < 0 || hour < 0 || minute < 0 || second < 0) {
    return Fault("it must begin YYYY-MM-DDThh:mm:ss");
  }
  if (month < 1 || month > 12 || day < 1 || day > DaysInMonth(year, month)) {
    return Fault("this day does not exist");
  }
  if (second == 60) return Fault("leap seconds are not counted; give second 59 or the next minute");
  if (hour > 23 || minute > 59 || second > 59) return Fault("this time of day does not exist; it ends at 23:59:59");

  size_t at = kToSeconds;
  int32_t nanos = 0;
  if (at < text.size() && p[at] == '.') {
    const size_t from = ++at;
    int32_t unit = 100'000'000;
    while (at < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(p[at]))) {
      nanos += (p[at] - '0') * unit;
      unit /= 10;
      ++at;
    }
    if (at == from || at - from > 9) return Fault("a fraction of a second has 1 to 9 digits");
  }

  const absl::string_view zone = text.substr(at);
  int32_t offset = 0;  // seconds ahead of UTC
  if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':') {
    const int hours = Digits(zone.data() + 1, 2);
    const int minutes = Digits(zone.data() + 4, 2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Fault("an offset is -23:59 to +23:59");
    offset = (zone[0] == '-' ? -60 : 60) * (hours * 60 + minutes);
  } else if (zone != "Z" && zone != "z") {
    return Fault("it must end with Z or an offset such as +01:00");
  }

  const int32_t second_of_day = hour * 3'600 + minute * 60 + second - offset;
  const int64_t seconds = DaysSinceEpoch(year, month, day) * 86'400 + second_of_day;
  return Time{seconds, nanos, offset};
}

}  // namespace costs::rfc3339
