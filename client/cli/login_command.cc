#include "client/cli/login_command.h"

#include <iostream>
#include <iterator>
#include <vector>

#include "absl/flags/commandlineflag.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/profiles.h"

ABSL_FLAG(std::string, save, "", "a name");

namespace costs::cli {

const char kLoginHelp[] =
    "usage: costs login [flags]\n"
    "\n"
    "Trades an account's API key for a bearer token, which other commands take as COSTS_TOKEN and other clients send\n"
    "as `authorization: Bearer TOKEN`. Other commands also log in by themselves, with the same variables.\n"
    "\n"
    "  --output=            json (default), or token: nothing but the token\n"
    "  --save=NAME          also saves how the server was reached as a profile, which --profile=NAME of the other "
    "commands\n"
    "                       uses; the key must be in a file, --api_key_file\n"
    "  --server=HOST:PORT   where the service is; default: $COSTS_SERVER, else 127.0.0.1:50051\n";

ExitCode LoginCommand(absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed = {"server", "output", "save"};
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  absl::StatusOr<std::vector<std::string>> others = ParseFlags(arguments, allowed);
  const std::string output = absl::GetFlag(FLAGS_output);
  if (others.ok() && !others->empty()) {
    others = absl::InvalidArgumentError(absl::StrCat("\"", others->front(), "\" is no flag; flags begin with --"));
  } else if (others.ok() && !output.empty() && output != "json" && output != "token") {
    others = absl::InvalidArgumentError(absl::StrCat("--output must be json or token, but is \"", output, "\""));
  }
  // A profile names the key's file; the key itself is in no profile.
  if (others.ok() && !absl::GetFlag(FLAGS_save).empty()) {
    const absl::CommandLineFlag* const key = absl::FindCommandLineFlag("api_key_file");
    const absl::CommandLineFlag* const account = absl::FindCommandLineFlag("account");
    if (key->CurrentValue().empty() || account->CurrentValue().empty()) {
      others = absl::InvalidArgumentError("--save needs --account and --api_key_file: a profile names the key's file");
    }
  }
  if (!others.ok()) {
    std::cerr << "costs login: " << others.status().message() << "\n(costs help login lists the flags)\n";
    return kUsage;
  }
  const absl::StatusOr<v1::LoginResponse> login = LogIn(ServerAddress());
  if (!login.ok()) return ReportNoChannel(login.status(), &std::cerr);
  const std::string save = absl::GetFlag(FLAGS_save);
  if (!save.empty()) {
    if (absl::Status saved = SaveProfile(save); !saved.ok()) {
      std::cerr << "costs login: " << saved.message() << "\n";
      return absl::IsInvalidArgument(saved) ? kUsage : kFileError;
    }
    std::cerr << "costs: saved as the profile " << save << " in " << ProfilesPath() << "\n";
  }
  if (output == "token") {
    std::cout << login->bearer_token() << "\n";
  } else if (const absl::StatusOr<std::string> json = AnswerJson(*login); json.ok()) {
    std::cout << *json;
  }
  std::cout.flush();
  if (std::cout.good()) return kOk;
  std::cerr << "costs: the token cannot be written\n";
  return kFileError;
}

}  // namespace costs::cli
