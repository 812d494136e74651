#include "service/engine/utc_year.h"

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace costs::engine {
namespace {

TEST(UtcYear, StartsAndEdges_AreTheCalendars) {
  for (int year = 1970; year <= 2100; ++year) {
    const int64_t start = absl::ToUnixSeconds(absl::FromCivil(absl::CivilYear(year), absl::UTCTimeZone()));
    const int index = year - 1970;
    EXPECT_EQ(kUtcYearStarts[static_cast<size_t>(index)], start) << year;
    EXPECT_EQ(UtcYearOf(start), index) << year;
    if (year < 2100) {
      EXPECT_EQ(UtcYearOf(start + 1), index) << year;
    }
    if (year > 1970) {
      EXPECT_EQ(UtcYearOf(start - 1), index - 1) << year;
    }
  }
}

}  // namespace
}  // namespace costs::engine
