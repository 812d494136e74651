#include "service/catalog/import/ratebook.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "service/catalog/import/period_tariff.h"
#include "service/catalog/import/us_holidays.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using engine::Decimal;
using Kind = JsonNode::Kind;

constexpr absl::string_view kCurrency = "USD";

bool IsNull(const JsonNode* node) { return node == nullptr || node->kind() == Kind::kNull; }

class RatebookReader {
 public:
  explicit RatebookReader(const TariffImportOptions& options) : import_(options) {}

  absl::StatusOr<ImportedTariff> Read(absl::string_view text) {
    const absl::optional<JsonDocument> document = import_.Parse(text);
    if (document && import_.ok()) ReadTariff(document->root());
    if (!import_.ok()) return import_.ToStatus();
    ImportedTariff tariff = BuildTariff(tariff_, &import_);
    if (!import_.ok()) return import_.ToStatus();
    return tariff;
  }

 private:
  void ReadTariff(const JsonNode& root) {
    if (!IsObject(root)) return;
    OnlyKnown(root, {"schema_version", "identity", "effective_range", "energy", "schedule", "fixed_charges",
                     "min_charge", "unsupported", "metering", "source_documents", "provenance"});
    ReadVersion(root);
    ReadCurrency();
    ReadIdentity(root);
    ReadEffectiveRange(root);
    ReadPeriods(root);
    ReadSchedule(root);
    ReadFixedCharges(root);
    if (const JsonNode* minimum = root.Find("min_charge"); !IsNull(minimum)) {
      ReadCharge(RefusalReason::kMinimumCharge, *minimum);
    }
    ReadUnsupported(root);
    ReadMetering(root);
  }

  bool IsObject(const JsonNode& node) {
    if (node.kind() == Kind::kObject) return true;
    Malformed(node, absl::StrCat("is ", KindName(node.kind()), "; write an object"));
    return false;
  }

  void Malformed(const JsonNode& node, absl::string_view what) {
    import_.Refuse(RefusalReason::kMalformed, node, what);
  }

  void OnlyKnown(const JsonNode& object, const std::vector<absl::string_view>& known) {
    for (const JsonNode* member : object.elements()) {
      if (import_.full()) return;
      if (absl::c_linear_search(known, member->name())) continue;
      import_.Refuse(
          RefusalReason::kUnknownField, *member,
          absl::StrCat("is not known in this format, and might carry money; known: ", absl::StrJoin(known, ", ")));
    }
  }

  // The member, of that kind; null, with a fault, where there is none.
  const JsonNode* Required(const JsonNode& object, absl::string_view name, Kind kind) {
    const JsonNode* member = object.Find(name);
    if (member == nullptr) {
      Malformed(object, absl::StrCat("has no ", name, ", which is required"));
      return nullptr;
    }
    if (member->kind() == kind) return member;
    Malformed(*member, absl::StrCat("is ", KindName(member->kind()), "; write ", KindName(kind)));
    return nullptr;
  }

  absl::string_view Text(const JsonNode& object, absl::string_view name) {
    const JsonNode* member = object.Find(name);
    return member != nullptr && member->kind() == Kind::kString ? member->text() : absl::string_view();
  }

  void ReadVersion(const JsonNode& root) {
    const JsonNode* version = Required(root, "schema_version", Kind::kNumber);
    if (version != nullptr && version->text() != "0") {
      Malformed(*version, absl::StrCat("is ", Quoted(version->text()), "; version 0 is read"));
    }
  }

  void ReadCurrency() {
    const std::string& given = import_.options().currency_code;
    tariff_.currency_code = std::string(kCurrency);
    if (given.empty() || given == kCurrency) return;
    import_.RefuseField(RefusalReason::kCurrency, "options.currency_code",
                        absl::StrCat("is ", Quoted(given), ", but the file's money is in dollars (USD)"));
  }

  void ReadIdentity(const JsonNode& root) {
    const JsonNode* identity = root.Find("identity");
    if (IsNull(identity) || !IsObject(*identity)) return;
    tariff_.display_name =
        absl::StrJoin({Text(*identity, "utility_id"), Text(*identity, "plan_name")},
                      Text(*identity, "utility_id").empty() || Text(*identity, "plan_name").empty() ? "" : ": ");
  }

  void ReadEffectiveRange(const JsonNode& root) {
    const JsonNode* range = root.Find("effective_range");
    if (IsNull(range) || !IsObject(*range)) return;
    OnlyKnown(*range, {"start", "end", "superseded_at", "scheduled_end"});
    tariff_.first_day = ReadDay(*range, "start");
    auto ends = [&](absl::string_view name, int days_after, absl::string_view what) {
      const absl::optional<absl::CivilDay> day = ReadDay(*range, name);
      if (!day) return;
      import_.Note(*range->Find(name),
                   absl::StrCat("is taken as ", what, "; after it the rates still price, as less certain"));
      if (!tariff_.end_day || *day + days_after < *tariff_.end_day) tariff_.end_day = *day + days_after;
    };
    ends("end", 1, "the contract's last day");
    ends("scheduled_end", 1, "the last day for which the rates are known");
    ends("superseded_at", 0, "the first day of other rates");
    if (tariff_.first_day && tariff_.end_day && *tariff_.end_day <= *tariff_.first_day) {
      import_.Refuse(RefusalReason::kDate, *range, "ends before it starts; correct one of the two");
    }
  }

  absl::optional<absl::CivilDay> ReadDay(const JsonNode& range, absl::string_view name) {
    const JsonNode* node = range.Find(name);
    if (IsNull(node)) return absl::nullopt;
    absl::CivilDay day;
    if (node->kind() == Kind::kString && node->text().size() == 10 && absl::ParseCivilTime(node->text(), &day) &&
        day >= absl::CivilDay(1970, 1, 1) && day < absl::CivilDay(2099, 12, 31)) {
      return day;
    }
    import_.Refuse(RefusalReason::kDate, *node, "is no date from 1970-01-01 to 2099-12-30; write it as 2026-07-01");
    return absl::nullopt;
  }

  void ReadPeriods(const JsonNode& root) {
    const JsonNode* energy = Required(root, "energy", Kind::kObject);
    if (energy == nullptr) return;
    OnlyKnown(*energy, {"periods"});
    const JsonNode* periods = Required(*energy, "periods", Kind::kArray);
    if (periods == nullptr) return;
    tariff_.periods_field = periods->Path();
    for (const JsonNode* period : periods->elements()) {
      if (import_.full()) return;
      ReadPeriod(*period);
    }
  }

  void ReadPeriod(const JsonNode& node) {
    tariff_.periods.push_back({absl::StrCat(node.Path(), ".tiers"), {}});
    if (!IsObject(node)) return;
    OnlyKnown(node, {"tiers"});
    const JsonNode* tiers = Required(node, "tiers", Kind::kArray);
    if (tiers == nullptr) return;
    for (const JsonNode* tier : tiers->elements()) {
      if (import_.full()) return;
      if (IsObject(*tier)) ReadTier(*tier, &tariff_.periods.back().tiers);
    }
  }

  void ReadTier(const JsonNode& node, std::vector<PeriodTier>* tiers) {
    OnlyKnown(node, {"rate", "adj", "max", "max_unit", "sell"});
    PeriodTier tier;
    const JsonNode* rate = node.Find("rate");
    if (IsNull(rate)) {
      import_.Refuse(RefusalReason::kPeriodWithoutRate, node, "has no rate; give it one");
      return;
    }
    const absl::optional<Decimal> base = import_.Exact(*rate);
    const absl::optional<Decimal> adjustment = Optional(node, "adj");
    if (!base) return;
    const absl::optional<Decimal> sum = import_.Sum(*base, adjustment.value_or(Decimal()), rate->Path());
    if (!sum) return;
    tier.rate = *sum;
    tier.to_kwh = Optional(node, "max");
    tier.sell = Optional(node, "sell");
    if (tier.to_kwh) tier.unit = ReadUnit(node);
    tiers->push_back(tier);
  }

  absl::optional<Decimal> Optional(const JsonNode& object, absl::string_view name) {
    const JsonNode* node = object.Find(name);
    return IsNull(node) ? absl::nullopt : import_.Exact(*node);
  }

  // Of a tier with a max; without one the unit says nothing.
  pb::TierUnit::Value ReadUnit(const JsonNode& tier) {
    const absl::string_view unit = Text(tier, "max_unit");
    if (unit == "kWh daily") return pb::TierUnit::KWH_DAILY;
    if (unit != "kWh") {
      const JsonNode* node = tier.Find("max_unit");
      import_.Refuse(RefusalReason::kUnit, node == nullptr ? tier : *node,
                     absl::StrCat("is ", Quoted(unit), "; tiers are priced by \"kWh\" and \"kWh daily\""));
    }
    return pb::TierUnit::KWH;
  }

  void ReadSchedule(const JsonNode& root) {
    const JsonNode* schedule = Required(root, "schedule", Kind::kObject);
    if (schedule == nullptr) return;
    OnlyKnown(*schedule, {"weekday", "weekend", "holiday_policy", "holidays", "holiday_observance"});
    auto matrix = [&](absl::string_view name, HourMatrix* out) {
      const JsonNode* node = schedule->Find(name);
      if (node == nullptr) {
        import_.Refuse(RefusalReason::kScheduleShape, *schedule,
                       absl::StrCat("has no ", name, "; give 12 months of 24 hours"));
      } else if (const absl::optional<HourMatrix> read = ReadHourMatrix(*node, tariff_.periods.size(), &import_)) {
        *out = *read;
      }
    };
    matrix("weekday", &tariff_.weekday);
    matrix("weekend", &tariff_.weekend);
    ReadHolidays(*schedule);
  }

  void ReadHolidays(const JsonNode& schedule) {
    const JsonNode* holidays = schedule.Find("holidays");
    if (!IsNull(holidays) && holidays->kind() != Kind::kArray) {
      return Malformed(*holidays, absl::StrCat("is ", KindName(holidays->kind()), "; write an array of names"));
    }
    const bool listed = !IsNull(holidays) && !holidays->elements().empty();
    const JsonNode* policy = schedule.Find("holiday_policy");
    const absl::string_view name = IsNull(policy) ? "unknown" : Text(schedule, "holiday_policy");
    const absl::optional<pb::Observance::Value> observance = ReadObservance(schedule);
    if (name == "as_weekend") {
      if (!listed)
        import_.Note(*policy, "is as_weekend, but no holidays are listed: each day is priced by its weekday");
      if (listed && observance) ReadHolidayNames(*holidays, *observance);
    } else if (name == "unknown" || name == "as_weekday") {
      if (listed) {
        import_.Note(*holidays, absl::StrCat("are priced by their weekday, since holiday_policy is ", name));
      }
    } else {
      import_.Refuse(RefusalReason::kHoliday, *policy,
                     "is no policy known here; write as_weekend, as_weekday or unknown");
    }
  }

  absl::optional<pb::Observance::Value> ReadObservance(const JsonNode& schedule) {
    const JsonNode* node = schedule.Find("holiday_observance");
    if (IsNull(node)) return pb::Observance::SUNDAY_TO_MONDAY;
    if (node->text() == "sunday_to_monday") return pb::Observance::SUNDAY_TO_MONDAY;
    if (node->text() == "actual_day") return pb::Observance::ACTUAL_DAY;
    import_.Refuse(RefusalReason::kHoliday, *node, "is no observance known here; write sunday_to_monday or actual_day");
    return absl::nullopt;
  }

  void ReadHolidayNames(const JsonNode& names, pb::Observance::Value observance) {
    std::vector<absl::string_view> seen;
    for (const JsonNode* name : names.elements()) {
      if (import_.full()) return;
      absl::optional<pb::SpecialDayRule> rule;
      if (name->kind() == Kind::kString) rule = UsHoliday(name->text());
      if (!rule) {
        import_.Refuse(RefusalReason::kHoliday, *name,
                       absl::StrCat("is ", Quoted(name->text()), ", no holiday known here; known: ", UsHolidayNames()));
      } else if (absl::c_linear_search(seen, name->text())) {
        import_.Note(*name, "is in the list twice");
      } else {
        seen.push_back(name->text());
        rule->set_observance(observance);
        tariff_.holidays.push_back(*std::move(rule));
      }
    }
  }

  void ReadFixedCharges(const JsonNode& root) {
    const JsonNode* charges = root.Find("fixed_charges");
    if (IsNull(charges)) return;
    if (charges->kind() != Kind::kArray) return Malformed(*charges, "is no array of charges");
    for (const JsonNode* charge : charges->elements()) {
      if (import_.full()) return;
      ReadCharge(RefusalReason::kFixedCharge, *charge);
    }
  }

  void ReadCharge(RefusalReason reason, const JsonNode& node) {
    if (!IsObject(node)) return;
    OnlyKnown(node, {"amount", "unit"});
    const JsonNode* amount = node.Find("amount");
    if (amount == nullptr) return Malformed(node, "has no amount");
    const absl::optional<Decimal> value = import_.Exact(*amount);
    if (!value || *value == Decimal()) return;
    const absl::string_view unit = Text(node, "unit");
    import_.Charge(reason, node, absl::StrCat(value->ToString(), " ", unit.empty() ? "(no unit)" : Quoted(unit)));
  }

  // What the collection could not express itself: {kind, detail}.
  void ReadUnsupported(const JsonNode& root) {
    const JsonNode* features = root.Find("unsupported");
    if (IsNull(features)) return;
    if (features->kind() != Kind::kArray) return Malformed(*features, "is no array");
    for (const JsonNode* feature : features->elements()) {
      if (import_.full()) return;
      if (!IsObject(*feature)) continue;
      OnlyKnown(*feature, {"kind", "detail"});
      const absl::string_view kind = Text(*feature, "kind");
      const std::string what = absl::StrCat(Quoted(kind), " ", Quoted(Text(*feature, "detail")));
      if (kind == "demand_charge" || kind == "tou_demand" || kind == "flat_demand") {
        import_.Charge(RefusalReason::kDemandCharge, *feature, what);
      } else if (kind == "coincident_demand") {
        import_.Charge(RefusalReason::kCoincidentDemand, *feature, what);
      } else if (kind == "net_metering" || kind == "sell_rate") {
        import_.Note(*feature,
                     absl::StrCat("is ", what, ": credit for exported energy, which is no part of these rates"));
      } else if (kind == "demand_normalized_tier_max") {
        import_.Refuse(RefusalReason::kUnit, *feature, absl::StrCat("is ", what, "; tiers are priced by kWh only"));
      } else {
        import_.Refuse(RefusalReason::kUnsupported, *feature,
                       absl::StrCat("is ", what, ", which the file says it cannot express; it cannot be priced"));
      }
    }
  }

  void ReadMetering(const JsonNode& root) {
    const absl::string_view metering = Text(root, "metering");
    if (metering.empty() || metering == "none" || metering == "unknown") return;
    import_.Note(*root.Find("metering"),
                 absl::StrCat("is ", Quoted(metering),
                              ": what exported energy is credited with is no part of these rates; it "
                              "is priced only where every tier has a sell price"));
  }

  TariffImport import_;
  PeriodTariff tariff_;
};

}  // namespace

absl::StatusOr<ImportedTariff> ImportRatebook(absl::string_view text, const TariffImportOptions& options) {
  return RatebookReader(options).Read(text);
}

}  // namespace costs::catalog
