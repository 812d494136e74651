#include "service/upstream/exact_number.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"

namespace costs::upstream {
namespace {

constexpr int64_t kMostDigits = 28;         // before the point
constexpr int64_t kMostExponent = 100'000;  // beyond it, only 0 is not too large or too small

// [+|-]digits, cut at +-kMostExponent.
std::optional<int64_t> ReadExponent(absl::string_view text) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  int64_t exponent = 0;
  for (char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    exponent = std::min(exponent * 10 + (c - '0'), kMostExponent);
  }
  return negative ? -exponent : exponent;
}

}  // namespace

std::optional<engine::Int128> ReadExact(absl::string_view text, int digits) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  int64_t exponent = 0;
  if (const size_t e = text.find_first_of("eE"); e != absl::string_view::npos) {
    const std::optional<int64_t> read = ReadExponent(text.substr(e + 1));
    if (!read) return std::nullopt;
    exponent = *read;
    text = text.substr(0, e);
  }
  // The number is 0.SIGNIFICANT times 10^point.
  std::string significant;
  int64_t point = exponent;
  bool after_point = false, any = false;
  for (char c : text) {
    if (c == '.' && !after_point) {
      after_point = true;
      continue;
    }
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
    any = true;
    const bool leading_zero = significant.empty() && c == '0';
    if (!leading_zero) significant.push_back(c);
    if (after_point && leading_zero) --point;
    if (!after_point && !leading_zero) ++point;
  }
  if (!any) return std::nullopt;
  if (significant.empty()) return 0;
  if (point > kMostDigits) return std::nullopt;

  // How many of the significant digits are whole units.
  const int64_t whole = point + digits;
  engine::Int128 units = 0;
  for (int64_t i = 0; i < whole; ++i) {
    units = units * 10 + (static_cast<size_t>(i) < significant.size() ? significant[static_cast<size_t>(i)] - '0' : 0);
  }
  if (whole >= 0 && static_cast<size_t>(whole) < significant.size()) {
    const char next = significant[static_cast<size_t>(whole)];
    const bool more = significant.find_first_not_of('0', static_cast<size_t>(whole) + 1) != std::string::npos;
    if (next > '5' || (next == '5' && (more || units % 2 == 1))) ++units;
  }
  return negative ? -units : units;
}

}  // namespace costs::upstream
