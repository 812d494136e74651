#include "service/engine/decimal.h"

#include <charconv>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace costs::engine {
namespace {

constexpr int64_t kLargestMagnitude = 1'000'000'000;
constexpr int kLongestText = 64;

absl::Status NotANumber(absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", text.substr(0, kLongestText), "' is not a decimal number, such as 0.0903"));
}

}  // namespace

Int128 PowerOfTen(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

absl::StatusOr<Decimal> Decimal::Parse(absl::string_view text) {
  if (text.size() > kLongestText) return NotANumber(text);
  size_t i = 0;
  const bool negative = i < text.size() && text[i] == '-';
  if (negative) ++i;

  // The digits without the point, leading zeros dropped; `scale` counts those after it.
  std::string digits;
  int scale = 0;
  auto take_digits = [&](bool fraction) {
    const size_t from = i;
    for (; i < text.size() && absl::ascii_isdigit(text[i]); ++i) {
      if (!digits.empty() || text[i] != '0') digits.push_back(text[i]);
      if (fraction) ++scale;
    }
    return i - from;
  };
  if (take_digits(false) == 0) return NotANumber(text);
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (take_digits(true) == 0) return NotANumber(text);
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    const bool down = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    const size_t from = i;
    int exponent = 0;
    for (; i < text.size() && absl::ascii_isdigit(text[i]) && exponent < 1000; ++i) {
      exponent = exponent * 10 + (text[i] - '0');
    }
    if (i == from) return NotANumber(text);
    scale += down ? exponent : -exponent;
  }
  if (i != text.size()) return NotANumber(text);

  while (!digits.empty() && digits.back() == '0') {
    digits.pop_back();
    --scale;
  }
  if (digits.empty()) return Decimal();
  if (scale > kMaxScale) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' has more than ", kMaxScale, " digits after the point; round it"));
  }
  if (static_cast<int>(digits.size()) - scale > 10) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is over the limit of ", kLargestMagnitude));
  }
  Int128 units = 0;  // up to 19 digits, which 64 bits need not hold
  for (char c : digits) units = units * 10 + (c - '0');
  for (; scale < 0; ++scale) units *= 10;
  if (units > PowerOfTen(scale) * kLargestMagnitude) {
    return absl::InvalidArgumentError(absl::StrCat("'", text, "' is over the limit of ", kLargestMagnitude));
  }
  return Decimal(static_cast<int64_t>(negative ? -units : units), scale);
}

absl::StatusOr<Decimal> Decimal::FromDouble(double value) {
  if (!std::isfinite(value)) return absl::InvalidArgumentError("the number is not finite");
  char buffer[64];
  const std::to_chars_result end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  absl::string_view text(buffer, end.ptr - buffer);
  return Parse(text);
}

Int128 Decimal::UnitsAtScale(int scale) const { return units_ * PowerOfTen(scale - scale_); }

double Decimal::ToDouble() const {
  // Both are exact doubles for the usual 15 digits, so the quotient is the
  // nearest double to the decimal.
  return static_cast<double>(units_) / static_cast<double>(PowerOfTen(scale_));
}

std::string Decimal::ToString() const {
  const bool negative = units_ < 0;
  std::string digits = absl::StrCat(negative ? -units_ : units_);
  if (scale_ > 0) {
    if (static_cast<int>(digits.size()) <= scale_) digits.insert(0, scale_ + 1 - digits.size(), '0');
    digits.insert(digits.size() - scale_, ".");
  }
  return negative ? "-" + digits : digits;
}

}  // namespace costs::engine
