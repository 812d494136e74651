// `costs instant`: prices one meter record and prints the answer.
#ifndef CLIENT_CLI_INSTANT_COMMAND_H_
#define CLIENT_CLI_INSTANT_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

extern const char kInstantHelp[];

struct InstantOptions {
  enum class Format { kJson, kTable, kCsv };

  v1::CalculateInstantCostRequest request;
  absl::Duration deadline = absl::Seconds(10);
  Format format = Format::kJson;  // in gRPC's mapping; the table is for people
  std::string server;             // for messages only
};

// Asks, and prints the answer on `out` or what went wrong on `err`.
ExitCode RunInstant(const InstantOptions& options, v1::CostsService::StubInterface* stub, std::ostream* out,
                    std::ostream* err);

// The command with its arguments, those behind its name.
ExitCode InstantCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_INSTANT_COMMAND_H_
