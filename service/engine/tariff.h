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
#include "service/engine/special_days.h"
#include "service/engine/tier_window.h"
#include "service/engine/time.h"

namespace costs::engine {

// Digits after the point of a surcharge percentage; a timeline has room for no more.
inline constexpr int kPercentageScale = 4;

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

  // The days that the schedule prices as special days. Null: there are none.
  std::shared_ptr<const SpecialDayCalendar> special_days;

  // Over what the usage is counted that decides on a tier, and what to_kwh counts.
  TierWindow tier_window;
  TierUnit tier_unit = TierUnit::kKwh;

  // Before the start there is no price. After the end a schedule still prices,
  // at a confidence of 0.8, less 0.2 for each further 90 days, never under 0.2;
  // a market price is as certain as ever.
  Instant contract_start = kEarliest;
  std::optional<Instant> contract_end;

  // The id of the element that this one takes over from at its contract_start;
  // see PriceTimeline::Create. Empty: none.
  std::string supersedes;
};

// INVALID_ARGUMENT where neither market nor schedule is set, the currencies
// differ, the contract ends before it starts, a surcharge percentage has too many
// digits, the tier window has no such anchor day, kWh a day are counted over days,
// or the element supersedes itself. (Whether a timeline holds the sum of a location's elements is for
// PriceTimeline::Create to say.)
absl::Status CheckElement(const TariffElement& element);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_TARIFF_H_
