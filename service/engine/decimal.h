// An exact decimal number, as rates, prices and intensities are written.
//
//   absl::StatusOr<Decimal> rate = Decimal::Parse("0.0903");
//   rate->units() == 903, rate->scale() == 4
//
// The value is units / 10^scale. It is kept normalised (no trailing zeros in
// units, scale >= 0), so equal numbers have equal members. A plain value.
#ifndef SERVICE_ENGINE_DECIMAL_H_
#define SERVICE_ENGINE_DECIMAL_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/engine/meter_record.h"

namespace costs::engine {

class Decimal {
 public:
  // Digits after the point that any number may have.
  static constexpr int kMaxScale = 9;

  constexpr Decimal() = default;

  // Reads a JSON number: [-]digits[.digits][(e|E)[+|-]digits]; a leading + or
  // surrounding blanks are refused. INVALID_ARGUMENT: not a number, not finite,
  // more than kMaxScale digits after the point, or a magnitude over 10^9.
  static absl::StatusOr<Decimal> Parse(absl::string_view text);

  // The number whose shortest decimal writing is `value`'s; the same errors.
  static absl::StatusOr<Decimal> FromDouble(double value);

  static constexpr Decimal FromInteger(int64_t value) { return Decimal(value, 0); }

  // units / 10^scale; 0 <= scale <= kMaxScale.
  static constexpr Decimal FromUnits(int64_t units, int scale) {
    while (scale > 0 && units % 10 == 0) {
      units /= 10;
      --scale;
    }
    return Decimal(units, scale);
  }

  constexpr int64_t units() const { return units_; }
  constexpr int scale() const { return scale_; }

  // units / 10^scale written with a larger or equal scale.
  Int128 UnitsAtScale(int scale) const;

  double ToDouble() const;
  std::string ToString() const;

  friend constexpr bool operator==(Decimal a, Decimal b) { return a.units_ == b.units_ && a.scale_ == b.scale_; }
  friend constexpr bool operator!=(Decimal a, Decimal b) { return !(a == b); }

 private:
  constexpr Decimal(int64_t units, int scale) : units_(units), scale_(scale) {}

  int64_t units_ = 0;
  int scale_ = 0;
};

// 10^exponent, 0 <= exponent <= 38.
Int128 PowerOfTen(int exponent);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_DECIMAL_H_
