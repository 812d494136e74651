#include "service/catalog/import/urdb.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "service/catalog/import/period_tariff.h"
#include "service/catalog/import/urdb_fields.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using engine::Decimal;
using Kind = JsonNode::Kind;

constexpr size_t kMostShown = 10;  // amounts in one message

// Null, "", 0, false, and arrays and objects of nothing else.
bool IsEmpty(const JsonNode& node) {
  switch (node.kind()) {
    case Kind::kNull:
      return true;
    case Kind::kBool:
      return !node.boolean();
    case Kind::kNumber: {
      const absl::StatusOr<Decimal> value = Decimal::Parse(node.text());
      return value.ok() && *value == Decimal();
    }
    case Kind::kString:
      return node.text().empty();
    default:
      return absl::c_all_of(node.elements(), [](const JsonNode* child) { return IsEmpty(*child); });
  }
}

// The amounts in a structure of charges, whatever its shape; what says up to
// where they go, or in what unit, is none.
void CollectAmounts(const JsonNode& node, std::vector<std::string>* amounts) {
  if (node.name() == "max" || node.name() == "unit" || amounts->size() > kMostShown) return;
  for (const JsonNode* child : node.elements()) CollectAmounts(*child, amounts);
  if (node.kind() != Kind::kNumber && node.kind() != Kind::kString && node.kind() != Kind::kBool) return;
  if (IsEmpty(node)) return;
  const absl::StatusOr<Decimal> value = Decimal::Parse(node.text());
  if (value.ok() && *value == Decimal()) return;  // "0"
  std::string amount = value.ok() ? value->ToString() : Quoted(node.text());
  if (!absl::c_linear_search(*amounts, amount)) amounts->push_back(std::move(amount));
}

// The dates that the engine prices.
bool IsPriced(absl::CivilDay day) { return day >= absl::CivilDay(1970, 1, 1) && day < absl::CivilDay(2099, 12, 31); }

class UrdbReader {
 public:
  explicit UrdbReader(const TariffImportOptions& options) : import_(options) {}

  absl::StatusOr<ImportedTariff> Read(absl::string_view text, absl::optional<size_t> record) {
    const absl::optional<JsonDocument> document = import_.Parse(text);
    if (document && import_.ok()) {
      if (const JsonNode* node = PickRecord(document->root(), record)) ReadRecord(*node);
    }
    if (!import_.ok()) return import_.ToStatus();
    ImportedTariff tariff = BuildTariff(tariff_, &import_);
    if (!import_.ok()) return import_.ToStatus();
    return tariff;
  }

 private:
  void Malformed(const JsonNode& node, absl::string_view what) {
    import_.Refuse(RefusalReason::kMalformed, node, what);
  }

  const JsonNode* PickRecord(const JsonNode& root, absl::optional<size_t> record) {
    const JsonNode* items = &root;
    if (root.kind() == Kind::kObject) {
      items = root.Find("items");
      if (items == nullptr) return CheckRecord(root, record.value_or(0) == 0);
      if (root.elements().size() > 1) {
        Malformed(root, "has members beside items; write one object with items, or a record alone");
        return nullptr;
      }
    }
    if (items->kind() != Kind::kArray) {
      Malformed(*items, absl::StrCat("is ", KindName(items->kind()), "; write an array of records"));
      return nullptr;
    }
    const size_t count = items->elements().size();
    if (count == 0 || (record && *record >= count) || (!record && count > 1)) {
      Malformed(*items,
                absl::StrCat("has ", count, " records; ", count == 0 ? "one is wanted" : "say which is meant, from 0"));
      return nullptr;
    }
    const JsonNode& node = *items->elements()[record.value_or(0)];
    return CheckRecord(node, true);
  }

  const JsonNode* CheckRecord(const JsonNode& node, bool there) {
    if (there && node.kind() == Kind::kObject) return &node;
    Malformed(node, there ? absl::StrCat("is ", KindName(node.kind()), "; write an object") : "is the only record (0)");
    return nullptr;
  }

  void ReadRecord(const JsonNode& record) {
    for (const JsonNode* member : record.elements()) {
      if (import_.full()) return;
      SortMember(*member);
    }
    ReadNames();
    ReadCurrency(record);
    ReadDates();
    ReadPeriods(record);
    ReadSchedules(record);
    ReadOtherEnergyCharges();
    ReadFixedCharges();
    ReadDemandCharges();
    ReadExportRules();
  }

  // Takes note of a member by its usual spelling.
  void SortMember(const JsonNode& member) {
    const std::string name = UrdbFieldName(member.name());
    switch (UseOfUrdbField(name)) {
      case UrdbUse::kRead:
        if (!fields_.emplace(name, &member).second) {
          Malformed(member, absl::StrCat("is the record's second ", name, "; keep one spelling"));
        }
        break;
      case UrdbUse::kComment:
        if (!IsEmpty(member)) import_.Note(member, absl::StrCat("says ", Quoted(member.text())));
        break;
      case UrdbUse::kInformation:
        break;
      case UrdbUse::kUnknown:
        if (IsEmpty(member)) break;
        import_.Refuse(RefusalReason::kUnknownField, member,
                       "is not known in this format, and might carry money; price it otherwise, and remove it here");
        break;
    }
  }

  // Null where the record has none, or an empty one.
  const JsonNode* Find(absl::string_view name) const {
    const auto found = fields_.find(name);
    return found == fields_.end() || found->second->kind() == Kind::kNull ? nullptr : found->second;
  }
  absl::string_view Text(absl::string_view name) const {
    const JsonNode* node = Find(name);
    return node != nullptr && node->kind() == Kind::kString ? node->text() : absl::string_view();
  }

  void ReadNames() {
    tariff_.display_name = absl::StrCat(Text("utility"), Text("utility").empty() ? "" : ": ", Text("name"));
    const JsonNode* approved = Find("approved");
    if (approved != nullptr && approved->kind() == Kind::kBool && !approved->boolean()) {
      import_.Note(*approved, "is false: the database has not approved this record");
    }
  }

  void ReadCurrency(const JsonNode& record) {
    const absl::string_view country = Text("country");
    const std::string& given = import_.options().currency_code;
    if (!country.empty() && country != "USA") {
      tariff_.currency_code = given;
      if (!given.empty()) return;
      import_.Refuse(RefusalReason::kCurrency, *Find("country"),
                     absl::StrCat("is ", Quoted(country), ", whose currency the record does not tell; give it"));
      return;
    }
    tariff_.currency_code = "USD";
    if (given.empty() || given == "USD") return;
    import_.Refuse(
        RefusalReason::kCurrency, record,
        absl::StrCat("is a tariff of the United States, in dollars (USD), but ", Quoted(given), " is asked for"));
  }

  void ReadDates() {
    tariff_.first_day = ReadDay("startdate");
    tariff_.end_day = ReadDay("enddate");
    if (tariff_.end_day) ++*tariff_.end_day;
    if (tariff_.first_day && tariff_.end_day && *tariff_.end_day <= *tariff_.first_day) {
      import_.Refuse(RefusalReason::kDate, *Find("enddate"), "is before startdate; correct one of the two");
    }
  }

  absl::optional<absl::CivilDay> ReadDay(absl::string_view name) {
    const JsonNode* node = Find(name);
    if (node == nullptr) return absl::nullopt;
    int64_t seconds = 0;
    constexpr int64_t kMostSeconds = int64_t{4'102'444'800};
    if (node->kind() != Kind::kNumber || !absl::SimpleAtoi(node->text(), &seconds) || seconds < 0 ||
        seconds > kMostSeconds) {
      import_.Refuse(RefusalReason::kDate, *node, "is no whole number of seconds from 1970 to 2100");
      return absl::nullopt;
    }
    const absl::CivilSecond second = import_.options().timezone.At(absl::FromUnixSeconds(seconds)).cs;
    const absl::CivilDay day = absl::CivilDay(second) + (second.hour() >= 12 ? 1 : 0);
    if (!IsPriced(day)) {
      import_.Refuse(RefusalReason::kDate, *node, "is no day from 1970-01-01 to 2099-12-30");
      return absl::nullopt;
    }
    if (absl::CivilSecond(day) != second) {
      import_.Note(*node, absl::StrCat("is ", absl::FormatCivilTime(second),
                                       " by the location's clock, no midnight; taken as ", absl::FormatCivilTime(day)));
    }
    return day;
  }

  void ReadPeriods(const JsonNode& record) {
    const JsonNode* structure = Find("energyratestructure");
    if (structure == nullptr || structure->kind() != Kind::kArray) {
      return Malformed(structure == nullptr ? record : *structure,
                       "has no energyratestructure, an array of periods: the record does not say what energy costs");
    }
    tariff_.periods_field = structure->Path();
    for (const JsonNode* period : structure->elements()) {
      if (import_.full()) return;
      tariff_.periods.push_back({period->Path(), {}});
      if (period->kind() != Kind::kArray) {
        Malformed(*period, "is no array of tiers");
        continue;
      }
      ReadTiers(*period, &tariff_.periods.back().tiers);
    }
  }

  // Leaves `tiers` empty where one has no rate.
  void ReadTiers(const JsonNode& period, std::vector<PeriodTier>* tiers) {
    for (const JsonNode* node : period.elements()) {
      if (import_.full()) return;
      if (node->kind() != Kind::kObject) {
        Malformed(*node, "is no object with a rate");
        continue;
      }
      const absl::optional<PeriodTier> tier = ReadTier(*node);
      if (!tier) {
        tiers->clear();
        return;
      }
      tiers->push_back(*tier);
    }
  }

  absl::optional<PeriodTier> ReadTier(const JsonNode& node) {
    for (const JsonNode* member : node.elements()) {
      constexpr absl::string_view kKnown[] = {"rate", "adj", "max", "unit", "sell"};
      if (absl::c_linear_search(kKnown, member->name()) || IsEmpty(*member)) continue;
      import_.Refuse(RefusalReason::kUnknownField, *member,
                     absl::StrCat("is not known in a tier; known: ", absl::StrJoin(kKnown, ", ")));
    }
    const absl::optional<Decimal> rate = Number(node, "rate");
    if (!rate) return absl::nullopt;
    const absl::optional<Decimal> sum = import_.Sum(*rate, Number(node, "adj").value_or(Decimal()), node.Path());
    if (!sum) return absl::nullopt;
    PeriodTier tier;
    tier.rate = *sum;
    tier.sell = Number(node, "sell");
    tier.to_kwh = Number(node, "max");
    // Some exports write 0 where a tier has no end.
    if (tier.to_kwh && *tier.to_kwh == Decimal()) tier.to_kwh.reset();
    tier.unit = ReadUnit(node);
    return tier;
  }

  absl::optional<Decimal> Number(const JsonNode& object, absl::string_view name) {
    const JsonNode* node = object.Find(name);
    return node == nullptr || node->kind() == Kind::kNull ? absl::nullopt : import_.Exact(*node);
  }

  pb::TierUnit::Value ReadUnit(const JsonNode& tier) {
    const JsonNode* unit = tier.Find("unit");
    if (unit == nullptr || unit->kind() == Kind::kNull) return pb::TierUnit::KWH;
    if (unit->text() == "kWh daily") return pb::TierUnit::KWH_DAILY;
    if (unit->text() != "kWh") {
      import_.Refuse(RefusalReason::kUnit, *unit,
                     absl::StrCat("is ", Quoted(unit->text()), "; tiers are priced by \"kWh\" and \"kWh daily\""));
    }
    return pb::TierUnit::KWH;
  }

  void ReadSchedules(const JsonNode& record) {
    ReadSchedule(record, "energyweekdayschedule", &tariff_.weekday);
    ReadSchedule(record, "energyweekendschedule", &tariff_.weekend);
  }

  void ReadSchedule(const JsonNode& record, absl::string_view name, HourMatrix* out) {
    const JsonNode* node = Find(name);
    if (node == nullptr) {
      import_.Refuse(RefusalReason::kScheduleShape, record,
                     absl::StrCat("has no ", name, "; give 12 months of 24 hours"));
    } else if (const absl::optional<HourMatrix> read = ReadHourMatrix(*node, tariff_.periods.size(), &import_)) {
      *out = *read;
    }
  }

  // A charge in a field of its own, with its unit in another.
  void ReadCharge(RefusalReason reason, absl::string_view name, absl::string_view unit) {
    const JsonNode* node = Find(name);
    if (node == nullptr) return;
    std::vector<std::string> amounts;
    CollectAmounts(*node, &amounts);
    if (amounts.empty()) return;
    if (amounts.size() > kMostShown) amounts.back() = "and more";
    import_.Charge(reason, *node, absl::StrCat(absl::StrJoin(amounts, ", "), unit.empty() ? "" : " ", unit));
  }

  void ReadOtherEnergyCharges() {
    for (const absl::string_view name : {"energyattrs", "fueladjustmentsmonthly"}) {
      const JsonNode* node = Find(name);
      if (node == nullptr) continue;
      std::vector<std::string> amounts;
      CollectAmounts(*node, &amounts);
      if (amounts.empty()) continue;
      import_.Refuse(
          RefusalReason::kOtherCharge, *node,
          absl::StrCat("holds ", absl::StrJoin(amounts, ", "),
                       ", of which the record does not say whether the rates include it; add it to adj of each "
                       "tier where they do not, and remove it here"));
    }
  }

  void ReadFixedCharges() {
    const std::string fixed_unit = Unit("fixedchargeunits");
    ReadCharge(RefusalReason::kFixedCharge, "fixedchargefirstmeter", fixed_unit);
    ReadCharge(RefusalReason::kFixedCharge, "fixedchargeeaaddl", absl::StrCat(fixed_unit, " for each further meter"));
    ReadCharge(RefusalReason::kFixedCharge, "fixedmonthlycharge", "$/month");
    ReadCharge(RefusalReason::kFixedCharge, "fixedattrs", "");
    ReadCharge(RefusalReason::kMinimumCharge, "mincharge", Unit("minchargeunits"));
    ReadCharge(RefusalReason::kMinimumCharge, "minmonthlycharge", "$/month");
    ReadCharge(RefusalReason::kMinimumCharge, "annualmincharge", "$/year");
  }

  std::string Unit(absl::string_view name) const { return Text(name).empty() ? "(no unit)" : Quoted(Text(name)); }

  void ReadDemandCharges() {
    auto per = [this](absl::string_view name) {
      return absl::StrCat("$ for each ", Text(name).empty() ? "kW" : Quoted(Text(name)));
    };
    ReadCharge(RefusalReason::kDemandCharge, "flatdemandstructure", per("flatdemandunit"));
    ReadCharge(RefusalReason::kDemandCharge, "demandratestructure", per("demandrateunit"));
    ReadCharge(RefusalReason::kDemandCharge, "demandattrs", "");
    ReadCharge(RefusalReason::kCoincidentDemand, "coincidentratestructure", per("coincidentrateunit"));
    ReadCharge(RefusalReason::kReactivePower, "demandreactivepowercharge", "$/kVAR");
  }

  void ReadExportRules() {
    for (const absl::string_view name : {"dgrules", "usenetmetering"}) {
      const JsonNode* node = Find(name);
      if (node == nullptr || IsEmpty(*node)) continue;
      import_.Note(*node,
                   absl::StrCat("is ", node->kind() == Kind::kBool ? "true" : Quoted(node->text()),
                                ": what exported energy is credited with is no part of these rates; it is priced "
                                "only where every tier has a sell price"));
    }
  }

  TariffImport import_;
  PeriodTariff tariff_;
  absl::flat_hash_map<std::string, const JsonNode*> fields_;
};

}  // namespace

absl::StatusOr<ImportedTariff> ImportUrdb(absl::string_view text, const TariffImportOptions& options,
                                          absl::optional<size_t> record) {
  return UrdbReader(options).Read(text, record);
}

}  // namespace costs::catalog
