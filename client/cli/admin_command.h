// `costs admin`: the operator's calls on accounts and API keys.
#ifndef CLIENT_CLI_ADMIN_COMMAND_H_
#define CLIENT_CLI_ADMIN_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

extern const char kAdminHelp[];

// The command with its arguments, those behind its name.
ExitCode AdminCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_ADMIN_COMMAND_H_
