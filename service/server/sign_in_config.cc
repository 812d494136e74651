#include "service/server/sign_in_config.h"

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "service/server/loopback.h"

ABSL_FLAG(std::string, authentication, "tokens",
          "Who may call. tokens: whoever has a bearer token (see AuthService.Login and GET /login), or a certificate "
          "of --certificate_accounts; none: anybody, and every call is --account_id's in --live_mode.");
ABSL_FLAG(bool, allow_unauthenticated, false,
          "Takes --authentication=none also where a port can be reached from other machines.");
ABSL_FLAG(std::string, admin_token_file, "",
          "File of the token, at least 32 characters, that the operator's calls (AccountsService) want; or else the "
          "environment's COSTS_ADMIN_TOKEN. Without either they are refused.");
ABSL_FLAG(
    std::string, token_keys_dir, "",
    "Directory of the keys that sign tokens: *.pem, private keys of P-256. Sorted by name the last one signs, and "
    "tokens of all are good; it is looked at every few seconds. Empty: a key that lives as long as the process.");
ABSL_FLAG(std::string, token_issuers, "",
          "JSON file of other issuers whose tokens are good here, a list of {issuer, audience, jwks_file, "
          "account_claim, live_mode or live_mode_claim}.");
ABSL_FLAG(std::string, certificate_accounts, "",
          "JSON file of the accounts that clients' certificates speak for, a list of {uri or dns_name, account_id, "
          "live_mode}.");
ABSL_FLAG(std::string, service_name, "instant-costs",
          "The name of this service in its tokens, 1 to 256 characters: their issuer and audience.");
ABSL_FLAG(absl::Duration, token_lifetime, absl::Hours(1), "How long a token is good, 1m to 24h.");

namespace costs::server {
namespace {

constexpr size_t kLongestName = 256;

}  // namespace

SignInConfig SignInConfigFromFlags() {
  SignInConfig config;
  config.authentication = absl::GetFlag(FLAGS_authentication);
  config.allow_unauthenticated = absl::GetFlag(FLAGS_allow_unauthenticated);
  config.admin_token_file = absl::GetFlag(FLAGS_admin_token_file);
  config.token_keys_dir = absl::GetFlag(FLAGS_token_keys_dir);
  config.token_issuers = absl::GetFlag(FLAGS_token_issuers);
  config.certificate_accounts = absl::GetFlag(FLAGS_certificate_accounts);
  config.service_name = absl::GetFlag(FLAGS_service_name);
  config.token_lifetime = absl::GetFlag(FLAGS_token_lifetime);
  return config;
}

std::vector<std::string> CheckSignIn(const SignInConfig& config, const std::vector<ListenAddress>& listens) {
  std::vector<std::string> faults;
  if (config.authentication != "tokens" && config.authentication != "none") {
    faults.push_back(absl::StrCat("--authentication is '", config.authentication, "'; it must be tokens or none"));
  }
  if (config.authentication == "none" && !config.allow_unauthenticated) {
    for (const ListenAddress& listen : listens) {
      // One that is no address at all is told by itself.
      if (!absl::StrContains(listen.address, ':') || IsLoopback(listen.address)) continue;
      faults.push_back(absl::StrCat("--authentication=none lets anybody in who reaches --", listen.flag, "=",
                                    listen.address,
                                    ", which is not on loopback; use tokens, or say --allow_unauthenticated"));
    }
  }
  if (config.service_name.empty() || config.service_name.size() > kLongestName) {
    faults.push_back(absl::StrCat("--service_name must be 1 to ", kLongestName, " characters long"));
  }
  if (config.token_lifetime < absl::Minutes(1) || config.token_lifetime > absl::Hours(24)) {
    faults.push_back(absl::StrCat("--token_lifetime is ", absl::FormatDuration(config.token_lifetime),
                                  "; it must be between 1m and 24h"));
  }
  return faults;
}

}  // namespace costs::server
