#include "client/cli/decimal_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>

#include "absl/strings/string_view.h"

namespace costs::cli {
namespace {

constexpr int64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000};

// Reads the printed value, which is exact where a product of doubles is not.
Int128 ToScaledSlowly(double value, int scale) {
  char text[400];
  const int size = snprintf(text, sizeof(text), "%.*f", scale, value);
  Int128 units = 0;
  for (char c : absl::string_view(text, size)) {
    if (c >= '0' && c <= '9') units = units * 10 + (c - '0');
  }
  return std::signbit(value) ? -units : units;
}

// Writes rest / 10^scale so that it ends at `at`; returns where it begins.
template <typename Unsigned>
char* WriteBackwards(Unsigned rest, int scale, char* at) {
  while (scale > 0 && rest % 10 == 0) {
    rest /= 10;
    --scale;
  }
  for (int digits = 0; rest != 0 || digits <= scale;) {
    *--at = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    if (++digits == scale) *--at = '.';
  }
  return at;
}

}  // namespace

Int128 ToScaled(double value, int scale) {
  // Beyond this no figure of the API lies, and 128 bits would not hold it.
  if (!(std::fabs(value) < 1e30)) return 0;
  const double product = value * static_cast<double>(kPowers[scale]);
  // Up to 2^51 the product is less than half a unit off.
  if (std::fabs(product) < 2251799813685248.0) return static_cast<Int128>(std::llrint(product));
  return ToScaledSlowly(value, scale);
}

void AppendScaled(Int128 units, int scale, std::string* out) {
  const auto magnitude = units < 0 ? -static_cast<unsigned __int128>(units) : static_cast<unsigned __int128>(units);
  char text[48];
  char* const end = text + sizeof(text);
  // 128-bit division is slow, and hardly a figure needs it.
  char* at = magnitude <= UINT64_MAX ? WriteBackwards(static_cast<uint64_t>(magnitude), scale, end)
                                     : WriteBackwards(magnitude, scale, end);
  if (units < 0) *--at = '-';
  out->append(at, end - at);
}

std::string AllDigits(double value) {
  char text[400];  // the longest double has 309 digits before the point
  const std::to_chars_result end = std::to_chars(std::begin(text), std::end(text), value, std::chars_format::fixed);
  return std::string(text, end.ptr);
}

}  // namespace costs::cli
