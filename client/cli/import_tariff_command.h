// `costs import tariff`: its flags, and the importer that they choose.
#ifndef CLIENT_CLI_IMPORT_TARIFF_COMMAND_H_
#define CLIENT_CLI_IMPORT_TARIFF_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

// With its arguments, those behind its name.
ExitCode ImportTariffCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_IMPORT_TARIFF_COMMAND_H_
