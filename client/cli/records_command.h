// `costs records`: the stored meter records.
#ifndef CLIENT_CLI_RECORDS_COMMAND_H_
#define CLIENT_CLI_RECORDS_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

extern const char kRecordsHelp[];

// The command with its arguments, those behind its name.
ExitCode RecordsCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RECORDS_COMMAND_H_
