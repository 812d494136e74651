// `costs import tariff`: its flags, and the importer that they choose.
#ifndef CLIENT_IMPORT_TARIFF_COMMAND_H_
#define CLIENT_IMPORT_TARIFF_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/exit_code.h"

namespace costs::client {

// With its arguments, those behind its name.
ExitCode ImportTariffCommand(absl::Span<const std::string> arguments);

}  // namespace costs::client

#endif  // CLIENT_IMPORT_TARIFF_COMMAND_H_
