// `costs login`: trades an API key for a bearer token and prints it.
#ifndef CLIENT_CLI_LOGIN_COMMAND_H_
#define CLIENT_CLI_LOGIN_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

extern const char kLoginHelp[];

// The command with its arguments, those behind its name.
ExitCode LoginCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_LOGIN_COMMAND_H_
