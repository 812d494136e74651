#include "service/catalog/element_reader.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "service/catalog/catalog_time.h"
#include "service/catalog/schedule_reader.h"
#include "service/catalog/series_reader.h"

namespace costs::catalog {
namespace {

using engine::TariffElement;
using Kind = JsonNode::Kind;

constexpr absl::string_view kDirections = "IMPORT, EXPORT or LOCAL";
constexpr absl::string_view kTypes = "COMMODITY or NON_COMMODITY";
constexpr absl::string_view kDateWanted = "an RFC 3339 time in whole seconds, such as 2023-01-24T00:00:00Z";

void ReadId(ObjectReader* reader, TariffElement* element) {
  const absl::optional<absl::string_view> id = reader->RequiredString("id", kIdWanted);
  if (!id) return;
  if (!IsId(*id)) reader->Fault("id", absl::StrCat("is ", Quoted(*id), "; write ", kIdWanted));
  element->id = std::string(*id);
}

void ReadDirection(ObjectReader* reader, TariffElement* element) {
  const absl::optional<absl::string_view> direction = reader->RequiredString("direction", kDirections);
  if (!direction) return;
  if (*direction == "IMPORT") {
    element->tariff_rate = engine::TariffRate::kImport;
  } else if (*direction == "EXPORT") {
    element->tariff_rate = engine::TariffRate::kExport;
  } else if (*direction == "LOCAL") {
    element->tariff_rate = engine::TariffRate::kLocal;
  } else {
    reader->Fault("direction", absl::StrCat("is ", Quoted(*direction), "; write ", kDirections));
  }
}

void ReadType(ObjectReader* reader, TariffElement* element) {
  const absl::optional<absl::string_view> type = reader->RequiredString("type", kTypes);
  if (!type) return;
  if (*type == "COMMODITY") {
    element->type = engine::ElementType::kCommodity;
  } else if (*type == "NON_COMMODITY") {
    element->type = engine::ElementType::kNonCommodity;
  } else {
    reader->Fault("type", absl::StrCat("is ", Quoted(*type), "; write ", kTypes));
  }
}

void ReadCurrency(ObjectReader* reader, TariffElement* element) {
  const absl::optional<absl::string_view> currency =
      reader->RequiredString("currency_code", "an ISO 4217 code in capitals, such as GBP");
  if (!currency) return;
  if (!IsCurrencyCode(*currency)) {
    reader->Fault("currency_code",
                  absl::StrCat("is ", Quoted(*currency), "; write an ISO 4217 code in capitals, such as GBP"));
  }
  element->currency_code = std::string(*currency);
}

absl::optional<engine::Instant> ReadDate(ObjectReader* reader, absl::string_view name) {
  const absl::optional<absl::string_view> text = reader->OptionalString(name, kDateWanted);
  if (!text) return absl::nullopt;
  const absl::optional<engine::Instant> date = ParseCatalogTime(*text);
  if (!date) reader->Fault(name, absl::StrCat("is ", Quoted(*text), "; write ", kDateWanted));
  return date;
}

void ReadContract(ObjectReader* reader, TariffElement* element) {
  const absl::optional<engine::Instant> start = ReadDate(reader, "contract_start_date");
  const absl::optional<engine::Instant> end = ReadDate(reader, "contract_end_date");
  // Beyond what the engine prices, a date makes no difference.
  if (start) element->contract_start = std::max(*start, engine::kEarliest);
  if (end) element->contract_end = std::min(*end, engine::kLatest);
  if (start && end && *end <= *start) reader->Fault("contract_end_date", "must be after contract_start_date");
}

// False where the series is there but faulty, so that the element cannot be made.
bool ReadMarket(ObjectReader* reader, bool market_rates, const MarketSeriesById& markets, TariffElement* element) {
  constexpr absl::string_view kWanted = "the name of a file in market/, without .csv";
  if (!market_rates) {
    if (reader->OptionalString("market_series", kWanted)) {
      reader->Fault("market_series", "goes with market_rates true; set that, or remove this");
    }
    return true;
  }
  const absl::optional<absl::string_view> id = reader->RequiredString("market_series", kWanted);
  if (!id) return true;
  auto found = markets.find(*id);
  if (found == markets.end()) {
    reader->Fault("market_series",
                  absl::StrCat("is ", Quoted(*id), ", but there is no such file in market/; write ", kWanted));
    return true;
  }
  element->market = found->second;
  if (element->market == nullptr) return false;
  if (!element->currency_code.empty() && element->market->currency_code() != element->currency_code) {
    reader->Fault("market_series", absl::StrCat("is in ", element->market->currency_code(), ", but the element is in ",
                                                element->currency_code, "; both must have the same currency"));
  }
  return true;
}

void ReadElementSchedule(ObjectReader* reader, bool market_rates, absl::string_view file, FaultLog* faults,
                         TariffElement* element) {
  constexpr absl::string_view kWanted = "an array of seasons (it may be left out with market_rates true)";
  const JsonNode* schedule = market_rates ? reader->Optional("schedule", Kind::kArray, kWanted)
                                          : reader->Required("schedule", Kind::kArray, kWanted);
  if (schedule == nullptr) return;
  element->schedule = ReadSchedule(*schedule, market_rates ? RateKind::kSurcharge : RateKind::kFixed, file, faults);
}

}  // namespace

std::shared_ptr<const TariffElement> ReadElement(const JsonNode& node, absl::string_view file,
                                                 const MarketSeriesById& markets, FaultLog* faults) {
  const size_t faults_before = faults->count();
  ObjectReader reader(node, file, faults);
  auto element = std::make_shared<TariffElement>();
  ReadId(&reader, element.get());
  ReadDirection(&reader, element.get());
  ReadType(&reader, element.get());
  const absl::optional<absl::string_view> name = reader.OptionalString("display_name", "a text for people");
  element->display_name = std::string(name.value_or(""));
  ReadCurrency(&reader, element.get());
  element->vat_included =
      reader.RequiredBool("vat_included", "true or false: whether the rates include value added tax").value_or(false);
  const bool market_rates = reader.OptionalBool("market_rates", "true or false").value_or(false);
  const bool market_known = ReadMarket(&reader, market_rates, markets, element.get());
  ReadContract(&reader, element.get());
  ReadElementSchedule(&reader, market_rates, file, faults, element.get());
  reader.RefuseOthers();
  if (faults->count() != faults_before || !market_known) return nullptr;
  if (const absl::Status status = engine::CheckElement(*element); !status.ok()) {
    AddFault(node, file, status.message(), faults);
    return nullptr;
  }
  return element;
}

bool IsId(absl::string_view text) {
  if (text.empty() || text.size() > 64 || text[0] == '.') return false;
  return absl::c_all_of(text,
                        [](unsigned char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.'; });
}

}  // namespace costs::catalog
