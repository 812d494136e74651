#include "service/engine/carbon_timeline.h"

#include "gtest/gtest.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::Between;
using testing::CompileCarbon;
using testing::D;

std::shared_ptr<const CarbonTimeline> HalfHours() {
  return CompileCarbon({
      {Between("2023-01-01T00:00:00Z", "2023-01-01T00:30:00Z"), D("100"), D("90.5")},
      {Between("2023-01-01T00:30:00Z", "2023-01-01T01:00:00Z"), D("110"), std::nullopt},
      {Between("2023-01-01T01:00:00Z", "2023-01-01T01:30:00Z"), std::nullopt, D("120")},
      {Between("2023-01-01T01:30:00Z", "2023-01-01T02:00:00Z"), std::nullopt, std::nullopt},
      {Between("2023-01-01T02:00:00Z", "2023-01-01T02:30:00Z"), D("0"), std::nullopt},
      {Between("2023-01-01T03:00:00Z", "2023-01-01T03:30:00Z"), D("70.125"), D("0")},
  });
}

TEST(CarbonTimeline, Slots_TakeTheActualAndElseTheForecast) {
  const auto carbon = HalfHours();
  ASSERT_EQ(carbon->timeline().scale(), 3);
  struct {
    const char* start;
    const char* end;
    bool known;
    int64_t milligrams_times_seconds;
    Confidence confidence;
    const char* gap;
  } const cases[] = {
      {"2023-01-01T00:00:00Z", "2023-01-01T00:30:00Z", true, int64_t{90'500} * 1800, 1000, ""},
      {"2023-01-01T00:30:00Z", "2023-01-01T01:00:00Z", true, int64_t{110'000} * 1800, 800, ""},
      {"2023-01-01T01:00:00Z", "2023-01-01T01:30:00Z", true, int64_t{120'000} * 1800, 1000, ""},
      {"2023-01-01T00:00:00Z", "2023-01-01T01:30:00Z", true, int64_t{320'500} * 1800, 800, ""},
      {"2023-01-01T01:00:00Z", "2023-01-01T01:30:00.000000001Z", false, 0, 0, "2023-01-01T01:30:00Z"},
      {"2023-01-01T02:00:00Z", "2023-01-01T02:30:00Z", true, 0, 800, ""},
      {"2023-01-01T02:15:00Z", "2023-01-01T03:15:00Z", false, 0, 0, "2023-01-01T02:30:00Z"},
      {"2023-01-01T03:00:00Z", "2023-01-01T03:30:00Z", true, 0, 1000, ""},
      {"2023-01-01T03:00:00Z", "2023-01-01T04:00:00Z", false, 0, 0, "2023-01-01T03:30:00Z"},
      {"2022-12-31T23:59:59.5Z", "2023-01-01T00:00:01Z", false, 0, 0, "2022-12-31T23:59:59.5Z"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(::testing::Message() << c.start << " to " << c.end);
    const Timeline::Integral got = carbon->timeline().Integrate(Between(c.start, c.end));
    ASSERT_EQ(got.known, c.known);
    if (c.known) {
      EXPECT_TRUE(got.area == Int128{c.milligrams_times_seconds} * kNanosPerSecond);
      EXPECT_EQ(got.confidence, c.confidence);
    } else {
      EXPECT_EQ(got.gap.ns, At(c.gap).ns);
    }
  }
}

TEST(CarbonTimeline, NoSlots_AreUnknownForEver) {
  const auto carbon = CompileCarbon({});
  EXPECT_FALSE(carbon->timeline().Integrate(Between("2023-01-01T00:00:00Z", "2023-01-01T00:30:00Z")).known);
  EXPECT_FALSE(carbon->timeline().Integrate({kEarliest, kLatest}).known);
}

TEST(CarbonTimeline, SlotOverAYearsEdge_IsOnBothSides) {
  const auto carbon = CompileCarbon({{Between("2022-12-31T12:00:00Z", "2023-01-01T12:00:00Z"), {}, D("5")}});
  EXPECT_TRUE(carbon->timeline().Integrate(Between("2022-12-31T12:00:00Z", "2023-01-01T12:00:00Z")).area ==
              Int128{5} * kNanosPerDay);
}

}  // namespace
}  // namespace costs::engine
