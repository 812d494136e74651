#include "client/onramp/quantity.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace costs::onramp {
namespace {

constexpr int kMostDigits = 30;
constexpr int kLargestExponent = 30;
constexpr Micros kLargest = static_cast<Micros>(1'000'000'000'000) * 1'000'000'000'000;  // 10^18 in millionths

}  // namespace

std::optional<Micros> ParseMicros(absl::string_view text, int exponent) {
  text = absl::StripAsciiWhitespace(text);
  const bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  Micros digits = 0;
  int count = 0;
  int dropped = 0;  // behind those that count
  int behind_point = 0;
  bool point = false, any = false;
  size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '.' && !point && any) {
      point = true;
      continue;
    }
    if (!absl::ascii_isdigit(c)) break;
    any = true;
    if (point) ++behind_point;
    if (count == 0 && c == '0') continue;
    if (count == kMostDigits) {
      ++dropped;
      continue;
    }
    digits = digits * 10 + (c - '0');
    ++count;
  }
  if (!any || text[i - 1] == '.') return std::nullopt;
  int written = 0;
  if (i < text.size()) {
    if (text[i] != 'e' && text[i] != 'E') return std::nullopt;
    absl::string_view rest = text.substr(i + 1);
    if (!rest.empty() && rest[0] == '+') {
      rest.remove_prefix(1);
      if (rest.empty() || !absl::ascii_isdigit(rest[0])) return std::nullopt;
    }
    if (rest.size() > 6 || !absl::SimpleAtoi(rest, &written)) return std::nullopt;
  }
  // digits * 10^shift are millionths.
  int64_t shift = static_cast<int64_t>(written) + exponent + 6 + dropped - behind_point;
  if (digits == 0) return 0;
  if (shift > kLargestExponent) return std::nullopt;
  for (; shift > 0; --shift) {
    digits *= 10;
    if (digits > kLargest) return std::nullopt;
  }
  for (; shift < -1 && digits != 0; ++shift) digits /= 10;
  if (shift == -1) digits = (digits + 5) / 10;
  if (digits > kLargest) return std::nullopt;
  return negative ? -digits : digits;
}

double ToValue(Micros micros) { return static_cast<double>(micros) / 1e6; }

}  // namespace costs::onramp
