// Named ways to a server: an INI file with a section for each, whose keys are the flags of
// the connection (server, tls, tls_ca, tls_cert, tls_key, allow_plaintext, account,
// api_key_file, token_file). Secrets are not in it: it names their files.
//
//   [work]
//   server = costs.example:50051
//   tls = true
//   account = acc_641b90b758fb8e6293716e40
//   api_key_file = /home/me/.config/costs/work.key
//
// Not thread-safe.
#ifndef CLIENT_CLI_PROFILES_H_
#define CLIENT_CLI_PROFILES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"

namespace costs::cli {

using Profile = std::map<std::string, std::string>;
using Profiles = std::map<std::string, Profile>;

// $COSTS_CONFIG, or costs/config in $XDG_CONFIG_HOME or else ~/.config; empty where the
// environment has none of these.
std::string ProfilesPath();

// INVALID_ARGUMENT, with the line: what is no section or key. A file that is not there has
// no profiles. NOT_FOUND: it cannot be read.
absl::StatusOr<Profiles> ReadProfiles(const std::string& path);
// Makes the directory too, and lets only the user read it.
absl::Status WriteProfiles(const std::string& path, const Profiles& profiles);

// Takes --profile out of the arguments, and sets its flags; they stand for what the command
// line does not say, and before the environment's variables. Without --profile that is
// $COSTS_PROFILE, or else `default` where there is one and neither --server nor any of
// COSTS_SERVER, COSTS_TOKEN, COSTS_ACCOUNT_ID and COSTS_API_KEY is given.
absl::Status UseProfile(std::vector<std::string>* arguments);

// Saves the connection's flags, as they are, under that name.
absl::Status SaveProfile(const std::string& name);

extern const char kProfilesHelp[];

// `costs profiles`, with its arguments.
ExitCode ProfilesCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_PROFILES_H_
