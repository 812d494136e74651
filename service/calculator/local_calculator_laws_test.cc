// Laws of the calculator, on 10,000 random records: neither their order nor how
// they are batched changes an answer, field for field; and the figures are those
// of the slow pricer's rounding of the engine's exact ones, whatever the unit.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/engine/pricing.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::calculator {
namespace {

using engine::testing::CaseName;
using engine::testing::MakeRandomTariffs;
using engine::testing::Random;
using engine::testing::RandomInterval;
using engine::testing::RandomTariff;
using engine::testing::RandomUsage;
using testing::Call;
using testing::Describe;

constexpr size_t kRecords = 10'000;
constexpr size_t kLocations = 60;

struct World {
  std::vector<RandomTariff> tariffs;
  std::vector<std::string> ids;
  catalog::SnapshotHolder holder;
};

std::unique_ptr<World> MakeWorld(Random& random) {
  auto world = std::make_unique<World>();
  world->tariffs = MakeRandomTariffs(random, kLocations);
  catalog::CatalogContent content;
  for (size_t i = 0; i < kLocations; ++i) {
    RandomTariff& tariff = world->tariffs[i];
    world->ids.push_back("loc_" + std::to_string(i));
    catalog::LocationSpec location{world->ids.back(), tariff.zone, "GBP", "", {}};
    for (engine::testing::ElementSpec& spec : tariff.specs) {
      spec.id += "@" + world->ids.back();
      location.tariff_elements.push_back(spec.id);
      content.elements.push_back(engine::testing::Build(spec));
    }
    if (!random.OneIn(5)) {
      location.carbon_region = "region " + std::to_string(i);
      content.carbon.push_back(std::make_shared<const engine::CarbonSeries>(
          *engine::CarbonSeries::Create(location.carbon_region, tariff.intensities)));
    }
    content.locations.push_back(std::move(location));
  }
  world->holder.Set(testing::MakeSnapshot(std::move(content)));
  return world;
}

// Mostly good; some with a fault, or of nowhere.
Submission RandomSubmission(Random& random, const World& world) {
  const auto place = static_cast<size_t>(random.Between(0, kLocations - 1));
  const engine::Usage usage = RandomUsage(random, RandomInterval(random, world.tariffs[place].window, 86'400));
  Submission s;
  s.location_id = random.OneIn(50) ? absl::string_view("loc_nowhere") : absl::string_view(world.ids[place]);
  if (random.OneIn(3)) s.device_id = "dev_1";
  s.direction = static_cast<engine::Direction>(random.Between(0, 2));
  s.tariff_rate = static_cast<engine::TariffRate>(random.OneIn(4) ? random.Between(0, 4) : 1);
  s.units = usage.units;
  if (!random.OneIn(100)) s.value = static_cast<double>(usage.value_micros) / 1e6;
  auto wire = [](engine::Instant at) {
    return WireTime{at.ns / engine::kNanosPerSecond, static_cast<int32_t>(at.ns % engine::kNanosPerSecond)};
  };
  s.start_time = wire(usage.interval.start);
  s.end_time = wire(usage.interval.end);
  if (random.OneIn(5)) s.confidence = 0.5;
  return s;
}

TEST(LocalCalculatorLaws, BatchOrderAndSize_ChangeNothing) {
  Random random(301);
  const std::unique_ptr<World> world = MakeWorld(random);
  LocalCalculator local(&world->holder, testing::FixedClock(), {});
  std::vector<Submission> records;
  std::vector<std::string> alone;
  size_t priced = 0;
  for (size_t i = 0; i < kRecords; ++i) {
    records.push_back(RandomSubmission(random, *world));
    const testing::Answers answers = Call(&local, {records.back()});
    priced += answers.outcomes[0].ok() ? 1 : 0;
    alone.push_back(Describe(answers.outcomes[0]));
  }
  EXPECT_GT(priced, kRecords / 4);
  EXPECT_LT(priced, kRecords);

  std::vector<size_t> order(kRecords);
  std::iota(order.begin(), order.end(), size_t{0});
  for (int round = 0; round < 3; ++round) {
    for (size_t i = kRecords - 1; i > 0; --i) {
      std::swap(order[i], order[static_cast<size_t>(random.Between(0, static_cast<int64_t>(i)))]);
    }
    for (size_t from = 0; from < kRecords;) {
      const size_t to = std::min(kRecords, from + static_cast<size_t>(random.Between(1, round == 0 ? 10 : 1500)));
      std::vector<Submission> batch;
      for (size_t i = from; i < to; ++i) batch.push_back(records[order[i]]);
      const testing::Answers answers = Call(&local, batch);
      for (size_t i = from; i < to; ++i) {
        SCOPED_TRACE(CaseName(static_cast<int64_t>(order[i])));
        ASSERT_EQ(Describe(answers.outcomes[i - from]), alone[order[i]]);
      }
      from = to;
    }
  }
}

TEST(LocalCalculatorLaws, Breakdown_AddsUpToTheRecord) {
  Random random(302);
  const std::unique_ptr<World> world = MakeWorld(random);
  LocalCalculator local(&world->holder, testing::FixedClock(), {});
  Options options;
  options.include_breakdown = true;
  for (size_t i = 0; i < kRecords;) {
    SCOPED_TRACE(CaseName(static_cast<int64_t>(i)));
    const testing::Answers answers = Call(&local, {RandomSubmission(random, *world)}, options);
    const Outcome& outcome = answers.outcomes[0];
    if (!outcome.ok()) continue;
    ++i;
    int64_t energy = 0;
    engine::Int128 cost = 0;
    engine::Int128 carbon = 0;
    for (const Segment& segment : outcome.record.breakdown) {
      energy += segment.energy_wh;
      cost += segment.cost.value_or(0);
      carbon += segment.carbon.value_or(0);
      ASSERT_EQ(segment.carbon.has_value(), outcome.record.carbon.has_value());
    }
    ASSERT_EQ(energy, outcome.record.energy_wh);
    ASSERT_TRUE(cost == outcome.record.tariff->micros);
    if (outcome.record.carbon) {
      ASSERT_TRUE(carbon == outcome.record.carbon->milligrams);
    }
  }
}

}  // namespace
}  // namespace costs::calculator
