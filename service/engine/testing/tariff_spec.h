// Tariff elements as they are written down, before the engine compiles them:
// what tests state, what the slow pricer reads, and what Build() turns into the
// engine's own types.
//
//   ElementSpec night = Flat("0.09");
//   std::shared_ptr<const PriceTimeline> prices = Compile({night}, "Europe/London");
//
// Plain values. A wrong spec is a fault of the test: the functions below abort.
#ifndef SERVICE_ENGINE_TESTING_TARIFF_SPEC_H_
#define SERVICE_ENGINE_TESTING_TARIFF_SPEC_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/price_timeline.h"
#include "service/engine/schedule.h"
#include "service/engine/series.h"
#include "service/engine/tariff.h"

namespace costs::engine::testing {

struct ElementSpec {
  std::string id = "element";
  TariffRate tariff_rate = TariffRate::kImport;
  std::vector<Season> seasons;                     // empty: no schedule
  std::optional<std::vector<MarketPrice>> market;  // none: the schedule's fixed rates
  Instant contract_start = kEarliest;
  std::optional<Instant> contract_end;
  std::vector<absl::CivilDay> special_days;  // empty: no day is special
  TierWindow tier_window;
  TierUnit tier_unit = TierUnit::kKwh;
  std::string supersedes;
};

// The number that `text` writes.
Decimal D(absl::string_view text);

// The instant that an RFC 3339 text names.
Instant At(absl::string_view rfc3339);
Interval Between(absl::string_view start, absl::string_view end);

// The zone of that IANA name.
absl::TimeZone Zone(const std::string& name);

Rate Fixed(absl::string_view per_kwh);
Rate Surcharge(absl::string_view fixed, absl::string_view percentage);

// Fixed rates by tier: {{"0.1", "300"}, {"0.2", ""}} is 0.1 for the first 300 kWh
// and 0.2 from then on.
std::vector<Tier> Tiers(const std::vector<std::pair<absl::string_view, absl::string_view>>& rate_and_to_kwh);

// Those tiers for ever, counted over calendar months.
ElementSpec Tiered(const std::vector<std::pair<absl::string_view, absl::string_view>>& rate_and_to_kwh);

// One rate for ever.
ElementSpec Flat(absl::string_view per_kwh);

// Every day alike: each pair is an hour of the day, such as 7 or 23.5, and the
// rate from then on until the next; the first is from midnight.
std::vector<Season> EveryDay(const std::vector<std::pair<double, Rate>>& rates);

// Slots of `seconds` each from `start` on, one after the other; an empty text is
// a slot without a price.
std::vector<MarketPrice> Slots(Instant start, int64_t seconds, const std::vector<std::string>& prices);

std::shared_ptr<const TariffElement> Build(const ElementSpec& spec);
std::shared_ptr<const PriceTimeline> Compile(const std::vector<ElementSpec>& specs, const std::string& zone);
std::shared_ptr<const CarbonTimeline> CompileCarbon(std::vector<CarbonIntensity> intensities);

}  // namespace costs::engine::testing

#endif  // SERVICE_ENGINE_TESTING_TARIFF_SPEC_H_
