// `costs`: the command line of the service.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "client/cli/admin_command.h"
#include "client/cli/batch_command.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/exit_code.h"
#include "client/cli/import_command.h"
#include "client/cli/instant_command.h"
#include "client/cli/login_command.h"
#include "client/cli/rates_command.h"
#include "client/cli/records_command.h"
#include "client/cli/report_command.h"
#include "client/cli/slots_command.h"

namespace costs::cli {
namespace {

constexpr char kVersion[] = "costs 0.1.0";

constexpr char kHelp[] =
    "usage: costs COMMAND ...\n"
    "\n"
    "What did this meter record cost, and what carbon did it cause?\n"
    "\n"
    "  costs instant        prices one meter record\n"
    "  costs batch FILE     prices a file of them, CSV or JSON lines\n"
    "  costs import KIND    takes prices, intensities or tariffs out of other people's files\n"
    "  costs rates LOCATION  draws what a kWh costs there over time\n"
    "  costs slots LOCATION  finds when it is cheapest, dearest or greenest\n"
    "  costs records ...    lists, shows and deletes the stored meter records\n"
    "  costs report ID      adds up what they cost, by day, month or session\n"
    "  costs login          trades an API key for a bearer token\n"
    "  costs admin          makes and revokes accounts and API keys\n"
    "  costs help COMMAND   lists a command's flags\n"
    "  costs --version\n";

constexpr char kExitCodes[] =
    "\n"
    "exit codes:\n"
    "    0  every record was answered\n"
    "    1  some records failed, and the others were answered; or an import was refused\n"
    "    2  wrong arguments, or an input whose header is wrong\n"
    "    3  the server cannot be reached, broke off, or did not answer in time\n"
    "    4  the server refused the call, or answered wrongly\n"
    "    5  a file cannot be read or written\n"
    "  141  nobody reads the output any more\n";

struct Command {
  const char* name;
  ExitCode (*run)(absl::Span<const std::string> arguments);
  const char* help;
  const char* shared_flags_help;
  const char* channel_flags_help = kChannelFlagsHelp;
};

const Command kCommands[] = {
    {"instant", InstantCommand, kInstantHelp, kCallFlagsHelp},
    {"batch", BatchCommand, kBatchHelp, kCallFlagsHelp},
    {"import", ImportCommand, kImportHelp, ""},
    {"rates", RatesCommand, kRatesHelp, kReadFlagsHelp},
    {"records", RecordsCommand, kRecordsHelp, kReadFlagsHelp},
    {"report", ReportCommand, kReportHelp, kReadFlagsHelp},
    {"slots", SlotsCommand, kSlotsHelp, kReadFlagsHelp},
    {"login", LoginCommand, kLoginHelp, ""},
    {"admin", AdminCommand, kAdminHelp, "", ""},
};

const Command* FindCommand(const std::string& name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

ExitCode Help(const std::string& name) {
  if (name.empty()) {
    std::cout << kHelp << kExitCodes;
    return kOk;
  }
  const Command* const command = FindCommand(name);
  if (command == nullptr) {
    std::cerr << "costs: there is no command \"" << name << "\"\n" << kHelp;
    return kUsage;
  }
  std::cout << command->help << command->shared_flags_help << command->channel_flags_help << kExitCodes;
  return kOk;
}

bool AsksForHelp(absl::Span<const std::string> arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-h" || argument == "-help") return true;
  }
  return false;
}

ExitCode Run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::cerr << kHelp;
    return kUsage;
  }
  const std::string& name = arguments[0];
  if (name == "--version" || name == "version") {
    std::cout << kVersion << "\n";
    return kOk;
  }
  if (name == "help" || name == "--help" || name == "-h") return Help(arguments.size() > 1 ? arguments[1] : "");
  const Command* const command = FindCommand(name);
  if (command == nullptr) return Help(name);
  const absl::Span<const std::string> rest = absl::MakeConstSpan(arguments).subspan(1);
  return AsksForHelp(rest) ? Help(name) : command->run(rest);
}

}  // namespace
}  // namespace costs::cli

int main(int argc, char** argv) {
  // What gRPC says to itself is nothing to a person; who wants it sets this.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return costs::cli::Run(std::vector<std::string>(argv + 1, argv + argc));
}
