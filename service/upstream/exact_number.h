// A JSON number as a whole number of small units, without a double in between.
//
//   ReadExact("928.372", 6) == 928372000
//
// A pure function.
#ifndef SERVICE_UPSTREAM_EXACT_NUMBER_H_
#define SERVICE_UPSTREAM_EXACT_NUMBER_H_

#include <optional>

#include "absl/strings/string_view.h"
#include "service/engine/meter_record.h"

namespace costs::upstream {

// `text` in units of 10^-digits, rounded half-even once where it has more digits;
// `text` has the form of a JSON number. Nothing where its magnitude is over 10^27:
// no record costs as much. 0 <= digits <= 9.
std::optional<engine::Int128> ReadExact(absl::string_view text, int digits);

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_EXACT_NUMBER_H_
