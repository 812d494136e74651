// `costs rates`: what a kWh costs at a location over time, as a bar chart.
#ifndef CLIENT_CLI_RATES_COMMAND_H_
#define CLIENT_CLI_RATES_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"
#include "client/cli/location_flags.h"
#include "client/cli/rates_chart.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"

namespace costs::cli {

extern const char kRatesHelp[];

struct RatesOptions {
  enum class Format { kChart, kTable, kJson, kCsv };

  v1::ListRatesRequest request;  // the times are set from `period`
  Period period;
  Format format = Format::kChart;
  ChartOptions chart;
  absl::Duration deadline = absl::Seconds(10);
  std::string server;  // for messages only
};

// Asks, and prints the answer on `out` or what went wrong on `err`.
ExitCode RunRates(const RatesOptions& options, absl::Time now, v1::TariffsService::StubInterface* stub,
                  std::ostream* out, std::ostream* err);

// The command with its arguments, those behind its name.
ExitCode RatesCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RATES_COMMAND_H_
