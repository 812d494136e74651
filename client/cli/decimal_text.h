// Exact decimal figures out of the API's doubles, and their text.
//
// The API's money is exact to 6 digits after the point and its carbon to 3, but
// travels as double. These functions give the whole number of millionths (or
// thousandths) back, to be added up exactly and written without an exponent.
//
// Thread-safe (pure functions).
#ifndef CLIENT_CLI_DECIMAL_TEXT_H_
#define CLIENT_CLI_DECIMAL_TEXT_H_

#include <string>

namespace costs::cli {

using Int128 = __int128;

// value * 10^scale, rounded to the nearest whole number. scale: 0 to 6. A value
// that is not finite gives 0.
Int128 ToScaled(double value, int scale);

// Appends units / 10^scale without trailing zeros or exponent: 928372000 with
// scale 6 is 928.372. scale: 0 to 18.
void AppendScaled(Int128 units, int scale, std::string* out);

// All the digits of a price or intensity: the shortest decimal that means this
// double, without an exponent.
std::string AllDigits(double value);

}  // namespace costs::cli

#endif  // CLIENT_CLI_DECIMAL_TEXT_H_
