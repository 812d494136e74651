// The commands of `costs`, and their help.
#ifndef CLIENT_CLI_COMMANDS_H_
#define CLIENT_CLI_COMMANDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

struct Command {
  const char* name;
  const char* about;  // a line
  ExitCode (*run)(absl::Span<const std::string> arguments);
  const char* help;
  const char* shared_flags_help;
  const char* channel_flags_help;
};

// In the order in which they are listed.
absl::Span<const Command> Commands();
// Null: there is none.
const Command* FindCommand(absl::string_view name);

// All of a command's help but the exit codes.
std::string HelpOf(const Command& command);
// What stands above and below the list of commands.
extern const char kUsageText[];
extern const char kExitCodesText[];
// That list, with what is behind it.
std::string HelpText();

extern const char kVersion[];

}  // namespace costs::cli

#endif  // CLIENT_CLI_COMMANDS_H_
