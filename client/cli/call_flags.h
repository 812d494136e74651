// The flags that several commands have, and the way to the server.
#ifndef CLIENT_CLI_CALL_FLAGS_H_
#define CLIENT_CLI_CALL_FLAGS_H_

#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "energy/costs/v1/carbon_service.grpc.pb.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"

ABSL_DECLARE_FLAG(std::string, server);
ABSL_DECLARE_FLAG(std::string, output);
ABSL_DECLARE_FLAG(std::optional<absl::Duration>, deadline);
ABSL_DECLARE_FLAG(std::string, format);
ABSL_DECLARE_FLAG(std::string, location);
ABSL_DECLARE_FLAG(std::string, device);
ABSL_DECLARE_FLAG(std::string, session);
ABSL_DECLARE_FLAG(std::string, record);
ABSL_DECLARE_FLAG(std::string, tariff_rate);
ABSL_DECLARE_FLAG(std::string, direction);
ABSL_DECLARE_FLAG(std::string, usage_before_wh);
ABSL_DECLARE_FLAG(bool, non_persistent);
ABSL_DECLARE_FLAG(bool, dry_run);  // of costs import, too
ABSL_DECLARE_FLAG(bool, no_tariff);
ABSL_DECLARE_FLAG(bool, no_carbon);

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

// Those of every command that prices records, and their part of its help.
inline constexpr absl::string_view kCallFlags[] = {"server",  "output",    "deadline", "non_persistent",
                                                   "dry_run", "no_tariff", "no_carbon"};
extern const char kCallFlagsHelp[];

// Those of a command that only reads, and their part of its help.
inline constexpr absl::string_view kReadFlags[] = {"server", "output", "deadline"};
extern const char kReadFlagsHelp[];

// --server, or else the environment's COSTS_SERVER, or else 127.0.0.1:50051.
std::string ServerAddress();

// Over a channel as the flags say (channel.h), whose errors these are.
absl::StatusOr<std::unique_ptr<v1::CostsService::StubInterface>> ConnectTo(const std::string& address);
absl::StatusOr<std::unique_ptr<v1::TariffsService::StubInterface>> ConnectToTariffs(const std::string& address);
absl::StatusOr<std::unique_ptr<v1::CarbonService::StubInterface>> ConnectToCarbon(const std::string& address);

// Writes an answer out. An exit code that tells what came of it.
ExitCode WriteOut(absl::string_view text, std::ostream* out, std::ostream* err);

// Puts the flags' options into a request of any of the calls.
template <typename Request>
void SetCallOptions(bool no_tariff, bool no_carbon, bool non_persistent, Request* request) {
  if (no_tariff) request->set_include_tariff(false);
  if (no_carbon) request->set_include_carbon(false);
  if (non_persistent) request->set_non_persistent(true);
}

}  // namespace costs::cli

#endif  // CLIENT_CLI_CALL_FLAGS_H_
