// For ThreadSanitizer: readers of snapshots and of the timelines that they share,
// while a loader swaps them.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/tariff_spec.h"

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

}  // namespace
}  // namespace costs::catalog
