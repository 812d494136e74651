#include "service/catalog/documents.h"

#include <cmath>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/countries.h"
#include "service/catalog/document_fields.h"
#include "service/catalog/document_schedule.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/names.h"
#include "service/catalog/violations.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;

constexpr size_t kLongestText = 256;  // bytes
constexpr size_t kLongestPostCode = 64;
constexpr size_t kLongestName = 64;  // characters
constexpr int kLastAnchorDay = 31;

void CheckAddress(const pb::PostalAddress& address, const FieldPath& path, Violations* faults) {
  CheckBytes(address.address_line1(), kLongestText, path.Field("address_line1"), faults);
  CheckBytes(address.address_line2(), kLongestText, path.Field("address_line2"), faults);
  CheckBytes(address.city(), kLongestText, path.Field("city"), faults);
  CheckBytes(address.state(), kLongestText, path.Field("state"), faults);
  CheckBytes(address.post_code(), kLongestPostCode, path.Field("post_code"), faults);
  if (!address.country_code().empty() && !IsCountry(address.country_code())) {
    faults->Add(path.Field("country_code"), absl::StrCat("is ", Quoted(address.country_code()),
                                                         "; write an ISO 3166-1 alpha-2 code in capitals, such as GB"));
  }
}

void CheckDegrees(bool has, double value, double most, const FieldPath& path, Violations* faults) {
  if (!has) {
    faults->Add(path, absl::StrCat("is required; write degrees from ", -most, " to ", most));
  } else if (!(std::fabs(value) <= most)) {
    faults->Add(path, absl::StrCat("must be degrees from ", -most, " to ", most));
  }
}

void CheckTariffElements(const pb::Location& location, const FieldPath& path, Violations* faults) {
  if (location.tariff_elements_size() > kMostTariffElements) {
    faults->Add(path, absl::StrCat("has ", location.tariff_elements_size(), " entries; at most ", kMostTariffElements,
                                   " are allowed"));
    return;
  }
  absl::flat_hash_set<absl::string_view> named;
  for (int i = 0; i < location.tariff_elements_size(); ++i) {
    const std::string& id = location.tariff_elements(i);
    const FieldPath at = path.At(i);
    if (!IsId(id)) {
      faults->Add(at, absl::StrCat("is ", Quoted(id), "; write an element's id: ", kIdWanted));
    } else if (!named.insert(id).second) {
      faults->Add(at, absl::StrCat("is ", Quoted(id), ", which is in this list already; keep one"));
    }
  }
}

void CheckDirectionAndType(const pb::TariffElement& element, const FieldPath& root, Violations* faults) {
  if (element.direction() == pb::TariffRate::UNSPECIFIED || !pb::TariffRate::Value_IsValid(element.direction())) {
    faults->Add(root.Field("direction"), "is required; write IMPORT, EXPORT or LOCAL");
  }
  if (element.type() == pb::ElementType::UNSPECIFIED || !pb::ElementType::Value_IsValid(element.type())) {
    faults->Add(root.Field("type"), "is required; write COMMODITY or NON_COMMODITY");
  }
}

void CheckMarket(const pb::TariffElement& element, const FieldPath& root, Violations* faults) {
  const FieldPath path = root.Field("market_series");
  if (!element.market_rates()) {
    if (!element.market_series().empty()) {
      faults->Add(path, "goes with market_rates true; set that, or leave this out");
    }
  } else if (element.market_series().empty()) {
    faults->Add(path, "is required with market_rates; name the series that it follows");
  } else {
    CheckId(element.market_series(), path, faults);
  }
}

struct Contract {
  engine::Instant start = engine::kEarliest;
  std::optional<engine::Instant> end;
};

// Beyond what the engine prices, a date makes no difference.
Contract ReadContract(const pb::TariffElement& element, const FieldPath& root, Violations* faults) {
  Contract contract;
  absl::optional<engine::Instant> start = engine::kEarliest, end;
  if (element.has_contract_start_date()) {
    start = ReadSecond(element.contract_start_date(), root.Field("contract_start_date"), faults);
  }
  const FieldPath end_path = root.Field("contract_end_date");
  if (element.has_contract_end_date()) end = ReadSecond(element.contract_end_date(), end_path, faults);
  if (!start) return contract;
  contract.start = std::min(std::max(*start, engine::kEarliest), engine::kLatest);
  if (!end || contract.start == engine::kLatest) return contract;
  if (*end <= contract.start) {
    faults->Add(end_path, "must be after contract_start_date (1970-01-01T00:00:00Z where that is left out)");
    return contract;
  }
  contract.end = std::min(*end, engine::kLatest);
  return contract;
}

engine::TierWindow ReadWindow(const pb::TariffElement& element, const FieldPath& root, Violations* faults) {
  engine::TierWindow window;
  switch (element.tier_window()) {
    case pb::TierWindow::UNSPECIFIED:
    case pb::TierWindow::CALENDAR_MONTH:
      break;
    case pb::TierWindow::DAY:
      window.kind = engine::TierWindow::Kind::kDay;
      break;
    case pb::TierWindow::BILLING_CYCLE:
      window.kind = engine::TierWindow::Kind::kBillingCycle;
      break;
    default:
      faults->Add(root.Field("tier_window"), "must be CALENDAR_MONTH, DAY or BILLING_CYCLE");
  }
  const FieldPath anchor = root.Field("billing_anchor_day");
  if (element.billing_anchor_day() < 0 || element.billing_anchor_day() > kLastAnchorDay) {
    faults->Add(anchor, absl::StrCat("is ", element.billing_anchor_day(), "; it must be 1 to ", kLastAnchorDay));
  } else if (element.billing_anchor_day() != 0 && element.tier_window() != pb::TierWindow::BILLING_CYCLE) {
    faults->Add(anchor, "goes with tier_window BILLING_CYCLE; set that, or leave this out");
  } else if (element.billing_anchor_day() != 0) {
    window.anchor_day = element.billing_anchor_day();
  }
  const FieldPath unit = root.Field("tier_unit");
  if (!pb::TierUnit::Value_IsValid(element.tier_unit())) {
    faults->Add(unit, "must be KWH or KWH_DAILY");
  } else if (element.tier_unit() == pb::TierUnit::KWH_DAILY && element.tier_window() == pb::TierWindow::DAY) {
    faults->Add(unit, "KWH_DAILY means nothing with tier_window DAY; write KWH");
  }
  return window;
}

// Null where the element has none, or with a fault.
std::shared_ptr<const engine::Schedule> ReadElementSchedule(const pb::TariffElement& element, const FieldPath& root,
                                                            Violations* faults) {
  const FieldPath path = root.Field("schedule");
  if (element.schedule().empty()) {
    if (!element.market_rates()) {
      faults->Add(path, "is required without market_rates; write the rates by month, day and hour");
    }
    return nullptr;
  }
  const size_t before = faults->count();
  const ReadScheduleResult result =
      ReadSchedule(element, element.market_rates() ? RateKind::kSurcharge : RateKind::kFixed, path, faults);
  if (faults->count() != before) return nullptr;
  absl::StatusOr<engine::Schedule> schedule = engine::Schedule::Create(result.seasons);
  if (!schedule.ok()) {
    faults->Add(path, absl::StrCat("is not right: ", schedule.status().message()));
    return nullptr;
  }
  return std::make_shared<const engine::Schedule>(*std::move(schedule));
}

void CheckElementNames(const pb::TariffElement& element, const FieldPath& root, Violations* faults) {
  CheckId(element.id(), root.Field("id"), faults);
  CheckId(element.location_id(), root.Field("location_id"), faults);
  CheckBytes(element.display_name(), kLongestText, root.Field("display_name"), faults);
  CheckCharacters(element.provider_id(), kLongestName, root.Field("provider_id"), faults);
  CheckCurrency(element.currency_code(), root.Field("currency_code"), faults);
  if (element.currency_code().empty() && element.location_id().empty()) {
    faults->Add(root.Field("currency_code"),
                absl::StrCat("is required for an element that belongs to no location; write ", kCurrencyWanted));
  }
  CheckId(element.special_day_calendar(), root.Field("special_day_calendar"), faults);
  CheckId(element.supersedes(), root.Field("supersedes"), faults);
  if (!element.supersedes().empty() && element.supersedes() == element.id()) {
    faults->Add(root.Field("supersedes"), "is the element's own id; name the element that it takes over from");
  }
}

}  // namespace

std::vector<FieldViolation> CheckLocation(const pb::Location& location) {
  Violations faults;
  const FieldPath root;
  CheckId(location.id(), root.Field("id"), &faults);
  CheckBytes(location.reference_id(), kLongestText, root.Field("reference_id"), &faults);
  CheckCharacters(location.customer_id(), kLongestName, root.Field("customer_id"), &faults);
  if (location.timezone().empty()) {
    faults.Add(root.Field("timezone"), absl::StrCat("is required where postal_address names no country, or one with ",
                                                    "several zones; write ", kTimeZoneWanted));
  } else if (!IsTimeZone(location.timezone())) {
    faults.Add(root.Field("timezone"), absl::StrCat("is ", Quoted(location.timezone()), "; write ", kTimeZoneWanted));
  }
  if (location.currency_code().empty()) {
    faults.Add(root.Field("currency_code"),
               absl::StrCat("is required where postal_address names no country; write ", kCurrencyWanted));
  }
  CheckCurrency(location.currency_code(), root.Field("currency_code"), &faults);
  if (location.has_postal_address()) {
    CheckAddress(location.postal_address(), root.Field("postal_address"), &faults);
  }
  if (location.has_geo_location()) {
    const FieldPath geo = root.Field("geo_location");
    CheckDegrees(location.geo_location().has_lat(), location.geo_location().lat(), 90, geo.Field("lat"), &faults);
    CheckDegrees(location.geo_location().has_lng(), location.geo_location().lng(), 180, geo.Field("lng"), &faults);
  }
  CheckTariffElements(location, root.Field("tariff_elements"), &faults);
  CheckId(location.carbon_region(), root.Field("carbon_region"), &faults);
  return faults.list();
}

std::vector<FieldViolation> CheckDevice(const pb::Device& device) {
  Violations faults;
  const FieldPath root;
  CheckId(device.id(), root.Field("id"), &faults);
  CheckBytes(device.reference_id(), kLongestText, root.Field("reference_id"), &faults);
  return faults.list();
}

std::vector<FieldViolation> CheckElement(const pb::TariffElement& element) {
  Violations faults;
  const FieldPath root;
  CheckElementNames(element, root, &faults);
  CheckDirectionAndType(element, root, &faults);
  CheckMarket(element, root, &faults);
  ReadContract(element, root, &faults);
  ReadWindow(element, root, &faults);
  ReadElementSchedule(element, root, &faults);
  return faults.list();
}

void SetLocationDefaults(pb::Location* location) {
  const std::string& country = location->postal_address().country_code();
  if (location->timezone().empty()) location->set_timezone(OnlyTimeZoneOf(country));
  if (location->currency_code().empty()) location->set_currency_code(CurrencyOf(country));
}

LocationSpec SpecOf(const pb::Location& location) {
  LocationSpec spec;
  spec.id = location.id();
  spec.timezone = location.timezone();
  spec.currency_code = location.currency_code();
  spec.carbon_region = location.carbon_region();
  spec.tariff_elements.assign(location.tariff_elements().begin(), location.tariff_elements().end());
  return spec;
}

absl::StatusOr<std::shared_ptr<const engine::TariffElement>> BuildElement(const pb::TariffElement& document,
                                                                          const ElementParts& parts) {
  Violations faults;
  const FieldPath root;
  auto element = std::make_shared<engine::TariffElement>();
  element->id = document.id();
  element->tariff_rate = static_cast<engine::TariffRate>(document.direction());
  element->type = document.type() == pb::ElementType::COMMODITY ? engine::ElementType::kCommodity
                                                                : engine::ElementType::kNonCommodity;
  element->display_name = document.display_name();
  element->vat_included = document.vat_included();
  element->currency_code = document.currency_code();
  element->market = parts.market;
  element->schedule = ReadElementSchedule(document, root, &faults);
  element->special_days = parts.special_days;
  element->tier_window = ReadWindow(document, root, &faults);
  element->tier_unit =
      document.tier_unit() == pb::TierUnit::KWH_DAILY ? engine::TierUnit::kKwhDaily : engine::TierUnit::kKwh;
  const Contract contract = ReadContract(document, root, &faults);
  element->contract_start = contract.start;
  element->contract_end = contract.end;
  element->supersedes = document.supersedes();
  if (!faults.empty()) return Invalid(faults.list());
  if (absl::Status status = engine::CheckElement(*element); !status.ok()) {
    return Invalid({{"schedule", absl::StrCat("cannot be priced: ", status.message())}});
  }
  return std::shared_ptr<const engine::TariffElement>(std::move(element));
}

}  // namespace costs::catalog
