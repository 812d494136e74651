// Meter readings as exact numbers: whole millionths of a Wh or W, which is what a meter
// record's value holds.
//
// Pure and thread-safe.
#ifndef CLIENT_ONRAMP_QUANTITY_H_
#define CLIENT_ONRAMP_QUANTITY_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace costs::onramp {

using Micros = __int128;

// text * 10^exponent in millionths, the nearest (half away from zero). `text` is a JSON
// number; blanks around it are passed over. None for anything else, and beyond 10^18.
std::optional<Micros> ParseMicros(absl::string_view text, int exponent);

// As a meter record's value: the nearest double, from which the server gets the same
// millionths back up to 9e9.
double ToValue(Micros micros);

}  // namespace costs::onramp

#endif  // CLIENT_ONRAMP_QUANTITY_H_
