// Numbers as JSON text: exactly, and no longer than needed.
#ifndef SERVICE_REST_JSON_NUMBER_H_
#define SERVICE_REST_JSON_NUMBER_H_

#include <string>

#include "service/engine/meter_record.h"

namespace costs::rest {

// units / 10^digits, without trailing zeros: (928372000, 6) is "928.372",
// (1000, 3) is "1", (-5, 1) is "-0.5". `digits` is 0 to 38.
std::string DecimalText(engine::Int128 units, int digits);

// The shortest text that reads back as the finite `value`: "20567", "0.1". Plain
// digits from 1e-6 to 1e15, an exponent beyond; zero of either sign is "0".
std::string ShortestText(double value);

}  // namespace costs::rest

#endif  // SERVICE_REST_JSON_NUMBER_H_
