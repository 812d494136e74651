#include "service/server/sign_in.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/auth/accounts.h"
#include "service/auth/admin_token.h"
#include "service/auth/certificate_accounts.h"
#include "service/auth/login.h"
#include "service/auth/periodic.h"
#include "service/auth/secrets.h"
#include "service/auth/token_authenticator.h"
#include "service/auth/token_keys.h"
#include "service/executor/bounded_executor.h"
#include "service/rest/auth_routes.h"
#include "service/rpc/accounts_service.h"
#include "service/rpc/auth_service.h"
#include "service/rpc/open_calls.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

// How soon new signing keys and issuers' keys count.
constexpr absl::Duration kLookEvery = absl::Seconds(2);
// Logins, and the operator's calls, that wait.
constexpr size_t kMostWaiting = 256;
constexpr char kAdminVariable[] = "COSTS_ADMIN_TOKEN";

absl::Status Wrong(absl::string_view what, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(what, " ", status.message()));
}

absl::StatusOr<auth::AdminToken> ReadAdminToken(const SignInConfig& config) {
  if (!config.admin_token_file.empty()) {
    const absl::StatusOr<std::string> text = auth::ReadSmallFile(config.admin_token_file);
    if (!text.ok()) return Wrong("--admin_token_file:", text.status());
    absl::StatusOr<auth::AdminToken> token = auth::AdminToken::Of(*text);
    return token.ok() ? token : Wrong("the token of --admin_token_file", token.status());
  }
  const char* const variable = std::getenv(kAdminVariable);
  if (variable == nullptr || *variable == '\0') return auth::AdminToken();
  absl::StatusOr<auth::AdminToken> token = auth::AdminToken::Of(variable);
  return token.ok() ? token : Wrong(absl::StrCat("the environment's ", kAdminVariable), token.status());
}

absl::StatusOr<auth::CertificateAccounts> ReadCertificateAccounts(const SignInConfig& config) {
  if (config.certificate_accounts.empty()) return auth::CertificateAccounts();
  const absl::StatusOr<std::string> text = auth::ReadSmallFile(config.certificate_accounts);
  if (!text.ok()) return Wrong("--certificate_accounts:", text.status());
  absl::StatusOr<auth::CertificateAccounts> accounts = auth::CertificateAccounts::Parse(*text);
  return accounts.ok() ? accounts
                       : Wrong(absl::StrCat("--certificate_accounts=", config.certificate_accounts), accounts.status());
}

absl::StatusOr<std::unique_ptr<auth::Accounts>> OpenAccounts(const ServerConfig& config) {
  auth::Accounts::Options options;
  options.store = config.store;
  options.on_following = [name = StoreName(config)](const absl::Status& status) {
    if (status.ok()) {
      spdlog::info("--store={} is there again; accounts and keys are followed", name);
    } else {
      spdlog::warn("accounts and keys in --store={} cannot be followed, those at hand count: {}", name,
                   std::string(status.message()));
    }
  };
  return auth::Accounts::Open(std::move(options));
}

}  // namespace

// In the order in which they depend on each other; destroyed from the end.
struct SignIn::Parts {
  Parts(const SignInConfig& config, std::unique_ptr<auth::Accounts> opened, std::unique_ptr<auth::TokenKeys> read,
        auth::CertificateAccounts certificates, const auth::AdminToken& admin)
      : accounts(std::move(opened)),
        keys(std::move(read)),
        authenticator({&accounts->directory(), &keys->holder(), std::move(certificates), absl::Now}),
        login({&accounts->directory(), &keys->holder(), config.token_lifetime, absl::Now}),
        logins({/*threads=*/1, kMostWaiting}),
        changes({/*threads=*/1, kMostWaiting}),
        login_calls(&logins, Log),
        account_calls(&changes, Log),
        auth_service(&login, &login_calls),
        accounts_service(accounts.get(), admin, &account_calls),
        look(kLookEvery, [this] { keys->Look(); }) {}

  static void Log(absl::string_view line) { spdlog::error("grpc: {}", std::string(line)); }

  const std::unique_ptr<auth::Accounts> accounts;
  const std::unique_ptr<auth::TokenKeys> keys;
  auth::TokenAuthenticator authenticator;
  auth::Login login;
  // A store that is slow holds up no login.
  executor::BoundedExecutor logins;
  executor::BoundedExecutor changes;
  rpc::OpenCalls login_calls;
  rpc::OpenCalls account_calls;
  rpc::AuthService auth_service;
  rpc::AccountsService accounts_service;
  auth::Periodic look;
};

SignIn::SignIn(std::unique_ptr<auth::Authenticator> fixed) : fixed_(std::move(fixed)) {}
SignIn::SignIn(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
SignIn::~SignIn() = default;

absl::StatusOr<std::unique_ptr<SignIn>> SignIn::Open(const ServerConfig& config) {
  const SignInConfig& settings = config.sign_in;
  if (!settings.by_tokens()) {
    spdlog::warn("--authentication=none: every call is account {}'s", config.account_id);
    return std::unique_ptr<SignIn>(
        new SignIn(std::make_unique<auth::FixedIdentity>(catalog::Tenant{config.account_id, config.live_mode})));
  }
  const absl::StatusOr<auth::AdminToken> admin = ReadAdminToken(settings);
  if (!admin.ok()) return admin.status();
  absl::StatusOr<auth::CertificateAccounts> certificates = ReadCertificateAccounts(settings);
  if (!certificates.ok()) return certificates.status();
  auth::TokenKeys::Options key_options;
  key_options.name = settings.service_name;
  key_options.keys_dir = settings.token_keys_dir;
  key_options.issuers_file = settings.token_issuers;
  key_options.log = [](absl::string_view line) { spdlog::warn("{}", std::string(line)); };
  absl::StatusOr<std::unique_ptr<auth::TokenKeys>> keys = auth::TokenKeys::Open(std::move(key_options));
  if (!keys.ok()) return Wrong("--token_keys_dir, --token_issuers:", keys.status());
  absl::StatusOr<std::unique_ptr<auth::Accounts>> accounts = OpenAccounts(config);
  if (!accounts.ok()) return accounts.status();
  if (settings.token_keys_dir.empty()) {
    spdlog::info(
        "tokens are signed by a key of this process and end with it; several servers, or tokens that outlive "
        "a restart, need --token_keys_dir");
  }
  if (!admin->is_set()) {
    spdlog::info(
        "there is no admin token (--admin_token_file, or the environment's {}), so accounts and keys cannot "
        "be made or changed here",
        kAdminVariable);
  }
  return std::unique_ptr<SignIn>(new SignIn(
      std::make_unique<Parts>(settings, *std::move(accounts), *std::move(keys), *std::move(certificates), *admin)));
}

auth::Authenticator* SignIn::authenticator() { return parts_ == nullptr ? fixed_.get() : &parts_->authenticator; }

std::vector<grpc::Service*> SignIn::services() {
  if (parts_ == nullptr) return {};
  return {&parts_->auth_service, &parts_->accounts_service};
}

std::vector<rest::Route> SignIn::routes() {
  if (parts_ == nullptr) return {};
  return rest::AuthRoutes(&parts_->login, &parts_->logins);
}

size_t SignIn::calls_in_flight() const {
  return parts_ == nullptr ? 0 : parts_->login_calls.in_flight() + parts_->account_calls.in_flight();
}

}  // namespace costs::server
