// What costsd is told of who may call it: a part of ServerConfig (config.h).
//
// Secrets are in files and in the environment, never in flags.
#ifndef SERVICE_SERVER_SIGN_IN_CONFIG_H_
#define SERVICE_SERVER_SIGN_IN_CONFIG_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace costs::server {

struct SignInConfig {
  std::string authentication;  // tokens, or none: every call is --account_id's
  bool allow_unauthenticated = false;
  std::string admin_token_file;      // empty: the environment's COSTS_ADMIN_TOKEN
  std::string token_keys_dir;        // empty: a key that lives as long as the process
  std::string token_issuers;         // a file; empty: none but this service
  std::string certificate_accounts;  // a file; empty: certificates speak for nobody
  std::string service_name;          // `iss` and `aud` of tokens
  absl::Duration token_lifetime;

  bool by_tokens() const { return authentication != "none"; }
};

// The settings as the flags have them. Call after the command line was parsed.
SignInConfig SignInConfigFromFlags();

// What is wrong with them, as CheckConfig says it. `listens`: the addresses, each with
// the name of its flag, at which calls that change or show data can come in.
struct ListenAddress {
  std::string flag;
  std::string address;  // host:port; empty: none
};
std::vector<std::string> CheckSignIn(const SignInConfig& config, const std::vector<ListenAddress>& listens);

}  // namespace costs::server

#endif  // SERVICE_SERVER_SIGN_IN_CONFIG_H_
