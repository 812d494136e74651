#include "service/catalog/import/number_reader.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/fault_log.h"

namespace costs::catalog {
namespace {

using engine::Decimal;

constexpr size_t kLongestNumber = 48;

// [-]digits[.digits][(e|E)[+|-]digits] taken apart: digits * 10^-scale.
struct Digits {
  bool negative = false;
  std::string digits;  // without leading or trailing zeros; empty: zero
  int scale = 0;
};

// Moves past digits; how many there were.
size_t SkipDigits(absl::string_view text, size_t* at) {
  const size_t from = *at;
  while (*at < text.size() && absl::ascii_isdigit(text[*at])) ++*at;
  return *at - from;
}

std::optional<Digits> TakeApart(absl::string_view text) {
  Digits number;
  size_t at = 0;
  if (at < text.size() && text[at] == '-') {
    number.negative = true;
    ++at;
  }
  const size_t whole_at = at;
  const size_t whole = SkipDigits(text, &at);
  if (whole == 0) return std::nullopt;
  number.digits = std::string(text.substr(whole_at, whole));
  if (at < text.size() && text[at] == '.') {
    ++at;
    const size_t fraction = SkipDigits(text, &at);
    if (fraction == 0) return std::nullopt;
    absl::StrAppend(&number.digits, text.substr(at - fraction, fraction));
    number.scale = static_cast<int>(fraction);
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    const bool down = at < text.size() && text[at] == '-';
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const size_t exponent_at = at;
    if (SkipDigits(text, &at) == 0) return std::nullopt;
    int exponent = 0;
    for (size_t i = exponent_at; i < at && exponent < 1'000; ++i) exponent = exponent * 10 + (text[i] - '0');
    number.scale += down ? exponent : -exponent;
  }
  if (at != text.size()) return std::nullopt;
  number.digits.erase(0, number.digits.find_first_not_of('0'));
  while (!number.digits.empty() && number.digits.back() == '0') {
    number.digits.pop_back();
    --number.scale;
  }
  return number;
}

// Cuts to kMaxScale digits after the point, a half to the even digit.
void RoundHalfToEven(Digits* number) {
  const size_t cut = number->scale - Decimal::kMaxScale;
  std::string& digits = number->digits;
  if (digits.size() < cut) digits.insert(0, cut - digits.size(), '0');
  const std::string rest = digits.substr(digits.size() - cut);
  digits.resize(digits.size() - cut);
  number->scale = Decimal::kMaxScale;
  // Digits have no trailing zeros, so only the rest "5" alone is a half.
  const bool odd = !digits.empty() && (digits.back() - '0') % 2 == 1;
  const bool up = rest == "5" ? odd : rest.front() >= '5';
  if (!up) return;
  size_t at = digits.size();
  while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
  if (at > 0) {
    ++digits[at - 1];
  } else {
    digits.insert(0, 1, '1');
  }
}

}  // namespace

std::optional<Decimal> NumberReader::Read(absl::string_view text, const Place& place, absl::string_view field) {
  const auto fault = [&](absl::string_view what) {
    log_->Fault(log_->Where(place, field), absl::StrCat("is ", Quoted(text), what));
    return std::nullopt;
  };
  std::optional<Digits> number;
  if (text.size() <= kLongestNumber) number = TakeApart(text);
  if (!number) return fault("; write a decimal number of at most 48 characters, such as 0.0903");
  if (number->digits.empty()) return Decimal();
  number->scale -= shift_;
  if (number->scale > Decimal::kMaxScale) {
    if (!round_) {
      return fault(absl::StrCat(", which", shift_ == kAsWritten ? "" : " in major units per kWh", " has more than ",
                                Decimal::kMaxScale, " digits after the point; import with rounding, or round it"));
    }
    RoundHalfToEven(&*number);
    if (rounded_++ == 0) first_rounded_ = place;
    if (number->digits.empty()) return Decimal();
  }
  absl::StatusOr<Decimal> value =
      Decimal::Parse(absl::StrCat(number->negative ? "-" : "", number->digits, "e", -number->scale));
  if (!value.ok()) return fault("; the limit is 1000000000");
  return *value;
}

void NumberReader::ReportRounding() {
  if (rounded_ == 0) return;
  log_->Find("further roundings", log_->Where(first_rounded_),
             absl::StrCat("the first of ", rounded_, " numbers that were rounded to ", Decimal::kMaxScale,
                          " digits after the point"));
}

}  // namespace costs::catalog
