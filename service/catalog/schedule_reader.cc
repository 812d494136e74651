#include "service/catalog/schedule_reader.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "service/engine/decimal.h"

namespace costs::catalog {
namespace {

using engine::Decimal;
using engine::kSecondsPerDay;
using Kind = JsonNode::Kind;

constexpr absl::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr absl::string_view kDays[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr size_t kShortName = 3;
constexpr absl::string_view kArray = "an array in [ ]";
constexpr absl::string_view kTimeWanted = "a local time HH:MM:SS from 00:00:00 to 23:59:59";

// 0 where the name is none.
uint16_t MonthBits(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "All")) return engine::kAllMonths;
  for (size_t i = 0; i < 12; ++i) {
    if (absl::EqualsIgnoreCase(name, kMonths[i])) return static_cast<uint16_t>(1u << i);
  }
  return 0;
}

// 0 where the name is none.
uint8_t DayBits(absl::string_view name) {
  if (absl::EqualsIgnoreCase(name, "All")) return engine::kAllDays;
  if (absl::EqualsIgnoreCase(name, "Weekday")) return engine::kWeekdays;
  if (absl::EqualsIgnoreCase(name, "Weekend")) return engine::kWeekend;
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '7') return static_cast<uint8_t>(1u << (name[0] - '1'));
  for (size_t i = 0; i < 7; ++i) {
    if (absl::EqualsIgnoreCase(name, kDays[i]) || absl::EqualsIgnoreCase(name, kDays[i].substr(0, kShortName))) {
      return static_cast<uint8_t>(1u << i);
    }
  }
  return 0;
}

// Seconds since midnight of "HH:MM:SS".
absl::optional<int32_t> TimeOfDay(absl::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return absl::nullopt;
  const auto two_digits = [text](size_t at) {
    if (!absl::ascii_isdigit(text[at]) || !absl::ascii_isdigit(text[at + 1])) return 100;
    return (text[at] - '0') * 10 + (text[at + 1] - '0');
  };
  const int hours = two_digits(0), minutes = two_digits(3), seconds = two_digits(6);
  if (hours > 23 || minutes > 59 || seconds > 59) return absl::nullopt;
  return (hours * 60 + minutes) * 60 + seconds;
}

class ScheduleReader {
 public:
  ScheduleReader(RateKind kind, absl::string_view file, FaultLog* faults) : kind_(kind), file_(file), faults_(faults) {}

  std::vector<engine::Season> ReadSeasons(const JsonNode& node) {
    std::vector<engine::Season> seasons;
    if (node.elements().empty()) Fault(node, "is empty; write at least one season that covers all months");
    for (const JsonNode* season : node.elements()) seasons.push_back(ReadSeason(*season));
    return seasons;
  }

 private:
  void Fault(const JsonNode& node, absl::string_view what) { AddFault(node, file_, what, faults_); }

  engine::Season ReadSeason(const JsonNode& node) {
    ObjectReader reader(node, file_, faults_);
    engine::Season season;
    if (const JsonNode* months = reader.Optional("months", Kind::kArray, kArray)) {
      season.months = static_cast<uint16_t>(Bits(*months, MonthBits, "a month", "Jan, Feb, ..., Dec, or All"));
    }
    if (const JsonNode* days = NonEmptyArray(&reader, "days_and_hours")) {
      for (const JsonNode* entry : days->elements()) season.days_and_hours.push_back(ReadDays(*entry));
    }
    reader.RefuseOthers();
    return season;
  }

  engine::DaysAndHours ReadDays(const JsonNode& node) {
    ObjectReader reader(node, file_, faults_);
    engine::DaysAndHours days;
    if (const JsonNode* names = reader.Optional("days", Kind::kArray, kArray)) {
      days.weekdays = static_cast<uint8_t>(
          Bits(*names, DayBits, "a day", "Mon, Tue, ..., Sun, 1 (Monday) to 7, Weekday, Weekend, or All"));
    }
    if (const JsonNode* hours = NonEmptyArray(&reader, "hours")) {
      for (const JsonNode* entry : hours->elements()) ReadHours(*entry, &days.hours);
    }
    reader.RefuseOthers();
    return days;
  }

  void ReadHours(const JsonNode& node, std::vector<engine::Hours>* hours) {
    ObjectReader reader(node, file_, faults_);
    const absl::optional<int32_t> from = ReadTime(&reader, "valid_from");
    absl::optional<int32_t> to = ReadTime(&reader, "valid_to");
    const engine::Rate rate = ReadRates(&reader);
    reader.RefuseOthers();
    if (!from || !to) return;
    if (*to == 0) to = kSecondsPerDay;
    if (*from == *to) {
      reader.Fault("valid_to",
                   "is the same as valid_from; for a whole day write 00:00:00 in both, otherwise a later time");
    } else if (*from < *to) {
      hours->push_back({*from, *to, rate});
    } else {
      hours->push_back({0, *to, rate});
      hours->push_back({*from, kSecondsPerDay, rate});
    }
  }

  // Midnight where absent; null, with a fault, where it is no time.
  absl::optional<int32_t> ReadTime(ObjectReader* reader, absl::string_view name) {
    const JsonNode* node = reader->Optional(name, Kind::kString, kTimeWanted);
    if (node == nullptr) return 0;
    const absl::optional<int32_t> time = TimeOfDay(node->text());
    if (!time) {
      Fault(*node, absl::StrCat(Quoted(node->text()), " is not a time; write ", kTimeWanted,
                                " (00:00:00 as the end is midnight)"));
    }
    return time;
  }

  engine::Rate ReadRates(ObjectReader* hours) {
    const JsonNode* rates = NonEmptyArray(hours, "rate");
    if (rates == nullptr) return {};
    if (rates->elements().size() > 1) {
      Fault(*rates, absl::StrCat("has ", rates->elements().size(),
                                 " tiers; tiered rates are not priced by this version: write one rate"));
      return {};
    }
    return ReadRate(*rates->elements().front());
  }

  engine::Rate ReadRate(const JsonNode& node) {
    ObjectReader reader(node, file_, faults_);
    engine::Rate rate;
    if (kind_ == RateKind::kFixed) {
      rate.fixed = ReadDecimal(reader.Required("fixed", Kind::kNumber, "the price of a kWh in major units"));
      reader.Optional("surcharge_fixed", Kind::kNumber, "a number (it is ignored without market_rates)");
      reader.Optional("surcharge_percentage", Kind::kNumber, "a number (it is ignored without market_rates)");
    } else {
      reader.Optional("fixed", Kind::kNumber, "a number (it is ignored with market_rates)");
      rate.surcharge_fixed =
          ReadDecimal(reader.Optional("surcharge_fixed", Kind::kNumber, "what is added to a kWh, in major units"));
      rate.surcharge_percentage = ReadDecimal(
          reader.Optional("surcharge_percentage", Kind::kNumber, "what is added in per cent, 5 for a twentieth"));
    }
    if (const JsonNode* to_kwh = reader.Optional("to_kwh", Kind::kNumber, "null")) {
      Fault(*to_kwh, "sets a tier; tiered rates are not priced by this version: write null");
    }
    reader.RefuseOthers();
    return rate;
  }

  // Zero where `node` is null, or with a fault where it is no such number.
  Decimal ReadDecimal(const JsonNode* node) {
    if (node == nullptr) return {};
    const absl::StatusOr<Decimal> value = Decimal::Parse(node->text());
    if (!value.ok()) Fault(*node, value.status().message());
    return value.value_or(Decimal());
  }

  // Null, with a fault, where the member is no array or has nothing in it.
  const JsonNode* NonEmptyArray(ObjectReader* reader, absl::string_view name) {
    const JsonNode* node = reader->Required(name, Kind::kArray, kArray);
    if (node == nullptr) return nullptr;
    if (node->elements().empty()) {
      Fault(*node, "is empty; write at least one entry");
      return nullptr;
    }
    return node;
  }

  // The union of what the names stand for; each may be there once.
  template <typename ToBits>
  unsigned Bits(const JsonNode& names, ToBits to_bits, absl::string_view a_name, absl::string_view allowed) {
    unsigned all = 0;
    if (names.elements().empty()) Fault(names, absl::StrCat("is empty; allowed: ", allowed));
    for (const JsonNode* name : names.elements()) {
      // Days may be written as 1 to 7 without quotes.
      const bool is_text = name->kind() == Kind::kString || name->kind() == Kind::kNumber;
      const unsigned bits = is_text ? to_bits(name->text()) : 0u;
      if (bits == 0) {
        Fault(*name, absl::StrCat("is ", is_text ? Quoted(name->text()) : std::string(KindName(name->kind())), ", not ",
                                  a_name, "; allowed: ", allowed));
      } else if ((all & bits) != 0) {
        Fault(*name, absl::StrCat("names ", a_name, " that is already in this list; keep one"));
      }
      all |= bits;
    }
    return all;
  }

  const RateKind kind_;
  const absl::string_view file_;
  FaultLog* const faults_;
};

}  // namespace

std::shared_ptr<const engine::Schedule> ReadSchedule(const JsonNode& node, RateKind kind, absl::string_view file,
                                                     FaultLog* faults) {
  const size_t faults_before = faults->count();
  const std::vector<engine::Season> seasons = ScheduleReader(kind, file, faults).ReadSeasons(node);
  // Gaps and overlaps of what was only half read would mislead.
  if (faults->count() != faults_before) return nullptr;
  absl::StatusOr<engine::Schedule> schedule = engine::Schedule::Create(seasons);
  if (!schedule.ok()) {
    AddFault(node, file, schedule.status().message(), faults);
    return nullptr;
  }
  return std::make_shared<const engine::Schedule>(*std::move(schedule));
}

}  // namespace costs::catalog
