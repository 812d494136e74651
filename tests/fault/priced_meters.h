// Three locations whose prices can be worked out by hand, and what a feed's records
// must cost there, in whole numbers.
#ifndef TESTS_FAULT_PRICED_METERS_H_
#define TESTS_FAULT_PRICED_METERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tests/fault/meter_feed.h"

namespace costs::fault {

// loc_flat: 0.25 a kWh. loc_night: 0.125 from 00:00 to 06:00, else 0.25. loc_tiers:
// 0.1 for the first 100 kWh of a month, 0.3 from then on. All in UTC and GBP.
std::vector<std::string> PricedLocations();

// Creates what is not there yet on the server at that address; where it cannot, says
// why, otherwise nothing.
std::string CreatePricedLocations(const std::string& address);

// What is at fault on the server: every record that the feed had acknowledged is
// there, once, with the right cost, and no other; the answers told the right cost; and
// the reports by day add up to the records. Waits, with patience, for what is still
// being re-priced. Empty: nothing.
std::vector<std::string> FindFaults(const std::string& address, const std::vector<FedRecord>& records);

}  // namespace costs::fault

#endif  // TESTS_FAULT_PRICED_METERS_H_
