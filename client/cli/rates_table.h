// Rates and slots as a plain table and as CSV: times local with their offset,
// figures with all their digits; what is not known is "-" in a table and empty
// in CSV. Pure functions.
#ifndef CLIENT_CLI_RATES_TABLE_H_
#define CLIENT_CLI_RATES_TABLE_H_

#include <string>

#include "energy/costs/v1/tariffs_service.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

std::string RatesTable(const v1::ListRatesResponse& rates);
std::string RatesCsv(const v1::ListRatesResponse& rates);

std::string SlotsTable(const v1::FindSlotsResponse& slots);
std::string SlotsCsv(const v1::FindSlotsResponse& slots);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RATES_TABLE_H_
