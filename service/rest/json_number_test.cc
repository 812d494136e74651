#include "service/rest/json_number.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace costs::rest {
namespace {

TEST(DecimalText, EveryScale_IsExactWithoutTrailingZeros) {
  struct Case {
    int64_t units;
    int digits;
    const char* text;
  };
  const Case cases[] = {
      {928'372'000, 6, "928.372"},
      {35'240, 3, "35.24"},
      {1000, 3, "1"},
      {800, 3, "0.8"},
      {0, 6, "0"},
      {1, 6, "0.000001"},
      {-1, 6, "-0.000001"},
      {-5, 1, "-0.5"},
      {-12'000'000, 6, "-12"},
      {10'284, 0, "10284"},
      {100, 0, "100"},
      {1'000'001, 6, "1.000001"},
      {-100'500, 3, "-100.5"},
      {200, 3, "0.2"},
      {120'000'000, 6, "120"},
  };
  for (const Case& c : cases) EXPECT_EQ(DecimalText(c.units, c.digits), c.text);
}

TEST(DecimalText, LargestMagnitudes_AreExact) {
  const engine::Int128 largest = (engine::Int128{std::numeric_limits<int64_t>::max()} << 64) | ~uint64_t{0};
  EXPECT_EQ(DecimalText(largest, 6), "170141183460469231731687303715884.105727");
  EXPECT_EQ(DecimalText(-largest - 1, 0), "-170141183460469231731687303715884105728");
}

TEST(ShortestText, AnyNumber_IsShortAndReadsBack) {
  struct Case {
    double value;
    const char* text;
  };
  const Case cases[] = {
      {20567, "20567"},
      {20567.5, "20567.5"},
      {0, "0"},
      {-0.0, "0"},
      {0.1, "0.1"},
      {0.8, "0.8"},
      {1, "1"},
      {100000, "100000"},
      {1e9, "1000000000"},
      {1e-6, "0.000001"},
      {1e-7, "1e-07"},
      {-0.125, "-0.125"},
      {90.277823698, "90.277823698"},
      {1e300, "1e+300"},
  };
  for (const Case& c : cases) EXPECT_EQ(ShortestText(c.value), c.text);
}

}  // namespace
}  // namespace costs::rest
