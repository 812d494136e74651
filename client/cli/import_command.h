// `costs import`: reads prices, intensities and tariffs out of other people's
// files, and sends them to the server.
#ifndef CLIENT_CLI_IMPORT_COMMAND_H_
#define CLIENT_CLI_IMPORT_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

extern const char kImportHelp[];

// The command with its arguments, those behind its name: what to import, then
// flags and files.
ExitCode ImportCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_IMPORT_COMMAND_H_
