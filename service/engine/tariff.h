// A tariff element: one part of what a kWh costs at a location.
//
// A location's price for a tariff rate is the sum of its elements for that rate.
// An element is a schedule (FIXED, TIME_OF_DAY), a market series, or a market
// series with a schedule of surcharges. A plain value; share the parts.
#ifndef SERVICE_ENGINE_TARIFF_H_
#define SERVICE_ENGINE_TARIFF_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "service/engine/meter_record.h"
#include "service/engine/schedule.h"
#include "service/engine/series.h"
#include "service/engine/time.h"

namespace costs::engine {

enum class ElementType { kCommodity, kNonCommodity };

struct TariffElement {
  std::string id;
  TariffRate tariff_rate = TariffRate::kImport;  // the list that it is on
  ElementType type = ElementType::kCommodity;
  std::string display_name;
  bool vat_included = false;
  std::string currency_code;  // ISO 4217

  // Set: the price is this market's, with the schedule's surcharges if any.
  std::shared_ptr<const MarketSeries> market;
  // The fixed rates, or with `market` the surcharges. One of the two is set.
  std::shared_ptr<const Schedule> schedule;

  // Before the start there is no price. After the end a schedule still prices,
  // at a confidence of 0.8, less 0.2 for each further 90 days, never under 0.2;
  // a market price is as certain as ever.
  Instant contract_start = kEarliest;
  std::optional<Instant> contract_end;
};

// INVALID_ARGUMENT where neither market nor schedule is set, the currencies
// differ, the contract ends before it starts, or a surcharge percentage has too
// many digits. (Whether a timeline holds the sum of a location's elements is for
// PriceTimeline::Create to say.)
absl::Status CheckElement(const TariffElement& element);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TARIFF_H_
