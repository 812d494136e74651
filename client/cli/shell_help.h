// What helps a person in a shell: completion and the manual page, made of the commands'
// help.
#ifndef CLIENT_CLI_SHELL_HELP_H_
#define CLIENT_CLI_SHELL_HELP_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

extern const char kCompletionHelp[];
extern const char kManHelp[];

ExitCode CompletionCommand(absl::Span<const std::string> arguments);
ExitCode ManCommand(absl::Span<const std::string> arguments);

// The flags that a help text names, such as "--server=" or "--tls", each once and in order.
std::vector<std::string> FlagsIn(absl::string_view help);

}  // namespace costs::cli

#endif  // CLIENT_CLI_SHELL_HELP_H_
