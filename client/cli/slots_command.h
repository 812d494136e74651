// `costs slots`: when a kWh is cheapest, dearest or greenest at a location.
#ifndef CLIENT_CLI_SLOTS_COMMAND_H_
#define CLIENT_CLI_SLOTS_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"
#include "client/cli/location_flags.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"

namespace costs::cli {

extern const char kSlotsHelp[];

struct SlotsOptions {
  enum class Format { kTable, kJson, kCsv };

  v1::FindSlotsRequest request;  // the times are set from `period`
  Period period;
  Format format = Format::kTable;
  absl::Duration deadline = absl::Seconds(10);
  std::string server;  // for messages only
};

// Asks, and prints the answer on `out` or what went wrong on `err`.
ExitCode RunSlots(const SlotsOptions& options, absl::Time now, v1::TariffsService::StubInterface* stub,
                  std::ostream* out, std::ostream* err);

// The command with its arguments, those behind its name.
ExitCode SlotsCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_SLOTS_COMMAND_H_
