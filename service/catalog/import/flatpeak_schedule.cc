#include "service/catalog/import/flatpeak_schedule.h"

#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/engine/time.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::catalog {
namespace {

namespace pb = energy::costs::v1;
using engine::Decimal;
using Kind = JsonNode::Kind;

// The API's own limit; what is over it is refused before it takes memory.
constexpr size_t kMostEntries = 1000;
constexpr size_t kMostHours = 200;
constexpr size_t kMostTiers = 20;
constexpr absl::string_view kMidnight = "00:00:00";

constexpr absl::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
                                         "Aug", "Sep", "Oct", "Nov", "Dec", "All"};
constexpr absl::string_view kDays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat",     "Sun",     "1",  "2",
                                       "3",   "4",   "5",   "6",   "7",   "Weekday", "Weekend", "All"};

// What the other service sets, and what it is no use to import.
constexpr absl::string_view kSetByService[] = {"id",     "object",   "live_mode",    "is_linked", "connection_type",
                                               "status", "timezone", "time_created", "account_id"};
constexpr absl::string_view kMembers[] = {
    "location_id",         "direction",         "type",     "display_name", "provider_id", "market_rates",
    "contract_start_date", "contract_end_date", "schedule", "data"};

bool IsNull(const JsonNode* node) { return node == nullptr || node->kind() == Kind::kNull; }

// "HH:MM:SS", as the API writes it.
bool IsTime(absl::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return false;
  for (const size_t i : {0, 1, 3, 4, 6, 7}) {
    if (!absl::ascii_isdigit(text[i])) return false;
  }
  return text.substr(0, 2) <= "23" && text.substr(3, 2) <= "59" && text.substr(6, 2) <= "59";
}

class FlatpeakReader {
 public:
  explicit FlatpeakReader(const FlatpeakOptions& options) : options_(options), import_(options.tariff) {}

  absl::StatusOr<ImportedTariff> Read(absl::string_view text) {
    const absl::optional<JsonDocument> document = import_.Parse(text);
    if (document && import_.ok()) ReadRoot(document->root());
    if (!import_.ok()) return import_.ToStatus();
    ImportedTariff tariff;
    tariff.elements.push_back(std::move(element_));
    tariff.findings = import_.TakeFindings();
    return tariff;
  }

 private:
  void Malformed(const JsonNode& node, absl::string_view what) {
    import_.Refuse(RefusalReason::kMalformed, node, what);
  }

  void ReadRoot(const JsonNode& root) {
    element_.set_id(options_.tariff.id);
    element_.set_currency_code(options_.tariff.currency_code);
    const JsonNode* schedule = &root;
    if (root.kind() == Kind::kObject) {
      schedule = ReadElement(root);
    }
    SetDirection();
    SetType();
    SetMarket(root);
    if (schedule == nullptr) {
      if (!element_.market_rates()) Malformed(root, "has no schedule; it may be left out with market_rates only");
      return;
    }
    ReadSchedule(*schedule);
  }

  // The schedule among its members; null where there is none.
  const JsonNode* ReadElement(const JsonNode& root) {
    for (const JsonNode* member : root.elements()) {
      if (import_.full()) return nullptr;
      if (absl::c_linear_search(kMembers, member->name()) || absl::c_linear_search(kSetByService, member->name()))
        continue;
      Unknown(*member, absl::StrJoin(kMembers, ", "));
    }
    element_.set_location_id(Text(root, "location_id"));
    element_.set_display_name(Text(root, "display_name"));
    element_.set_provider_id(Text(root, "provider_id"));
    direction_ = root.Find("direction");
    type_ = root.Find("type");
    const JsonNode* market_rates = root.Find("market_rates");
    if (!IsNull(market_rates)) {
      if (market_rates->kind() != Kind::kBool) Malformed(*market_rates, "is neither true nor false");
      element_.set_market_rates(market_rates->boolean());
    }
    ReadDate(root, "contract_start_date", [this] { return element_.mutable_contract_start_date(); });
    ReadDate(root, "contract_end_date", [this] { return element_.mutable_contract_end_date(); });
    if (element_.has_contract_start_date() && element_.has_contract_end_date() &&
        element_.contract_end_date().seconds() <= element_.contract_start_date().seconds()) {
      import_.Refuse(RefusalReason::kDate, *root.Find("contract_end_date"), "is not after contract_start_date");
    }
    const JsonNode* schedule = root.Find("schedule");
    const JsonNode* data = root.Find("data");
    if (!IsNull(schedule) && !IsNull(data)) Malformed(*data, "is a schedule beside `schedule`; keep one");
    return !IsNull(schedule) ? schedule : IsNull(data) ? nullptr : data;
  }

  void Unknown(const JsonNode& node, absl::string_view known) {
    import_.Refuse(RefusalReason::kUnknownField, node,
                   absl::StrCat("is not known in this format, and might carry money; known: ", known));
  }

  std::string Text(const JsonNode& object, absl::string_view name) {
    const JsonNode* node = object.Find(name);
    if (IsNull(node)) return "";
    if (node->kind() != Kind::kString)
      Malformed(*node, absl::StrCat("is ", KindName(node->kind()), "; write a string"));
    return std::string(node->text());
  }

  template <typename Field>
  void ReadDate(const JsonNode& root, absl::string_view name, Field field) {
    const JsonNode* node = root.Find(name);
    if (IsNull(node)) return;
    constexpr absl::string_view kWanted =
        "an RFC 3339 time from 1970 to 2100 in whole seconds, such as 2023-01-24T00:00:00Z";
    const absl::StatusOr<rfc3339::Time> time =
        node->kind() == Kind::kString ? rfc3339::Parse(node->text()) : absl::InvalidArgumentError("");
    constexpr int64_t kEarliest = engine::kEarliest.ns / engine::kNanosPerSecond;
    constexpr int64_t kLatest = engine::kLatest.ns / engine::kNanosPerSecond;
    if (!time.ok() || time->nanos != 0 || time->seconds < kEarliest || time->seconds > kLatest) {
      return import_.Refuse(RefusalReason::kDate, *node, absl::StrCat("is not ", kWanted));
    }
    field()->set_seconds(time->seconds);
  }

  void SetDirection() {
    pb::TariffRate::Value direction = options_.direction;
    if (!IsNull(direction_)) {
      if (direction_->kind() != Kind::kString ||
          !pb::TariffRate::Value_Parse(std::string(direction_->text()), &direction) ||
          direction == pb::TariffRate::UNSPECIFIED) {
        Malformed(*direction_, "is no direction; write IMPORT, EXPORT or LOCAL");
      }
    } else if (direction == pb::TariffRate::UNSPECIFIED) {
      import_.RefuseField(RefusalReason::kMalformed, "direction", "is not in the file; give IMPORT, EXPORT or LOCAL");
    }
    element_.set_direction(direction);
  }

  void SetType() {
    pb::ElementType::Value type = options_.type;
    if (!IsNull(type_)) {
      if (type_->kind() != Kind::kString || !pb::ElementType::Value_Parse(std::string(type_->text()), &type) ||
          type == pb::ElementType::UNSPECIFIED) {
        Malformed(*type_, "is no type; write COMMODITY or NON_COMMODITY");
      }
    } else if (type == pb::ElementType::UNSPECIFIED) {
      import_.RefuseField(RefusalReason::kMalformed, "type", "is not in the file; give COMMODITY or NON_COMMODITY");
    }
    element_.set_type(type);
  }

  void SetMarket(const JsonNode& root) {
    if (!element_.market_rates()) return;
    if (options_.market_series.empty()) Malformed(root, "has market_rates, but no market series is given; give one");
    element_.set_market_series(options_.market_series);
  }

  // The elements of an array of at most `most`; none, with a fault, otherwise.
  const std::vector<const JsonNode*>& Entries(const JsonNode* node, const JsonNode& object, absl::string_view name,
                                              size_t most) {
    static const auto* const kNone = new std::vector<const JsonNode*>;
    if (IsNull(node)) {
      Malformed(object, absl::StrCat("has no ", name));
    } else if (node->kind() != Kind::kArray || node->elements().empty()) {
      Malformed(*node, "is no array with at least one entry");
    } else if (node->elements().size() > most) {
      Malformed(*node, absl::StrCat("has ", node->elements().size(), " entries; at most ", most, " are read"));
    } else {
      return node->elements();
    }
    return *kNone;
  }

  bool CheckMembers(const JsonNode& node, const std::vector<absl::string_view>& known) {
    if (node.kind() != Kind::kObject) {
      Malformed(node, absl::StrCat("is ", KindName(node.kind()), "; write an object"));
      return false;
    }
    for (const JsonNode* member : node.elements()) {
      if (import_.full()) return false;
      if (!absl::c_linear_search(known, member->name())) Unknown(*member, absl::StrJoin(known, ", "));
    }
    return true;
  }

  void ReadSchedule(const JsonNode& schedule) {
    for (const JsonNode* node : Entries(&schedule, schedule, "schedule", kMostEntries)) {
      if (import_.full()) return;
      if (!CheckMembers(*node, {"months", "days_and_hours"})) continue;
      pb::TariffSchedule* entry = element_.add_schedule();
      ReadNames(node->Find("months"), kMonths, [entry](std::string name) { entry->add_months(std::move(name)); });
      for (const JsonNode* days : Entries(node->Find("days_and_hours"), *node, "days_and_hours", kMostEntries)) {
        if (import_.full()) return;
        ReadDays(*days, entry);
      }
    }
  }

  template <size_t N, typename Add>
  void ReadNames(const JsonNode* names, const absl::string_view (&known)[N], Add add) {
    if (IsNull(names)) return;
    if (names->kind() != Kind::kArray) return Malformed(*names, "is no array of names");
    for (const JsonNode* name : names->elements()) {
      if (import_.full()) return;
      const bool is_text = name->kind() == Kind::kString || name->kind() == Kind::kNumber;
      if (is_text && absl::c_linear_search(known, name->text())) {
        add(std::string(name->text()));
      } else {
        import_.Refuse(RefusalReason::kScheduleShape, *name,
                       absl::StrCat("is ", is_text ? Quoted(name->text()) : std::string(KindName(name->kind())),
                                    "; known: ", absl::StrJoin(known, ", ")));
      }
    }
  }

  void ReadDays(const JsonNode& node, pb::TariffSchedule* entry) {
    if (!CheckMembers(node, {"days", "hours"})) return;
    pb::ScheduleDays* days = entry->add_days_and_hours();
    ReadNames(node.Find("days"), kDays, [days](std::string name) { days->add_days(std::move(name)); });
    for (const JsonNode* hours : Entries(node.Find("hours"), node, "hours", kMostHours)) {
      if (import_.full()) return;
      ReadHours(*hours, days);
    }
  }

  void ReadHours(const JsonNode& node, pb::ScheduleDays* days) {
    if (!CheckMembers(node, {"valid_from", "valid_to", "rate"})) return;
    const absl::optional<std::string> from = ReadTime(node, "valid_from");
    const absl::optional<std::string> to = ReadTime(node, "valid_to");
    pb::ScheduleHours hours;
    for (const JsonNode* rate : Entries(node.Find("rate"), node, "rate", kMostTiers)) ReadRate(*rate, hours.add_rate());
    if (!from || !to) return;
    hours.set_valid_from(*from);
    hours.set_valid_to(*to);
    if (*to == kMidnight || *from < *to) {
      *days->add_hours() = std::move(hours);
      return;
    }
    if (*from == *to) {
      import_.Refuse(RefusalReason::kScheduleShape, node,
                     "ends when it starts; for a whole day write 00:00:00 in both, otherwise a later valid_to");
      return;
    }
    import_.Note(node, absl::StrCat("goes over midnight (", *from, " to ", *to,
                                    "): taken as both ends of each of its days, not as the morning after"));
    pb::ScheduleHours* morning = days->add_hours();
    *morning = hours;
    morning->set_valid_from(std::string(kMidnight));
    hours.set_valid_to(std::string(kMidnight));
    *days->add_hours() = std::move(hours);
  }

  absl::optional<std::string> ReadTime(const JsonNode& hours, absl::string_view name) {
    const JsonNode* node = hours.Find(name);
    if (IsNull(node)) return std::string(kMidnight);
    if (node->kind() == Kind::kString && IsTime(node->text())) return std::string(node->text());
    import_.Refuse(RefusalReason::kScheduleShape, *node, "is no time of a day; write HH:MM:SS, 00:00:00 to 23:59:59");
    return absl::nullopt;
  }

  void ReadRate(const JsonNode& node, pb::ScheduleRate* rate) {
    if (!CheckMembers(node, {"fixed", "to_kwh", "surcharge_fixed", "surcharge_percentage"})) return;
    if (const absl::optional<double> fixed = Number(node, "fixed")) {
      rate->set_fixed(*fixed);
    } else if (!element_.market_rates()) {
      import_.Refuse(RefusalReason::kPeriodWithoutRate, node, "has no fixed rate; it is required without market_rates");
    }
    if (const absl::optional<double> to_kwh = Number(node, "to_kwh")) rate->set_to_kwh(*to_kwh);
    if (const absl::optional<double> fixed = Number(node, "surcharge_fixed")) rate->set_surcharge_fixed(*fixed);
    if (const absl::optional<double> percent = Number(node, "surcharge_percentage"))
      rate->set_surcharge_percentage(*percent);
  }

  absl::optional<double> Number(const JsonNode& object, absl::string_view name) {
    const JsonNode* node = object.Find(name);
    if (IsNull(node)) return absl::nullopt;
    const absl::optional<Decimal> value = import_.Exact(*node);
    return value ? import_.ForDocument(*value, node->Path()) : absl::nullopt;
  }

  const FlatpeakOptions& options_;
  TariffImport import_;
  pb::TariffElement element_;
  const JsonNode* direction_ = nullptr;
  const JsonNode* type_ = nullptr;
};

}  // namespace

absl::StatusOr<ImportedTariff> ImportFlatpeakSchedule(absl::string_view text, const FlatpeakOptions& options) {
  return FlatpeakReader(options).Read(text);
}

}  // namespace costs::catalog
