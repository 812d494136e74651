// Prices readings with a tariff file, as the service would: importer, documents,
// engine. For the tests beside it, which know what must come out.
//
//   price_readings FORMAT FILE ZONE DIRECTION LEAVE_OUT segments|sums < readings
//
// FORMAT: ratebook, urdb. DIRECTION: IMPORT, EXPORT. LEAVE_OUT: reasons with
// commas between, or "-". A line for each reading:
//   START END KWH BEFORE     seconds since 1970, kWh, kWh used before it in its month
// Prints "refused REASON FIELD" for each fault; or "imported" and a line for each
// reading:
//   MICROS CONFIDENCE [RATE:MICROS:WH...]    cost, confidence in thousandths, segments
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/documents.h"
#include "service/catalog/import/ratebook.h"
#include "service/catalog/import/tariff_import.h"
#include "service/catalog/import/urdb.h"
#include "service/catalog/refusal.h"
#include "service/engine/breakdown.h"
#include "service/engine/decimal.h"
#include "service/engine/price_timeline.h"
#include "service/engine/tiered_pricing.h"

namespace costs {
namespace {

namespace pb = energy::costs::v1;

struct Arguments {
  std::string format, file;
  pb::TariffRate::Value direction;
  catalog::TariffImportOptions options;
  bool segments = false;
};

absl::StatusOr<Arguments> Parse(const std::vector<std::string>& args) {
  if (args.size() != 6) return absl::InvalidArgumentError("FORMAT FILE ZONE DIRECTION LEAVE_OUT segments|sums");
  Arguments arguments;
  arguments.format = args[0];
  arguments.file = args[1];
  arguments.options.id = "trf_test";
  if (!absl::LoadTimeZone(args[2], &arguments.options.timezone)) return absl::InvalidArgumentError("no such zone");
  if (!pb::TariffRate::Value_Parse(args[3], &arguments.direction))
    return absl::InvalidArgumentError("no such direction");
  for (const absl::string_view name : absl::StrSplit(args[4], ',')) {
    if (name == "-") continue;
    const auto reason = catalog::ParseRefusalReason(name);
    if (!reason) return absl::InvalidArgumentError(absl::StrCat("no such reason: ", name));
    arguments.options.leave_out.insert(*reason);
  }
  arguments.segments = args[5] == "segments";
  return arguments;
}

// What nobody may see of an importer: a document that the catalog refuses.
absl::Status CheckDocuments(const catalog::ImportedTariff& tariff) {
  for (const pb::TariffElement& element : tariff.elements) {
    const auto faults = catalog::CheckElement(element);
    if (!faults.empty()) return absl::InternalError(absl::StrCat(faults[0].field, " ", faults[0].description));
  }
  for (const pb::SpecialDayCalendar& calendar : tariff.calendars) {
    const auto faults = catalog::CheckCalendar(calendar);
    if (!faults.empty()) return absl::InternalError(absl::StrCat(faults[0].field, " ", faults[0].description));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const engine::PriceTimeline>> Compile(const catalog::ImportedTariff& tariff,
                                                                     const Arguments& arguments) {
  catalog::ElementParts parts;
  if (!tariff.calendars.empty()) {
    auto calendar = catalog::BuildCalendar(tariff.calendars[0]);
    if (!calendar.ok()) return calendar.status();
    parts.special_days = *std::move(calendar);
  }
  std::vector<std::shared_ptr<const engine::TariffElement>> elements;
  for (const pb::TariffElement& document : tariff.elements) {
    if (document.direction() != arguments.direction) continue;
    auto element = catalog::BuildElement(document, parts);
    if (!element.ok()) return element.status();
    elements.push_back(*std::move(element));
  }
  if (elements.empty()) return absl::NotFoundError("no element of that direction");
  return engine::PriceTimeline::Create(std::move(elements), arguments.options.timezone);
}

engine::Int128 AtScale(const std::string& text, int scale) {
  const absl::StatusOr<engine::Decimal> value = engine::Decimal::Parse(text);
  if (!value.ok()) {
    std::cerr << value.status() << "\n";
    std::exit(2);
  }
  return value->UnitsAtScale(scale);
}

void PriceReading(const std::string& line, const engine::PriceTimeline& prices, bool segments) {
  const std::vector<std::string> fields = absl::StrSplit(line, ' ');
  engine::Usage usage;
  usage.units = engine::Units::kKwh;
  usage.value_micros = static_cast<int64_t>(AtScale(fields.at(2), 9) / 1000);
  usage.interval = {engine::Instant::FromSeconds(std::stoll(fields.at(0))),
                    engine::Instant::FromSeconds(std::stoll(fields.at(1)))};
  // kWh to nano-Wh: a thousand, and nine digits.
  const std::vector<engine::Int128> before(prices.windows().size(), AtScale(fields.at(3), 9) * 1000);
  const engine::TieredCost cost = engine::CostWithTiers(usage, prices, before);
  if (!cost.known) {
    std::cout << "unknown\n";
    return;
  }
  std::cout << static_cast<int64_t>(cost.cost) << " " << cost.confidence;
  std::vector<engine::BreakdownSegment> cut;
  if (segments) cut = engine::BreakDown(usage, &prices, nullptr, 10'000, before);
  for (const engine::BreakdownSegment& segment : cut) {
    char rate[64];
    std::snprintf(rate, sizeof(rate), "%.9g", segment.shares.at(0).rate);
    std::cout << " " << rate << ":" << static_cast<int64_t>(*segment.cost) << ":" << segment.energy_wh;
  }
  std::cout << "\n";
}

int Main(const std::vector<std::string>& args) {
  const absl::StatusOr<Arguments> arguments = Parse(args);
  if (!arguments.ok()) {
    std::cerr << arguments.status().message() << "\n";
    return 2;
  }
  std::ifstream file(arguments->file);
  std::stringstream text;
  text << file.rdbuf();
  const absl::StatusOr<catalog::ImportedTariff> tariff = arguments->format == "urdb"
                                                             ? catalog::ImportUrdb(text.str(), arguments->options)
                                                             : catalog::ImportRatebook(text.str(), arguments->options);
  if (!tariff.ok()) {
    for (const catalog::FieldViolation& fault : catalog::ViolationsOf(tariff.status())) {
      const auto reason = catalog::ReasonOfFault(fault);
      std::cout << "refused " << (reason ? catalog::RefusalReasonName(*reason) : "?") << " " << fault.field << "\n";
    }
    return 0;
  }
  if (const absl::Status status = CheckDocuments(*tariff); !status.ok()) {
    std::cerr << status << "\n";
    return 1;
  }
  const auto prices = Compile(*tariff, *arguments);
  if (!prices.ok()) {
    std::cerr << prices.status() << "\n";
    return 1;
  }
  std::cout << "imported\n";
  for (std::string line; std::getline(std::cin, line);) PriceReading(line, **prices, arguments->segments);
  return 0;
}

}  // namespace
}  // namespace costs

int main(int argc, char** argv) { return costs::Main(std::vector<std::string>(argv + 1, argv + argc)); }
