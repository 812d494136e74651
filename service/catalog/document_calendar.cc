// The part of documents.h that is about calendars of special days.
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "service/catalog/document_fields.h"
#include "service/catalog/document_schedule.h"
#include "service/catalog/documents.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/violations.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;
using engine::SpecialDayRule;

constexpr size_t kLongestText = 256;  // bytes
constexpr int kMostOffset = 366;
constexpr int kFirstYear = 1970;
constexpr int kLastYear = 2099;
constexpr int kMostNth = 5;

// The number, or a fault where it is absent or out of range; then `least`.
int ReadNumber(bool has, int value, int least, int most, const FieldPath& path, Violations* faults) {
  if (has && value >= least && value <= most) return value;
  faults->Add(path, has ? absl::StrCat("is ", value, "; it must be ", least, " to ", most)
                        : absl::StrCat("is required; write ", least, " to ", most));
  return least;
}

int DaysIn(int month) {
  if (month == 2) return 29;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

SpecialDayRule::FixedDate ReadFixedDate(const pb::FixedDate& document, const FieldPath& path, Violations* faults) {
  SpecialDayRule::FixedDate date;
  date.month = ReadNumber(document.has_month(), document.month(), 1, 12, path.Field("month"), faults);
  date.day = ReadNumber(document.has_day(), document.day(), 1, DaysIn(date.month), path.Field("day"), faults);
  return date;
}

SpecialDayRule::NthWeekday ReadNthWeekday(const pb::NthWeekday& document, const FieldPath& path, Violations* faults) {
  SpecialDayRule::NthWeekday day;
  day.month = ReadNumber(document.has_month(), document.month(), 1, 12, path.Field("month"), faults);
  const absl::optional<int> weekday = WeekdayOf(document.weekday());
  if (!weekday) {
    faults->Add(path.Field("weekday"),
                absl::StrCat(document.weekday().empty() ? "is required" : "is " + Quoted(document.weekday()),
                             "; write Mon, Tue, ..., Sun, or 1 (Monday) to 7"));
  }
  day.weekday = weekday.value_or(0);
  day.nth = document.nth();
  if (!document.has_nth() || day.nth == 0 || day.nth < -kMostNth || day.nth > kMostNth) {
    faults->Add(path.Field("nth"), absl::StrCat(document.has_nth() ? absl::StrCat("is ", day.nth) : "is required",
                                                "; write 1 (the first) to 5, or -1 (the last) to -5"));
    day.nth = 1;
  }
  return day;
}

// "YYYY-MM-DD"; 1970-01-01 with a fault.
absl::CivilDay ReadDate(const std::string& text, const FieldPath& path, Violations* faults) {
  int parts[3] = {0, 0, 0};  // year, month, day
  bool good = text.size() == 10 && text[4] == '-' && text[7] == '-';
  for (size_t i = 0; good && i < text.size(); ++i) {
    if (i == 4 || i == 7) continue;
    good = absl::ascii_isdigit(static_cast<unsigned char>(text[i]));
    int& part = parts[i < 4 ? 0 : i < 7 ? 1 : 2];
    part = part * 10 + (text[i] - '0');
  }
  const absl::CivilDay day(parts[0], parts[1], parts[2]);
  // A day that is not in the calendar comes back as another one.
  good =
      good && day.month() == parts[1] && day.day() == parts[2] && day.year() >= kFirstYear && day.year() <= kLastYear;
  if (good) return day;
  faults->Add(path, absl::StrCat("is ", Quoted(text), "; write a date YYYY-MM-DD from 1970-01-01 to 2099-12-31"));
  return absl::CivilDay();
}

using Day = decltype(SpecialDayRule::day);

Day ReadDay(const pb::SpecialDayRule& document, const FieldPath& path, Violations* faults) {
  switch (document.day_case()) {
    case pb::SpecialDayRule::kFixedDate:
      return ReadFixedDate(document.fixed_date(), path.Field("fixed_date"), faults);
    case pb::SpecialDayRule::kNthWeekday:
      return ReadNthWeekday(document.nth_weekday(), path.Field("nth_weekday"), faults);
    case pb::SpecialDayRule::kEaster:
      if (document.easter() != pb::Easter::WESTERN && document.easter() != pb::Easter::ORTHODOX) {
        faults->Add(path.Field("easter"), "must be WESTERN or ORTHODOX");
      }
      return document.easter() == pb::Easter::ORTHODOX ? SpecialDayRule::Easter::kOrthodox
                                                       : SpecialDayRule::Easter::kWestern;
    case pb::SpecialDayRule::kDate:
      return ReadDate(document.date(), path.Field("date"), faults);
    case pb::SpecialDayRule::DAY_NOT_SET:
      break;
  }
  faults->Add(path, "names no day; write one of fixed_date, nth_weekday, easter and date");
  return absl::CivilDay();
}

engine::Observance ReadObservance(pb::Observance::Value value, const FieldPath& path, Violations* faults) {
  switch (value) {
    case pb::Observance::UNSPECIFIED:
    case pb::Observance::ACTUAL_DAY:
      return engine::Observance::kActualDay;
    case pb::Observance::SUNDAY_TO_MONDAY:
      return engine::Observance::kSundayToMonday;
    case pb::Observance::NEAREST_WEEKDAY:
      return engine::Observance::kNearestWeekday;
    case pb::Observance::NEXT_FREE_WEEKDAY:
      return engine::Observance::kNextFreeWeekday;
    default:
      faults->Add(path, "must be ACTUAL_DAY, SUNDAY_TO_MONDAY, NEAREST_WEEKDAY or NEXT_FREE_WEEKDAY");
      return engine::Observance::kActualDay;
  }
}

SpecialDayRule ReadRule(const pb::SpecialDayRule& document, const FieldPath& path, Violations* faults) {
  CheckBytes(document.name(), kLongestText, path.Field("name"), faults);
  SpecialDayRule rule = {document.name(), ReadDay(document, path, faults), 0, engine::Observance::kActualDay, {}, {}};
  if (document.has_offset_days()) {
    rule.offset_days =
        ReadNumber(true, document.offset_days(), -kMostOffset, kMostOffset, path.Field("offset_days"), faults);
  }
  rule.observance = ReadObservance(document.observance(), path.Field("observance"), faults);
  const FieldPath last = path.Field("last_year");
  if (document.has_first_year()) {
    rule.first_year = ReadNumber(true, document.first_year(), kFirstYear, kLastYear, path.Field("first_year"), faults);
  }
  if (document.has_last_year()) {
    rule.last_year = ReadNumber(true, document.last_year(), kFirstYear, kLastYear, last, faults);
  }
  if (document.has_first_year() && document.has_last_year() && document.last_year() < document.first_year()) {
    faults->Add(last, absl::StrCat("is ", document.last_year(), ", before first_year ", document.first_year()));
  }
  return rule;
}

std::vector<SpecialDayRule> ReadRules(const pb::SpecialDayCalendar& calendar, const FieldPath& root,
                                      Violations* faults) {
  constexpr int kMostRules = static_cast<int>(engine::SpecialDayCalendar::kMostRules);
  const FieldPath path = root.Field("rules");
  std::vector<SpecialDayRule> rules;
  if (calendar.rules_size() == 0) faults->Add(path, "is required; write at least one rule");
  if (calendar.rules_size() > kMostRules) {
    faults->Add(path, absl::StrCat("has ", calendar.rules_size(), " entries; at most ", kMostRules, " are allowed"));
    return rules;
  }
  for (int i = 0; i < calendar.rules_size(); ++i) {
    const FieldPath at = path.At(i);
    rules.push_back(ReadRule(calendar.rules(i), at, faults));
  }
  return rules;
}

}  // namespace

std::vector<FieldViolation> CheckCalendar(const pb::SpecialDayCalendar& calendar) {
  Violations faults;
  const FieldPath root;
  CheckId(calendar.id(), root.Field("id"), &faults);
  CheckBytes(calendar.display_name(), kLongestText, root.Field("display_name"), &faults);
  ReadRules(calendar, root, &faults);
  return faults.list();
}

absl::StatusOr<std::shared_ptr<const engine::SpecialDayCalendar>> BuildCalendar(
    const pb::SpecialDayCalendar& calendar) {
  Violations faults;
  const std::vector<SpecialDayRule> rules = ReadRules(calendar, FieldPath(), &faults);
  if (!faults.empty()) return Invalid(faults.list());
  absl::StatusOr<engine::SpecialDayCalendar> made = engine::SpecialDayCalendar::Create(calendar.id(), rules);
  if (!made.ok()) return Invalid({{"rules", absl::StrCat("cannot be used: ", made.status().message())}});
  return std::make_shared<const engine::SpecialDayCalendar>(*std::move(made));
}

}  // namespace costs::catalog
