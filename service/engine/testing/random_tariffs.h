// Random tariffs, series and records for property tests: the same for the same
// seed.
//
// The seed is fixed, so that a test means the same on every machine; another one
// is asked for with --test_env=COSTS_TEST_SEED=<number>. A failure prints it.
#ifndef SERVICE_ENGINE_TESTING_RANDOM_TARIFFS_H_
#define SERVICE_ENGINE_TESTING_RANDOM_TARIFFS_H_

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "service/engine/testing/tariff_spec.h"

namespace costs::engine::testing {

// COSTS_TEST_SEED, or the fixed default.
uint64_t Seed();

class Random {
 public:
  // `purpose` tells the streams of different tests apart.
  explicit Random(uint64_t purpose) : engine_(Seed() * 1'000'003 + purpose) {}

  int64_t Between(int64_t low, int64_t high);  // both included
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(Between(0, static_cast<int64_t>(from.size()) - 1))];
  }

 private:
  std::mt19937_64 engine_;
};

// For SCOPED_TRACE: the seed and which case it was.
std::string CaseName(int64_t number);

// Zones of every kind: with and without DST, of half an hour and of negative
// DST, with odd offsets, with a day that never was (Apia, 2011-12-30).
const std::vector<std::string>& Zones();

// A month or so in which a random tariff has its market prices: near a change of
// the zone's offset more often than not.
Interval RandomWindow(Random& random, const std::string& zone);

struct Likely {
  bool negative = true;   // prices may be below 0
  bool gaps = true;       // market series may have gaps, and contracts a start
  bool contracts = true;  // contracts may end
  // What only the prices of tiers, and those that know no other, are tested with:
  // tiers over any window, special days, and elements that supersede others.
  bool tiers = false;
};

Decimal RandomPrice(Random& random, bool negative);
std::vector<Season> RandomSeasons(Random& random, bool negative, bool surcharges, bool tiers = false);
std::vector<MarketPrice> RandomMarket(Random& random, const Interval& window, const Likely& likely);
std::vector<CarbonIntensity> RandomCarbon(Random& random, const Interval& window, bool gaps);
ElementSpec RandomElement(Random& random, const Interval& window, const Likely& likely);

struct RandomTariff {
  std::string zone;
  Interval window;
  std::vector<ElementSpec> specs;
  std::shared_ptr<const PriceTimeline> prices;
  std::vector<CarbonIntensity> intensities;
  std::shared_ptr<const CarbonTimeline> carbon;
};

// Of one to three elements.
RandomTariff MakeRandomTariff(Random& random, const Likely& likely = {});
std::vector<RandomTariff> MakeRandomTariffs(Random& random, int count, const Likely& likely = {});

// A part of the window of at most `longest_seconds`, on any nanosecond.
Interval RandomInterval(Random& random, const Interval& window, int64_t longest_seconds);
// Some amount of any unit over the interval.
Usage RandomUsage(Random& random, const Interval& interval);

// What was used before a record, of prices.windows(): often so much that the record
// crosses an edge.
std::vector<Int128> RandomUsageBefore(Random& random, const PriceTimeline& prices, const Usage& usage);

}  // namespace costs::engine::testing

#endif  // SERVICE_ENGINE_TESTING_RANDOM_TARIFFS_H_
