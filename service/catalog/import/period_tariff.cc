#include "service/catalog/import/period_tariff.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "service/engine/time.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using engine::Decimal;

constexpr absl::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr size_t kMostTiers = 20;
constexpr int64_t kLongestDisplayName = 256;  // bytes

// One step of the ladder that a document gets.
struct Step {
  Decimal rate;
  absl::optional<Decimal> to_kwh;
  pb::TierUnit::Value unit;

  friend bool operator==(const Step& a, const Step& b) {
    return a.rate == b.rate && a.to_kwh == b.to_kwh && (!a.to_kwh || a.unit == b.unit);
  }
};
using Ladder = std::vector<Step>;

bool Less(Decimal a, Decimal b) { return a.UnitsAtScale(Decimal::kMaxScale) < b.UnitsAtScale(Decimal::kMaxScale); }

// The upper ends of all tiers but the last.
std::vector<Decimal> Edges(const TariffPeriod& period) {
  std::vector<Decimal> edges;
  for (size_t i = 0; i + 1 < period.tiers.size(); ++i) {
    if (period.tiers[i].to_kwh) edges.push_back(*period.tiers[i].to_kwh);
  }
  return edges;
}

std::vector<Decimal> Edges(const Ladder& ladder) {
  std::vector<Decimal> edges;
  for (const Step& step : ladder) {
    if (step.to_kwh) edges.push_back(*step.to_kwh);
  }
  return edges;
}

class TariffBuilder {
 public:
  TariffBuilder(const PeriodTariff& tariff, TariffImport* import) : tariff_(tariff), import_(*import) {}

  ImportedTariff Build() {
    NoteUse();
    for (size_t i = 0; i < tariff_.periods.size(); ++i) ladders_.push_back(used_[i] ? ImportLadder(i) : Ladder());
    if (import_.ok()) CheckTiersOfMonths();
    if (import_.ok()) AddImport();
    if (import_.ok()) AddExport();
    if (import_.ok()) AddCalendar();
    result_.findings = import_.TakeFindings();
    return std::move(result_);
  }

 private:
  // Which periods any hour is in.
  void NoteUse() {
    used_.assign(tariff_.periods.size(), false);
    for (const HourMatrix* matrix : {&tariff_.weekday, &tariff_.weekend}) {
      for (const auto& month : *matrix) {
        for (const int period : month) used_[period] = true;
      }
    }
    for (size_t i = 0; i < used_.size(); ++i) {
      if (!used_[i])
        import_.NoteField(tariff_.periods[i].field, "is left out: no hour of the schedule is in this period");
    }
  }

  // The tiers of a period in use, those of one price taken together.
  Ladder ImportLadder(size_t index) {
    const TariffPeriod& period = tariff_.periods[index];
    if (period.tiers.empty()) {
      import_.RefuseField(RefusalReason::kPeriodWithoutRate, period.field,
                          "has no rate, but hours of the schedule are in this period; give it one");
      return {};
    }
    Ladder ladder;
    for (size_t i = 0; i < period.tiers.size(); ++i) {
      const PeriodTier& tier = period.tiers[i];
      const bool last = i + 1 == period.tiers.size();
      CheckEdge(period, i);
      Step step = {tier.rate, last ? absl::nullopt : tier.to_kwh, tier.unit};
      if (!ladder.empty() && ladder.back().rate == step.rate) ladder.pop_back();
      ladder.push_back(std::move(step));
    }
    if (ladder.size() > kMostTiers) {
      import_.RefuseField(RefusalReason::kTierEdges, period.field,
                          absl::StrCat("has ", ladder.size(), " tiers; at most ", kMostTiers, " are priced"));
    }
    CheckUnits(period, ladder);
    return ladder;
  }

  void CheckEdge(const TariffPeriod& period, size_t i) {
    const std::string field = absl::StrCat(period.field, "[", i, "].max");
    const absl::optional<Decimal>& edge = period.tiers[i].to_kwh;
    if (i + 1 == period.tiers.size()) {
      if (edge) {
        import_.NoteField(field, absl::StrCat("is ", edge->ToString(),
                                              ", but there is no tier after it; usage above it is priced alike"));
      }
      return;
    }
    if (!edge) {
      import_.RefuseField(RefusalReason::kTierEdges, field, "is missing; only the last tier may go on without end");
      return;
    }
    const Decimal below = i == 0 ? Decimal() : period.tiers[i - 1].to_kwh.value_or(Decimal());
    if (!Less(below, *edge)) {
      import_.RefuseField(RefusalReason::kTierEdges, field,
                          absl::StrCat("is ", edge->ToString(), ", which is not above ", below.ToString(),
                                       ", where the tier starts; tiers must ascend"));
    }
  }

  // One unit for all edges of all periods: an element has one.
  void CheckUnits(const TariffPeriod& period, const Ladder& ladder) {
    for (const Step& step : ladder) {
      if (!step.to_kwh) continue;
      if (!unit_) unit_ = step.unit;
      if (*unit_ == step.unit) continue;
      import_.RefuseField(
          RefusalReason::kMixedTierUnits, period.field,
          "has tiers in kWh beside tiers in kWh daily; all tiers of a tariff must end in the same unit");
      return;
    }
  }

  // See the header: usage is counted for the month as a whole.
  void CheckTiersOfMonths() {
    bool noted = false;
    for (size_t month = 0; month < 12; ++month) {
      std::vector<int> periods;
      for (const HourMatrix* matrix : {&tariff_.weekday, &tariff_.weekend}) {
        for (const int period : (*matrix)[month]) {
          if (!absl::c_linear_search(periods, period)) periods.push_back(period);
        }
      }
      absl::c_sort(periods);
      const bool tiered = absl::c_any_of(periods, [this](int period) { return ladders_[period].size() > 1; });
      const bool one_ladder = absl::c_all_of(periods, [&](int p) { return ladders_[p] == ladders_[periods[0]]; });
      if (!tiered || one_ladder) continue;
      const bool same_written = absl::c_all_of(
          periods, [&](int p) { return Edges(tariff_.periods[p]) == Edges(tariff_.periods[periods[0]]); });
      const bool same =
          absl::c_all_of(periods, [&](int p) { return Edges(ladders_[p]) == Edges(ladders_[periods[0]]); });
      if (!same_written && !same) {
        import_.RefuseField(RefusalReason::kTiersByPeriod, tariff_.periods_field,
                            absl::StrCat("has tiers that end at different usages in periods ",
                                         absl::StrJoin(periods, ", "), ", which are all in ", kMonths[month],
                                         "; tiers count the month's usage as a whole, so they must end alike"));
        return;
      }
      if (!noted) {
        import_.NoteField(tariff_.periods_field,
                          absl::StrCat("has tiers in periods ", absl::StrJoin(periods, ", "), ", which are all in ",
                                       kMonths[month], ": the usage of all hours of a month counts for them together"));
      }
      noted = true;
    }
  }

  pb::TariffElement Element(absl::string_view suffix, pb::TariffRate::Value direction) {
    pb::TariffElement element;
    element.set_id(absl::StrCat(import_.options().id, suffix));
    element.set_direction(direction);
    element.set_type(pb::ElementType::COMMODITY);
    element.set_display_name(DisplayName());
    element.set_currency_code(tariff_.currency_code);
    AddContract(&element);
    return element;
  }

  // As many whole characters as there is room for.
  std::string DisplayName() {
    if (static_cast<int64_t>(tariff_.display_name.size()) <= kLongestDisplayName) return tariff_.display_name;
    size_t size = kLongestDisplayName;
    while (size > 0 && (tariff_.display_name[size] & 0xC0) == 0x80) --size;
    return tariff_.display_name.substr(0, size);
  }

  void AddContract(pb::TariffElement* element) {
    auto seconds = [this](absl::CivilDay day) {
      return absl::ToUnixSeconds(import_.options().timezone.At(absl::CivilSecond(day)).pre);
    };
    if (tariff_.first_day) element->mutable_contract_start_date()->set_seconds(seconds(*tariff_.first_day));
    if (tariff_.end_day) element->mutable_contract_end_date()->set_seconds(seconds(*tariff_.end_day));
  }

  void AddImport() {
    pb::TariffElement element = Element("", pb::TariffRate::IMPORT);
    if (unit_) {
      element.set_tier_window(pb::TierWindow::CALENDAR_MONTH);
      element.set_tier_unit(*unit_);
    }
    AddSchedule(&element);
    result_.elements.push_back(std::move(element));
  }

  void AddExport() {
    size_t with = 0, without = 0;
    for (size_t i = 0; i < tariff_.periods.size(); ++i) {
      if (!used_[i]) continue;
      for (const PeriodTier& tier : tariff_.periods[i].tiers) ++(tier.sell ? with : without);
    }
    if (with == 0) return;
    const std::string& field = tariff_.periods_field;
    if (without != 0) {
      return LeaveOutExport(RefusalReason::kSellIncomplete, absl::StrCat("has a price for exported energy (sell) in ",
                                                                         with, " tiers and none in ", without));
    }
    std::vector<Ladder> ladders;
    bool free = true;
    for (size_t i = 0; i < tariff_.periods.size(); ++i) {
      ladders.emplace_back();
      if (!used_[i]) continue;
      const Decimal sell = *tariff_.periods[i].tiers.front().sell;
      for (const PeriodTier& tier : tariff_.periods[i].tiers) {
        if (*tier.sell == sell) continue;
        return LeaveOutExport(RefusalReason::kSellTiers,
                              absl::StrCat("has different prices for exported energy (sell) by imported kWh, in ",
                                           tariff_.periods[i].field));
      }
      free = free && sell == Decimal();
      ladders[i] = {{sell, absl::nullopt, pb::TierUnit::KWH}};
    }
    if (free)
      import_.NoteField(field, "has a price of 0 for exported energy (sell), written as such: exports earn nothing");
    ladders_ = std::move(ladders);
    pb::TariffElement element = Element("-export", pb::TariffRate::EXPORT);
    AddSchedule(&element);
    result_.elements.push_back(std::move(element));
  }

  void LeaveOutExport(RefusalReason reason, absl::string_view what) {
    if (import_.LeavesOut(reason)) {
      import_.NoteField(tariff_.periods_field,
                        absl::StrCat(what, "; the prices for exported energy are left out, as asked (",
                                     RefusalReasonName(reason), "): exports cannot be priced with this tariff"));
      return;
    }
    import_.RefuseField(reason, tariff_.periods_field,
                        absl::StrCat(what,
                                     "; no kWh may be priced at 0 for want of a price. To import without prices for "
                                     "exported energy, leave out ",
                                     RefusalReasonName(reason)));
  }

  // Months that are priced alike share an entry.
  void AddSchedule(pb::TariffElement* element) {
    std::array<bool, 12> done = {};
    for (size_t month = 0; month < 12; ++month) {
      if (done[month]) continue;
      std::vector<size_t> alike;
      for (size_t other = month; other < 12; ++other) {
        if (!SameDay(tariff_.weekday[month], tariff_.weekday[other])) continue;
        if (!SameDay(tariff_.weekend[month], tariff_.weekend[other])) continue;
        alike.push_back(other);
        done[other] = true;
      }
      pb::TariffSchedule* entry = element->add_schedule();
      if (alike.size() == 12) entry->add_months("All");
      for (const size_t other : alike) {
        if (alike.size() < 12) entry->add_months(std::string(kMonths[other]));
      }
      AddDays(month, entry);
    }
    if (!tariff_.holidays.empty()) element->set_special_day_calendar(CalendarId());
  }

  bool SameDay(const std::array<int, 24>& a, const std::array<int, 24>& b) const {
    for (size_t hour = 0; hour < 24; ++hour) {
      if (!(ladders_[a[hour]] == ladders_[b[hour]])) return false;
    }
    return true;
  }

  void AddDays(size_t month, pb::TariffSchedule* entry) {
    pb::ScheduleDays* days = entry->add_days_and_hours();
    AddHours(tariff_.weekday[month], days);
    if (SameDay(tariff_.weekday[month], tariff_.weekend[month])) {
      days->add_days("All");
      if (!tariff_.holidays.empty()) days->add_days("Holiday");
      return;
    }
    days->add_days("Weekday");
    pb::ScheduleDays* weekend = entry->add_days_and_hours();
    AddHours(tariff_.weekend[month], weekend);
    weekend->add_days("Weekend");
    if (!tariff_.holidays.empty()) weekend->add_days("Holiday");
  }

  void AddHours(const std::array<int, 24>& day, pb::ScheduleDays* days) {
    for (int from = 0; from < 24;) {
      int to = from + 1;
      while (to < 24 && ladders_[day[to]] == ladders_[day[from]]) ++to;
      pb::ScheduleHours* hours = days->add_hours();
      hours->set_valid_from(absl::StrFormat("%02d:00:00", from));
      hours->set_valid_to(absl::StrFormat("%02d:00:00", to % 24));
      const TariffPeriod& period = tariff_.periods[day[from]];
      for (const Step& step : ladders_[day[from]]) {
        pb::ScheduleRate* rate = hours->add_rate();
        if (const absl::optional<double> fixed = import_.ForDocument(step.rate, period.field)) rate->set_fixed(*fixed);
        if (!step.to_kwh) continue;
        if (const absl::optional<double> to_kwh = import_.ForDocument(*step.to_kwh, period.field)) {
          rate->set_to_kwh(*to_kwh);
        }
      }
      from = to;
    }
  }

  std::string CalendarId() const { return absl::StrCat(import_.options().id, "-holidays"); }

  void AddCalendar() {
    if (tariff_.holidays.empty()) return;
    pb::SpecialDayCalendar calendar;
    calendar.set_id(CalendarId());
    calendar.set_display_name(DisplayName());
    for (const pb::SpecialDayRule& rule : tariff_.holidays) *calendar.add_rules() = rule;
    result_.calendars.push_back(std::move(calendar));
  }

  const PeriodTariff& tariff_;
  TariffImport& import_;
  std::vector<bool> used_;
  std::vector<Ladder> ladders_;  // by period; empty where it is not in use
  absl::optional<pb::TierUnit::Value> unit_;
  ImportedTariff result_;
};

}  // namespace

ImportedTariff BuildTariff(const PeriodTariff& tariff, TariffImport* import) {
  return TariffBuilder(tariff, import).Build();
}

absl::optional<HourMatrix> ReadHourMatrix(const JsonNode& node, size_t periods, TariffImport* import) {
  constexpr absl::string_view kWanted = "12 months of 24 hours, each the number of a period";
  auto fault = [&](const JsonNode& at, absl::string_view what) -> absl::optional<HourMatrix> {
    import->Refuse(RefusalReason::kScheduleShape, at, absl::StrCat(what, "; write ", kWanted));
    return absl::nullopt;
  };
  if (node.kind() != JsonNode::Kind::kArray) return fault(node, absl::StrCat("is ", KindName(node.kind())));
  if (node.elements().size() != 12) return fault(node, absl::StrCat("has ", node.elements().size(), " months"));
  HourMatrix matrix;
  for (size_t month = 0; month < 12; ++month) {
    const JsonNode& hours = *node.elements()[month];
    if (hours.kind() != JsonNode::Kind::kArray) return fault(hours, absl::StrCat("is ", KindName(hours.kind())));
    if (hours.elements().size() != 24) return fault(hours, absl::StrCat("has ", hours.elements().size(), " hours"));
    for (size_t hour = 0; hour < 24; ++hour) {
      const JsonNode& cell = *hours.elements()[hour];
      const absl::StatusOr<Decimal> number =
          cell.kind() == JsonNode::Kind::kNumber ? Decimal::Parse(cell.text()) : absl::InvalidArgumentError("");
      if (!number.ok() || number->scale() != 0 || number->units() < 0) return fault(cell, "is no period's number");
      if (number->units() >= static_cast<int64_t>(periods)) {
        import->Refuse(RefusalReason::kPeriodWithoutRate, cell,
                       absl::StrCat("is period ", number->units(), ", but there are rates for ", periods,
                                    " periods, numbered from 0; give it a rate"));
        return absl::nullopt;
      }
      matrix[month][hour] = static_cast<int>(number->units());
    }
  }
  return matrix;
}

}  // namespace costs::catalog
