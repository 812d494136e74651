#include "client/cli/commands.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/admin_command.h"
#include "client/cli/batch_command.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/import_command.h"
#include "client/cli/instant_command.h"
#include "client/cli/login_command.h"
#include "client/cli/profiles.h"
#include "client/cli/rates_command.h"
#include "client/cli/records_command.h"
#include "client/cli/report_command.h"
#include "client/cli/shell_help.h"
#include "client/cli/slots_command.h"

namespace costs::cli {
namespace {

const Command kCommands[] = {
    {"instant", "prices one meter record", InstantCommand, kInstantHelp, kCallFlagsHelp, kChannelFlagsHelp},
    {"batch", "prices a file of them: CSV, JSON lines, OCPP or Green Button", BatchCommand, kBatchHelp, kCallFlagsHelp,
     kChannelFlagsHelp},
    {"records", "lists, shows and deletes the stored meter records", RecordsCommand, kRecordsHelp, kReadFlagsHelp,
     kChannelFlagsHelp},
    {"report", "adds up what they cost, by day, month or session", ReportCommand, kReportHelp, kReadFlagsHelp,
     kChannelFlagsHelp},
    {"rates", "draws what a kWh costs at a location over time", RatesCommand, kRatesHelp, kReadFlagsHelp,
     kChannelFlagsHelp},
    {"slots", "finds when it is cheapest, dearest or greenest", SlotsCommand, kSlotsHelp, kReadFlagsHelp,
     kChannelFlagsHelp},
    {"import", "takes prices, intensities or tariffs out of other people's files", ImportCommand, kImportHelp, "",
     kChannelFlagsHelp},
    {"login", "trades an API key for a bearer token, or saves a profile", LoginCommand, kLoginHelp, "",
     kChannelFlagsHelp},
    {"profiles", "lists and removes named ways to a server", ProfilesCommand, kProfilesHelp, "", ""},
    {"admin", "makes and revokes accounts and API keys", AdminCommand, kAdminHelp, "", ""},
    {"completion", "prints a shell's completion of these commands", CompletionCommand, kCompletionHelp, "", ""},
    {"man", "prints the manual page", ManCommand, kManHelp, "", ""},
};

}  // namespace

const char kVersion[] = "costs 0.1.0";

const char kUsageText[] =
    "usage: costs COMMAND ... [--profile=NAME]\n"
    "\n"
    "What did this meter record cost, and what carbon did it cause?\n";

const char kExitCodesText[] =
    "exit codes:\n"
    "    0  every record was answered\n"
    "    1  some records failed, and the others were answered; or an import was refused\n"
    "    2  wrong arguments, or an input whose header is wrong\n"
    "    3  the server cannot be reached, broke off, or did not answer in time\n"
    "    4  the server refused the call, or answered wrongly\n"
    "    5  a file cannot be read or written\n"
    "  141  nobody reads the output any more\n";

absl::Span<const Command> Commands() { return kCommands; }

const Command* FindCommand(absl::string_view name) {
  for (const Command& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

std::string HelpOf(const Command& command) {
  return absl::StrCat(command.help, command.shared_flags_help, command.channel_flags_help);
}

std::string HelpText() {
  std::string text = absl::StrCat(kUsageText, "\n");
  for (const Command& command : kCommands)
    absl::StrAppend(&text, absl::StrFormat("  costs %-11s %s\n", command.name, command.about));
  absl::StrAppend(&text, "  costs help COMMAND  lists a command's flags\n  costs --version\n");
  return text;
}

}  // namespace costs::cli
