#include "client/cli/local_time.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::cli {
namespace {

// Of a wrong time, in its message.
constexpr size_t kShownText = 40;

absl::Duration LengthOf(absl::CivilDay date, absl::TimeZone zone) {
  return StartOf(date + 1, zone) - StartOf(date, zone);
}

bool OffsetChangesOn(absl::CivilDay date, absl::TimeZone zone) {
  return zone.At(StartOf(date, zone)).offset != zone.At(StartOf(date + 1, zone)).offset;
}

}  // namespace

absl::TimeZone ZoneOrUtc(absl::string_view name) {
  absl::TimeZone zone;
  return absl::LoadTimeZone(name, &zone) ? zone : absl::UTCTimeZone();
}

absl::Time ToTime(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) + absl::Nanoseconds(timestamp.nanos());
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(absl::ToUnixSeconds(time));
  timestamp.set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(timestamp.seconds()))));
  return timestamp;
}

std::string Rfc3339(absl::Time time, absl::TimeZone zone) {
  if (zone == absl::UTCTimeZone()) return absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", time, zone);
  return absl::FormatTime(absl::RFC3339_full, time, zone);
}

absl::Time StartOf(absl::CivilDay date, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(date));
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

std::string DateText(absl::CivilDay date, absl::TimeZone zone) {
  // The noon of a date is on that date in any zone.
  const absl::Time noon = absl::FromCivil(absl::CivilHour(date) + 12, absl::UTCTimeZone());
  std::string text = absl::StrCat(absl::FormatTime("%a ", noon, absl::UTCTimeZone()), date.day(),
                                  absl::FormatTime(" %b %Y", noon, absl::UTCTimeZone()));
  const absl::Duration length = LengthOf(date, zone);
  if (length != absl::Hours(24))
    absl::StrAppend(&text, ", ", absl::StrFormat("%g", absl::ToDoubleHours(length)), " hours");
  return text;
}

std::string ClockText(absl::Time time, absl::TimeZone zone) {
  const bool offset = OffsetChangesOn(absl::ToCivilDay(time, zone), zone);
  const bool seconds = absl::ToUnixSeconds(time) % 60 != 0;
  return absl::FormatTime(absl::StrCat(seconds ? "%H:%M:%S" : "%H:%M", offset ? "%Ez" : ""), time, zone);
}

absl::StatusOr<When> ParseWhen(absl::string_view text) {
  absl::CivilDay date;
  if (text.size() == 10 && absl::ParseCivilTime(text, &date)) return When(date);
  absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(text);
  if (!time.ok()) {
    return absl::InvalidArgumentError(absl::StrCat("\"", text.substr(0, kShownText), "\" ", time.status().message(),
                                                   ", or a date such as 2022-02-01"));
  }
  return When(absl::FromUnixSeconds(time->seconds) + absl::Nanoseconds(time->nanos));
}

absl::Time Resolve(const When& when, absl::TimeZone zone) {
  if (const absl::CivilDay* date = absl::get_if<absl::CivilDay>(&when)) return StartOf(*date, zone);
  return absl::get<absl::Time>(when);
}

}  // namespace costs::cli
