#include "service/engine/tier_window.h"

#include <string>

#include "gtest/gtest.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::CaseName;
using testing::Random;
using testing::Zone;

constexpr TierWindow kMonth;
constexpr TierWindow kDay = {TierWindow::Kind::kDay, 1};

constexpr TierWindow CycleFrom(int anchor_day) { return {TierWindow::Kind::kBillingCycle, anchor_day}; }

TEST(TierWindow, Window_IsFromFirstToFirstByTheLocalClock) {
  struct {
    const char* name;
    TierWindow window;
    const char* zone;
    const char* at;
    const char* start;
    const char* end;
    int days;
  } const cases[] = {
      {"a month", kMonth, "UTC", "2023-02-10T12:00:00Z", "2023-02-01T00:00:00Z", "2023-03-01T00:00:00Z", 28},
      {"a leap February", kMonth, "UTC", "2024-02-29T23:59:59Z", "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z", 29},
      {"its first instant", kMonth, "UTC", "2023-03-01T00:00:00Z", "2023-03-01T00:00:00Z", "2023-04-01T00:00:00Z", 31},
      {"March in London", kMonth, "Europe/London", "2023-03-31T22:59:59Z", "2023-03-01T00:00:00Z",
       "2023-03-31T23:00:00Z", 31},
      {"over the year", kMonth, "Asia/Tokyo", "2022-12-31T15:00:00Z", "2022-12-31T15:00:00Z", "2023-01-31T15:00:00Z",
       31},
      {"a short day", kDay, "Europe/London", "2023-03-26T12:00:00Z", "2023-03-26T00:00:00Z", "2023-03-26T23:00:00Z", 1},
      {"a long day", kDay, "Europe/London", "2023-10-29T12:00:00Z", "2023-10-28T23:00:00Z", "2023-10-30T00:00:00Z", 1},
      {"a day that begins at 01:00", kDay, "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-04T03:00:00Z",
       "2018-11-05T02:00:00Z", 1},
      {"the day before it", kDay, "America/Sao_Paulo", "2018-11-04T02:59:59Z", "2018-11-03T03:00:00Z",
       "2018-11-04T03:00:00Z", 1},
      {"a midnight that comes twice", kDay, "America/Havana", "2023-11-05T05:30:00Z", "2023-11-05T04:00:00Z",
       "2023-11-06T05:00:00Z", 1},
      {"the old date that comes again at 00:01", kDay, "America/St_Johns", "2010-11-07T02:40:00Z",
       "2010-11-07T02:30:00Z", "2010-11-08T03:30:00Z", 1},
      {"a cycle from the 15th, before it", CycleFrom(15), "UTC", "2023-03-14T23:59:59Z", "2023-02-15T00:00:00Z",
       "2023-03-15T00:00:00Z", 28},
      {"a cycle from the 15th, on it", CycleFrom(15), "UTC", "2023-03-15T00:00:00Z", "2023-03-15T00:00:00Z",
       "2023-04-15T00:00:00Z", 31},
      {"a cycle from the 31st, in April", CycleFrom(31), "UTC", "2023-04-30T00:00:00Z", "2023-04-30T00:00:00Z",
       "2023-05-31T00:00:00Z", 31},
      {"a cycle from the 31st, in February", CycleFrom(31), "UTC", "2023-03-01T00:00:00Z", "2023-02-28T00:00:00Z",
       "2023-03-31T00:00:00Z", 31},
      {"a cycle from the 30th, in a leap year", CycleFrom(30), "UTC", "2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z",
       "2024-03-30T00:00:00Z", 30},
      {"a cycle over the year", CycleFrom(20), "America/Chicago", "2023-01-05T00:00:00Z", "2022-12-20T06:00:00Z",
       "2023-01-20T06:00:00Z", 31},
      {"before 1970", CycleFrom(20), "UTC", "1970-01-01T00:00:00Z", "1969-12-20T00:00:00Z", "1970-01-20T00:00:00Z", 31},
      {"beyond 2099", kMonth, "UTC", "2099-12-31T23:59:59Z", "2099-12-01T00:00:00Z", "2100-01-01T00:00:00Z", 31},
  };
  for (const auto& c : cases) {
    const TierWindowSpan span = WindowAt(c.window, Zone(c.zone), At(c.at));
    EXPECT_EQ(span.interval.start.ns, At(c.start).ns) << c.name;
    EXPECT_EQ(span.interval.end.ns, At(c.end).ns) << c.name;
    EXPECT_EQ(span.days, c.days) << c.name;
  }
}

TEST(TierWindow, SkippedDate_IsAWindowOfNoTime) {
  // Apia went from 2011-12-29 to 2011-12-31.
  const absl::TimeZone apia = Zone("Pacific/Apia");
  const Instant change = At("2011-12-30T10:00:00Z");
  EXPECT_EQ(WindowAt(kDay, apia, {change.ns - 1}).interval.end.ns, change.ns);
  EXPECT_EQ(WindowAt(kDay, apia, change).interval.start.ns, change.ns);
  const int64_t before = WindowNumberAt(kDay, apia, {change.ns - 1});
  EXPECT_EQ(WindowOfNumber(kDay, apia, before + 1).interval.nanos(), 0);
  EXPECT_EQ(WindowNumberAt(kDay, apia, change), before + 2);
  EXPECT_EQ(WindowAt(kMonth, apia, change).days, 31);
}

TEST(TierWindow, Windows_FollowEachOtherWithoutGapInEveryZone) {
  Random random(411);
  std::vector<std::string> zones = testing::Zones();
  zones.insert(zones.end(), {"America/Sao_Paulo", "America/Havana", "Asia/Beirut", "America/Asuncion", "Asia/Gaza"});
  for (int i = 0; i < 3'000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const absl::TimeZone zone = Zone(random.Pick(zones));
    const std::vector<TierWindow> windows = {kMonth, kDay, CycleFrom(static_cast<int>(random.Between(1, 31)))};
    const TierWindow window = random.Pick(windows);
    const Instant at{random.Between(0, kLatest.ns - 1)};
    const TierWindowSpan span = WindowAt(window, zone, at);
    ASSERT_LE(span.interval.start.ns, at.ns);
    ASSERT_LT(at.ns, span.interval.end.ns);
    const TierWindowSpan next = WindowAt(window, zone, span.interval.end);
    ASSERT_EQ(next.interval.start.ns, span.interval.end.ns);
    const int64_t number = WindowNumberAt(window, zone, at);
    ASSERT_EQ(WindowOfNumber(window, zone, number + 1).interval.start.ns, span.interval.end.ns);
    ASSERT_EQ(DaysOfWindow(window, number), span.days);
  }
}

}  // namespace
}  // namespace costs::engine
