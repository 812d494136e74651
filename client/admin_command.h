// `costs admin`: the operator's calls on accounts and API keys.
#ifndef CLIENT_ADMIN_COMMAND_H_
#define CLIENT_ADMIN_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/exit_code.h"

namespace costs::client {

extern const char kAdminHelp[];

// The command with its arguments, those behind its name.
ExitCode AdminCommand(absl::Span<const std::string> arguments);

}  // namespace costs::client

#endif  // CLIENT_ADMIN_COMMAND_H_
