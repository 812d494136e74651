// `costs import prices` and `costs import intensities`: their flags, and the
// importer that they choose.
#ifndef CLIENT_CLI_IMPORT_SERIES_COMMAND_H_
#define CLIENT_CLI_IMPORT_SERIES_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

// With their arguments, those behind their names.
ExitCode ImportPricesCommand(absl::Span<const std::string> arguments);
ExitCode ImportIntensitiesCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_IMPORT_SERIES_COMMAND_H_
