#include "client/cli/channel.h"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/connection.h"
#include "client/costs_client.h"
#include "client/login.h"

ABSL_FLAG(bool, tls, false, "true or false");
ABSL_FLAG(std::string, tls_ca, "", "a file");
ABSL_FLAG(std::string, tls_cert, "", "a file");
ABSL_FLAG(std::string, tls_key, "", "a file");
ABSL_FLAG(bool, allow_plaintext, false, "true or false");
ABSL_FLAG(std::string, token_file, "", "a file");
ABSL_FLAG(std::string, account, "", "an account's id");
ABSL_FLAG(std::string, api_key_file, "", "a file");
ABSL_FLAG(std::string, admin_token_file, "", "a file");

namespace costs::cli {
namespace {

namespace v1 = ::energy::costs::v1;

absl::StatusOr<std::string> ReadFile(absl::string_view flag, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  if (!file.is_open() || file.bad()) return absl::NotFoundError(absl::StrCat("--", flag, "=", path, " cannot be read"));
  return text;
}

std::string FromEnvironment(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

// A secret of the file that a flag names, or else of the environment; empty: none.
absl::StatusOr<std::string> Secret(absl::string_view flag, const std::string& path, const char* variable) {
  std::string text = FromEnvironment(variable);
  if (!path.empty()) {
    absl::StatusOr<std::string> read = ReadFile(flag, path);
    if (!read.ok()) return read.status();
    text = *std::move(read);
    if (absl::StripAsciiWhitespace(text).empty()) {
      return absl::InvalidArgumentError(absl::StrCat("--", flag, "=", path, " is empty"));
    }
  }
  // What is no printable text breaks a header.
  text = std::string(absl::StripAsciiWhitespace(text));
  for (const unsigned char c : text) {
    if (c <= ' ' || c >= 0x7f) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", flag, ", or the environment's ", variable, ", has characters that it cannot have"));
    }
  }
  return text;
}

bool UsesTls() {
  return absl::GetFlag(FLAGS_tls) || !absl::GetFlag(FLAGS_tls_ca).empty() || !absl::GetFlag(FLAGS_tls_cert).empty() ||
         !absl::GetFlag(FLAGS_tls_key).empty();
}

absl::Status CheckSecrecy(const std::string& address) {
  if (UsesTls() || StaysOnThisMachine(address) || absl::GetFlag(FLAGS_allow_plaintext)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("credentials would go to ", address,
                                                 " in plain text; use --tls, or --allow_plaintext on a network that "
                                                 "you trust"));
}

absl::StatusOr<Tls> TlsFromFlags() {
  Tls tls;
  tls.enabled = UsesTls();
  if (absl::GetFlag(FLAGS_tls_cert).empty() != absl::GetFlag(FLAGS_tls_key).empty()) {
    return absl::InvalidArgumentError("--tls_cert and --tls_key go together");
  }
  const struct {
    absl::string_view flag;
    std::string path;
    std::string* pem;
  } files[] = {{"tls_ca", absl::GetFlag(FLAGS_tls_ca), &tls.ca_pem},
               {"tls_cert", absl::GetFlag(FLAGS_tls_cert), &tls.certificate_pem},
               {"tls_key", absl::GetFlag(FLAGS_tls_key), &tls.key_pem}};
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    absl::StatusOr<std::string> pem = ReadFile(file.flag, file.path);
    if (!pem.ok()) return pem.status();
    *file.pem = *std::move(pem);
  }
  return tls;
}

struct AccountKey {
  std::string account_id;
  std::string api_key;
};

// The account and its API key; empty where neither is given.
absl::StatusOr<AccountKey> AccountKeyFromFlags() {
  AccountKey key;
  key.account_id = absl::GetFlag(FLAGS_account);
  if (key.account_id.empty()) key.account_id = FromEnvironment("COSTS_ACCOUNT_ID");
  absl::StatusOr<std::string> secret = Secret("api_key_file", absl::GetFlag(FLAGS_api_key_file), "COSTS_API_KEY");
  if (!secret.ok()) return secret.status();
  key.api_key = *std::move(secret);
  if (key.account_id.empty() != key.api_key.empty()) {
    return absl::InvalidArgumentError(
        "an account and its API key go together: COSTS_ACCOUNT_ID or --account, and COSTS_API_KEY or --api_key_file");
  }
  return key;
}

// With those credentials, of which at most one is set.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelWith(const std::string& address, const std::string& token,
                                                           const AccountKey& key) {
  absl::StatusOr<Tls> tls = TlsFromFlags();
  if (!tls.ok()) return tls.status();
  if (!token.empty() || !key.api_key.empty()) {
    if (absl::Status secret = CheckSecrecy(address); !secret.ok()) return secret;
  }
  ClientOptions options;
  options.address = address;
  options.tls = *std::move(tls);
  options.token = token;
  options.account_id = key.account_id;
  options.api_key = key.api_key;
  options.allow_plaintext_credentials = true;  // or CheckSecrecy had said so
  options.wait_for_ready = false;
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(options);
  if (!client.ok()) return client.status();
  return (*client)->channel();
}

}  // namespace

const char kChannelFlagsHelp[] =
    "  --tls                over TLS; implied by --tls_ca=FILE (who to trust, instead of the system's list),\n"
    "                       --tls_cert=FILE and --tls_key=FILE (the client's own certificate)\n"
    "  --allow_plaintext    sends credentials without TLS to other machines, too\n"
    "  --token_file=FILE    a bearer token; default: $COSTS_TOKEN\n"
    "  --account=ID --api_key_file=FILE  to log in with; default: $COSTS_ACCOUNT_ID, $COSTS_API_KEY\n";

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& address) {
  const absl::StatusOr<std::string> token = Secret("token_file", absl::GetFlag(FLAGS_token_file), "COSTS_TOKEN");
  if (!token.ok()) return token.status();
  if (!token->empty()) return ChannelWith(address, *token, {});
  const absl::StatusOr<AccountKey> key = AccountKeyFromFlags();
  if (!key.ok()) return key.status();
  return ChannelWith(address, "", *key);
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenAdminChannel(const std::string& address) {
  const absl::StatusOr<std::string> token =
      Secret("admin_token_file", absl::GetFlag(FLAGS_admin_token_file), "COSTS_ADMIN_TOKEN");
  if (!token.ok()) return token.status();
  if (token->empty()) {
    return absl::InvalidArgumentError("the operator's token is missing: give COSTS_ADMIN_TOKEN or --admin_token_file");
  }
  return ChannelWith(address, *token, {});
}

absl::StatusOr<v1::LoginResponse> LogIn(const std::string& address) {
  const absl::StatusOr<AccountKey> key = AccountKeyFromFlags();
  if (!key.ok()) return key.status();
  if (key->api_key.empty()) {
    return absl::InvalidArgumentError(
        "what to log in with is missing: give COSTS_ACCOUNT_ID and COSTS_API_KEY, or --account and --api_key_file");
  }
  absl::StatusOr<Tls> tls = TlsFromFlags();
  if (!tls.ok()) return tls.status();
  if (absl::Status secret = CheckSecrecy(address); !secret.ok()) return secret;
  Connection connection;
  connection.address = address;
  connection.tls = *std::move(tls);
  connection.wait_for_ready = false;
  return LogInWith(connection, key->account_id, key->api_key);
}

ExitCode ReportNoChannel(const absl::Status& status, std::ostream* err) {
  *err << "costs: " << status.message() << "\n";
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return kUsage;
    case absl::StatusCode::kNotFound:
      return kFileError;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
      return kServerUnreachable;
    default:
      return kServerRefused;
  }
}

}  // namespace costs::cli
