// `costs`: the command line of the service.

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "client/cli/commands.h"
#include "client/cli/profiles.h"

namespace costs::cli {
namespace {

ExitCode Help(const std::string& name) {
  if (name.empty()) {
    std::cout << HelpText() << "\n" << kExitCodesText;
    return kOk;
  }
  const Command* const command = FindCommand(name);
  if (command == nullptr) {
    std::cerr << "costs: there is no command \"" << name << "\"\n" << HelpText();
    return kUsage;
  }
  std::cout << HelpOf(*command) << "\n" << kExitCodesText;
  return kOk;
}

bool AsksForHelp(const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    if (argument == "--") return false;
    if (argument == "--help" || argument == "-h" || argument == "-help") return true;
  }
  return false;
}

ExitCode Run(std::vector<std::string> arguments) {
  if (arguments.empty()) {
    std::cerr << HelpText();
    return kUsage;
  }
  std::string name = arguments[0];
  arguments.erase(arguments.begin());
  if (name == "--version" || name == "version") {
    std::cout << kVersion << "\n";
    return kOk;
  }
  if (name == "help" || name == "--help" || name == "-h") return Help(arguments.empty() ? "" : arguments[0]);
  // As one says it.
  if (name == "tariffs" && !arguments.empty() && arguments[0] == "import") {
    name = "import";
    arguments[0] = "tariff";
  }
  const Command* const command = FindCommand(name);
  if (command == nullptr || AsksForHelp(arguments)) return Help(name);
  if (const absl::Status status = UseProfile(&arguments); !status.ok()) {
    std::cerr << "costs: " << status.message() << "\n";
    return absl::IsInvalidArgument(status) ? kUsage : kFileError;
  }
  return command->run(arguments);
}

}  // namespace
}  // namespace costs::cli

int main(int argc, char** argv) {
  // The distribution's Abseil looks for deadlocks at each lock that gRPC takes, as it does in tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // What gRPC says to itself is nothing to a person; who wants it sets this.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  return costs::cli::Run(std::vector<std::string>(argv + 1, argv + argc));
}
