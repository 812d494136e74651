// The way to a server: over TLS or not, and with which credentials. Every command's
// calls go through a channel that is opened here.
//
// Credentials come from the environment or from files, never from flags: a bearer token,
// or an account and an API key, with which a token is got first. Without any, none are
// sent. In plain text they are sent to this machine only, unless that is allowed.
#ifndef CLIENT_CLI_CHANNEL_H_
#define CLIENT_CLI_CHANNEL_H_

#include <memory>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/cli/exit_code.h"
#include "energy/costs/v1/auth_service.pb.h"
#include "grpcpp/channel.h"

namespace costs::cli {

// The flags that choose the way.
inline constexpr absl::string_view kWayFlags[] = {"tls", "tls_ca", "tls_cert", "tls_key", "allow_plaintext"};
// Those and the ones of a caller's credentials, and their part of a command's help.
inline constexpr absl::string_view kChannelFlags[] = {
    "tls", "tls_ca", "tls_cert", "tls_key", "allow_plaintext", "token_file", "account", "api_key_file"};
extern const char kChannelFlagsHelp[];

// With the caller's credentials, if there are any: COSTS_TOKEN or --token_file, or else
// COSTS_ACCOUNT_ID or --account with COSTS_API_KEY or --api_key_file, which logs in.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& address);

// With the operator's token, COSTS_ADMIN_TOKEN or --admin_token_file, which there must be.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenAdminChannel(const std::string& address);

// Trades the account's API key, which there must be, for a token.
absl::StatusOr<energy::costs::v1::LoginResponse> LogIn(const std::string& address);

// Tells on `err` why there is no channel or token, and returns the exit code.
ExitCode ReportNoChannel(const absl::Status& status, std::ostream* err);

}  // namespace costs::cli

#endif  // CLIENT_CLI_CHANNEL_H_
