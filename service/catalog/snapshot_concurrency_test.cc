// For ThreadSanitizer: readers of snapshots and of the timelines that they share,
// while a loader swaps them.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/utc_year.h"

namespace costs::catalog {
namespace {

constexpr int64_t kHour = 3600 * engine::kNanosPerSecond;

// As many locations as the version says, all at that price, on one timeline.
std::shared_ptr<const Snapshot> Version(uint64_t version) {
  CatalogContent content;
  engine::testing::ElementSpec spec = engine::testing::Flat(std::to_string(version));
  content.elements = {engine::testing::Build(spec)};
  for (uint64_t i = 0; i < version % 20 + 1; ++i) {
    content.locations.push_back({"loc_" + std::to_string(i), "Europe/London", "GBP", "", {spec.id}});
  }
  return *Snapshot::Create(version, std::move(content));
}

TEST(SnapshotConcurrency, SwapUnderReaders_LeavesEachItsOwn) {
  constexpr int kReaders = 6;
  constexpr int kReadsEach = 400;
  SnapshotHolder holder;
  holder.Set(Version(1));
  std::atomic<int> running{kReaders};
  std::vector<std::thread> readers;
  readers.reserve(kReaders);
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&, r] {
      uint64_t newest = 0;
      for (int i = 0; i < kReadsEach; ++i) {
        const std::shared_ptr<const Snapshot> snapshot = holder.Get();
        ASSERT_GE(snapshot->version(), newest);
        newest = snapshot->version();
        ASSERT_EQ(snapshot->location_count(), newest % 20 + 1);
        const std::string id = "loc_" + std::to_string(static_cast<uint64_t>(i) % snapshot->location_count());
        const Location* location = snapshot->FindLocation(id);
        ASSERT_NE(location, nullptr);
        const int64_t start = int64_t{(i + r) % 100} * 365 * engine::kNanosPerDay;
        const auto integral =
            location->PricesFor(engine::TariffRate::kImport)->timeline().Integrate({{start}, {start + kHour}});
        ASSERT_TRUE(integral.area == engine::Int128{kHour} * static_cast<int64_t>(newest));
      }
      --running;
    });
  }
  for (uint64_t version = 2; running > 0; ++version) holder.Set(Version(version));
  for (std::thread& reader : readers) reader.join();
}

// Uploads, new locations and new elements, each step made from the one before
// while readers compile what the steps share.
TEST(SnapshotConcurrency, StepsUnderReaders_LeaveEachItsOwn) {
  constexpr int kReaders = 4;
  constexpr int kReadsEach = 300;
  constexpr int kPlaces = 40;
  const int64_t first = engine::kUtcYearStarts[50];  // 2020
  auto day = [first](int i) -> engine::Interval {
    return {engine::Instant::FromSeconds(first + i * 86'400), engine::Instant::FromSeconds(first + (i + 1) * 86'400)};
  };
  // A price of the version in every day of three years; then the day of a version
  // costs its number.
  constexpr int kDays = 1096;
  std::vector<engine::MarketPrice> prices;
  for (int i = 0; i < kDays; ++i) prices.push_back({day(i), engine::Decimal::FromInteger(0)});
  CatalogContent content;
  auto element = std::make_shared<engine::TariffElement>();
  element->id = "te_1";
  element->currency_code = "GBP";
  element->market = std::make_shared<const engine::MarketSeries>(*engine::MarketSeries::Create("m", "GBP", prices));
  content.elements = {element};
  for (int i = 0; i < kPlaces; ++i) {
    content.locations.push_back({"loc_" + std::to_string(i), "Europe/London", "GBP", "", {"te_1"}});
  }
  SnapshotHolder holder;
  holder.Set(*Snapshot::Create(0, std::move(content)));
  std::atomic<int> running{kReaders};
  std::vector<std::thread> readers;
  readers.reserve(kReaders);
  for (int r = 0; r < kReaders; ++r) {
    readers.emplace_back([&, r] {
      for (int i = 0; i < kReadsEach; ++i) {
        const std::shared_ptr<const Snapshot> snapshot = holder.Get();
        const auto version = static_cast<int>(snapshot->version());
        ASSERT_EQ(snapshot->location_count(), static_cast<size_t>(kPlaces + version));
        const Location* location = snapshot->FindLocation("loc_" + std::to_string((i + r) % (kPlaces + version)));
        ASSERT_NE(location, nullptr);
        const engine::Timeline& timeline = location->PricesFor(engine::TariffRate::kImport)->timeline();
        for (const int of : {version, version / 2, version + 1}) {
          const auto integral = timeline.Integrate(day(of * 7 % kDays));
          ASSERT_TRUE(integral.area == engine::Int128{engine::kNanosPerDay} * (of > version ? 0 : of));
        }
      }
      --running;
    });
  }
  for (int version = 1; running > 0 && version * 7 + 7 < kDays * 3; ++version) {
    const std::shared_ptr<const Snapshot> before = holder.Get();
    CatalogChange change;
    change.market = {std::make_shared<const engine::MarketSeries>(
        *before->FindMarket("m")->With({{day(version * 7 % kDays), engine::Decimal::FromInteger(version)}}, nullptr))};
    change.locations = {{"loc_" + std::to_string(kPlaces + version - 1), "Europe/London", "GBP", "", {"te_1"}}};
    holder.Set(*before->With(static_cast<uint64_t>(version), change));
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace costs::catalog
