// The totals by day of many things in one table, beside a map of them.
#include "service/records/sqlite/totals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "service/records/sqlite/schema.h"

namespace costs::records {
namespace {

constexpr int64_t kThings = 6;
constexpr int64_t kTenant = 1;

RecordRequest RequestOf(engine::Direction direction) {
  RecordRequest request;
  request.direction = direction;
  return request;
}

Figures FiguresOf(int32_t day, int64_t energy_wh) {
  Figures figures;
  figures.first_day = day;
  figures.energy_wh = energy_wh;
  figures.energy_nwh = engine::Int128{energy_wh} * 1'000'000'000;
  figures.currency_code = "GBP";
  return figures;
}

class TotalsTest : public ::testing::Test {
 protected:
  TotalsTest() : database_(*sqlite::Database::Open("", sqlite::Access::kMemory)), gathered_(database_.get()) {
    EXPECT_TRUE(MigrateSchema(database_.get()).ok());
  }

  void Count(int64_t thing, int32_t day, int64_t energy_wh, bool comes) {
    gathered_.Count(kTenant, thing, RequestOf(engine::Direction::kImport), FiguresOf(day, energy_wh), comes);
    auto& [records, energy] = expected_[{thing, day}];
    records += comes ? 1 : -1;
    energy += comes ? energy_wh : -energy_wh;
    if (records == 0) expected_.erase({thing, day});
  }

  void ExpectAllOf(int64_t thing, int32_t first, int32_t last) {
    std::vector<DayTotal> totals;
    ASSERT_TRUE(ReadDayTotals(database_.get(), thing, engine::Direction::kImport, first, last, &totals).ok());
    Sum usage;
    ASSERT_TRUE(ReadUsage(database_.get(), thing, engine::TariffRate::kImport, first, last, &usage).ok());
    auto total = totals.begin();
    int64_t records = 0;
    for (auto it = expected_.lower_bound({thing, first}); it != expected_.upper_bound({thing, last}); ++it, ++total) {
      ASSERT_NE(total, totals.end()) << thing << " " << it->first.second;
      EXPECT_EQ(total->day, it->first.second);
      EXPECT_EQ(total->total.records, it->second.first);
      EXPECT_EQ(total->total.energy_wh, it->second.second);
      records += it->second.first;
    }
    EXPECT_EQ(total, totals.end()) << thing << " from " << first << " to " << last;
    EXPECT_EQ(usage.records, records);
    std::vector<DayTotal> exported;
    ASSERT_TRUE(ReadDayTotals(database_.get(), thing, engine::Direction::kExport, first, last, &exported).ok());
    EXPECT_TRUE(exported.empty());
  }

  std::unique_ptr<sqlite::Database> database_;
  GatheredTotals gathered_;
  std::map<std::pair<int64_t, int32_t>, std::pair<int64_t, int64_t>> expected_;  // records, Wh by thing and day
};

TEST_F(TotalsTest, EachThingHasItsOwnDays) {
  std::mt19937_64 random(20261130);
  std::vector<std::tuple<int64_t, int32_t, int64_t>> counted;
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 20; ++i) {
      if (!counted.empty() && random() % 3 == 0) {
        std::swap(counted[random() % counted.size()], counted.back());
        const auto [thing, day, energy] = counted.back();
        counted.pop_back();
        Count(thing, day, energy, false);
        continue;
      }
      // Some in a crowd of days, some far away, some before 1970. A thing that is never counted has none.
      const int64_t thing = 1 + static_cast<int64_t>(random() % (kThings - 1));
      const auto day = static_cast<int32_t>(random() % 4 == 0 ? random() % 80'000 : 19'000 + random() % 40) - 10'000;
      const auto energy = static_cast<int64_t>(random() % 5'000);
      counted.emplace_back(thing, day, energy);
      Count(thing, day, energy, true);
    }
    ASSERT_TRUE(gathered_.Write().ok());
    for (int64_t thing = 1; thing <= kThings; ++thing) {
      ExpectAllOf(thing, -10'000, 80'000);
      const auto a = static_cast<int32_t>(random() % 80'000) - 10'000;
      const auto b = static_cast<int32_t>(9'000 + random() % 40);
      ExpectAllOf(thing, std::min(a, b), std::max(a, b));
      ExpectAllOf(thing, b, b);
      const auto last = LastDayOf(database_.get(), thing);
      ASSERT_TRUE(last.ok()) << last.status();
      auto after = expected_.lower_bound({thing + 1, -1'000'000});
      const bool has = after != expected_.begin() && std::prev(after)->first.first == thing;
      EXPECT_EQ(*last, has ? std::make_optional(std::prev(after)->first.second) : std::nullopt) << thing;
    }
  }
}

TEST_F(TotalsTest, EmptyTable_HasNothing) {
  ExpectAllOf(1, -10'000, 80'000);
  EXPECT_EQ(*LastDayOf(database_.get(), 1), std::nullopt);
}

}  // namespace
}  // namespace costs::records
