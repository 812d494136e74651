// The rates of a location as a bar chart of text, a row an entry:
//
//   loc_1, IMPORT, Europe/London
//   price in GBP per kWh, carbon in gCO2eq per kWh
//
//   Sun 29 Oct 2023, 25 hours
//   00:00+01:00  ███████████▌               0.11   ~45
//   01:00+01:00  █████████▍                 0.09   ~38  ◀ cheapest greenest
//
// Of entries that share the lowest price or intensity each is marked, unless all
// do. A bar to the left of the zero line is a negative price; "~" says that a
// figure is less than certain. Pure functions.
#ifndef CLIENT_CLI_RATES_CHART_H_
#define CLIENT_CLI_RATES_CHART_H_

#include <string>

#include "client/cli/terminal.h"
#include "energy/costs/v1/tariffs_service.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

struct ChartOptions {
  Terminal terminal;
  // The bars are the intensities. So they are where the answer has no prices.
  bool carbon_bars = false;
};

std::string DrawRates(const v1::ListRatesResponse& rates, const ChartOptions& options);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RATES_CHART_H_
