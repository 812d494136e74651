// `costs report`: what stored records cost, by day, month or session.
#ifndef CLIENT_CLI_REPORT_COMMAND_H_
#define CLIENT_CLI_REPORT_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

extern const char kReportHelp[];

// The command with its arguments, those behind its name.
ExitCode ReportCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_REPORT_COMMAND_H_
