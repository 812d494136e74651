#include "client/cli/call_flags.h"

#include <cstdlib>

#include "absl/flags/flag.h"
#include "client/cli/channel.h"

ABSL_FLAG(std::string, server, "", "a server's host:port");
ABSL_FLAG(std::string, output, "", "a format");
ABSL_FLAG(std::optional<absl::Duration>, deadline, std::nullopt, "a duration such as 10s or 1m30s");
ABSL_FLAG(std::string, format, "", "a format");
ABSL_FLAG(std::string, location, "", "a text");
ABSL_FLAG(std::string, device, "", "a text");
ABSL_FLAG(std::string, session, "", "a text");
ABSL_FLAG(std::string, record, "", "a text");
ABSL_FLAG(std::string, tariff_rate, "", "a text");
ABSL_FLAG(std::string, direction, "", "a text");
ABSL_FLAG(std::string, usage_before_wh, "", "a text");
ABSL_FLAG(bool, non_persistent, false, "true or false");
ABSL_FLAG(bool, dry_run, false, "true or false");
ABSL_FLAG(bool, no_tariff, false, "true or false");
ABSL_FLAG(bool, no_carbon, false, "true or false");

namespace costs::cli {
namespace {

template <typename Service>
absl::StatusOr<std::unique_ptr<typename Service::StubInterface>> Connect(const std::string& address) {
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(address);
  if (!channel.ok()) return channel.status();
  return std::unique_ptr<typename Service::StubInterface>(Service::NewStub(*channel));
}

}  // namespace

const char kCallFlagsHelp[] =
    "  --server=HOST:PORT   where the service is; default: $COSTS_SERVER, else 127.0.0.1:50051\n"
    "  --non_persistent     a simulation: the server stores nothing (also --dry_run)\n"
    "  --no_tariff          without the cost\n"
    "  --no_carbon          without the carbon\n";

const char kReadFlagsHelp[] =
    "  --server=HOST:PORT   where the service is; default: $COSTS_SERVER, else 127.0.0.1:50051\n"
    "  --deadline=DURATION  how long to wait; default: 10s\n";

std::string ServerAddress() {
  std::string address = absl::GetFlag(FLAGS_server);
  if (!address.empty()) return address;
  const char* const from_environment = getenv("COSTS_SERVER");
  return from_environment != nullptr && *from_environment != '\0' ? from_environment : "127.0.0.1:50051";
}

absl::StatusOr<std::unique_ptr<v1::CostsService::StubInterface>> ConnectTo(const std::string& address) {
  return Connect<v1::CostsService>(address);
}

absl::StatusOr<std::unique_ptr<v1::TariffsService::StubInterface>> ConnectToTariffs(const std::string& address) {
  return Connect<v1::TariffsService>(address);
}

absl::StatusOr<std::unique_ptr<v1::CarbonService::StubInterface>> ConnectToCarbon(const std::string& address) {
  return Connect<v1::CarbonService>(address);
}

ExitCode WriteOut(absl::string_view text, std::ostream* out, std::ostream* err) {
  *out << text;
  out->flush();
  if (out->good()) return kOk;
  *err << "costs: the answer cannot be written\n";
  return kFileError;
}

}  // namespace costs::cli
