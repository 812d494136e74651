// Green Button (ESPI, NAESB REQ.21): a feed's interval blocks as meter records.
//
// - An interval block belongs to the meter reading whose links lead to it, and that to a
//   reading type: by the Atom links related, up and self. A feed with one reading type
//   needs no links.
// - uom 72 (Wh) and 38 (W); powerOfTenMultiplier: 10 to its power. commodity 1 and 2
//   (electricity) where it is said.
// - flowDirection 1 (forward) is IMPORT, 19 (reverse) EXPORT, 4 (net) by the value's sign;
//   without one: IMPORT.
// - accumulationBehaviour 4 (delta, the default) and 12 (an indication, of W): a reading is
//   its period's. 1 and 3 (a register): the difference to the next reading, from the one's
//   start to the other's.
// - ReadingQuality to confidence: valid (0), manually edited (7), derived (11), raw (14),
//   validated (17), verified (18) and revenue quality (19) are 1; estimated (8, 9), mixed
//   (13), normalized (15) and other (16) 0.8; projected (12) and questionable (10) 0.5. The
//   lowest of several counts. Without one: that of its block, else 1.
//
// Times are seconds since 1970 in UTC, as ESPI has them.
#ifndef CLIENT_ONRAMP_ESPI_H_
#define CLIENT_ONRAMP_ESPI_H_

#include <istream>

#include "absl/status/status.h"
#include "client/onramp/converted.h"

namespace costs::onramp {

// Intervals that a feed may have: 28 years of quarter hours.
inline constexpr size_t kMostIntervals = 1'000'000;

// Reads a whole feed, and adds its records in the order of its meter readings, blocks and
// intervals. Intervals that are no electricity are errors of their block, once. Lines are
// those of the intervals' values.
//
// INVALID_ARGUMENT, with the place: no XML, or no feed of Green Button; DATA_LOSS: the
// stream failed. Then nothing is added.
absl::Status ReadEspi(std::istream* feed, const Place& place, ConvertedRecords* converted);

}  // namespace costs::onramp

#endif  // CLIENT_ONRAMP_ESPI_H_
