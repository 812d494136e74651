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
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/rpc_error.h"
#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "grpcpp/support/client_interceptor.h"

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

// An answer of 10000 records in full is some 5 MiB; gRPC's own limit is 4.
constexpr int kLargestMessage = 64 << 20;
constexpr std::chrono::seconds kLoginPatience{10};

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

bool IsOnThisMachine(absl::string_view address) {
  const absl::string_view host = address.substr(0, address.rfind(':'));
  return absl::StartsWith(address, "unix:") || host == "localhost" || absl::StartsWith(host, "127.") ||
         host == "[::1]" || host == "::1";
}

absl::Status CheckSecrecy(const std::string& address) {
  if (UsesTls() || IsOnThisMachine(address) || absl::GetFlag(FLAGS_allow_plaintext)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("credentials would go to ", address,
                                                 " in plain text; use --tls, or --allow_plaintext on a network that "
                                                 "you trust"));
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelCredentials() {
  if (!UsesTls()) return grpc::InsecureChannelCredentials();
  if (absl::GetFlag(FLAGS_tls_cert).empty() != absl::GetFlag(FLAGS_tls_key).empty()) {
    return absl::InvalidArgumentError("--tls_cert and --tls_key go together");
  }
  grpc::SslCredentialsOptions options;
  const struct {
    absl::string_view flag;
    std::string path;
    std::string* pem;
  } files[] = {{"tls_ca", absl::GetFlag(FLAGS_tls_ca), &options.pem_root_certs},
               {"tls_cert", absl::GetFlag(FLAGS_tls_cert), &options.pem_cert_chain},
               {"tls_key", absl::GetFlag(FLAGS_tls_key), &options.pem_private_key}};
  for (const auto& file : files) {
    if (file.path.empty()) continue;
    absl::StatusOr<std::string> pem = ReadFile(file.flag, file.path);
    if (!pem.ok()) return pem.status();
    *file.pem = *std::move(pem);
  }
  return grpc::SslCredentials(options);
}

// Adds the metadata `authorization` to each call. (Call credentials would do so over TLS
// only, and loopback is fine, too.)
class Authorizer final : public grpc::experimental::Interceptor {
 public:
  explicit Authorizer(const std::string& authorization) : authorization_(authorization) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(grpc::experimental::InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      methods->GetSendInitialMetadata()->emplace("authorization", authorization_);
    }
    methods->Proceed();
  }

 private:
  const std::string authorization_;
};

class AuthorizerFactory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  explicit AuthorizerFactory(std::string authorization) : authorization_(std::move(authorization)) {}
  grpc::experimental::Interceptor* CreateClientInterceptor(grpc::experimental::ClientRpcInfo*) override {
    return new Authorizer(authorization_);
  }

 private:
  const std::string authorization_;
};

// `authorization` empty: without credentials.
absl::StatusOr<std::shared_ptr<grpc::Channel>> ChannelWith(const std::string& address,
                                                           const std::string& authorization) {
  const absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> credentials = ChannelCredentials();
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kLargestMessage);
  if (authorization.empty()) return grpc::CreateCustomChannel(address, *credentials, arguments);
  if (absl::Status secret = CheckSecrecy(address); !secret.ok()) return secret;
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<AuthorizerFactory>(authorization));
  return grpc::experimental::CreateCustomChannelWithInterceptors(address, *credentials, arguments,
                                                                 std::move(interceptors));
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

absl::StatusOr<v1::LoginResponse> LogInWith(const std::string& address, const AccountKey& key) {
  const std::string basic = absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(key.account_id, ":", key.api_key)));
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = ChannelWith(address, basic);
  if (!channel.ok()) return channel.status();
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLoginPatience);
  v1::LoginResponse response;
  const grpc::Status status = v1::AuthService::NewStub(*channel)->Login(&context, {}, &response);
  if (status.ok()) return response;
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat("cannot log in at ", address, ": ", OneLine(ErrorFrom(status))));
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
  if (!token->empty()) return ChannelWith(address, absl::StrCat("Bearer ", *token));
  const absl::StatusOr<AccountKey> key = AccountKeyFromFlags();
  if (!key.ok()) return key.status();
  if (key->api_key.empty()) return ChannelWith(address, "");
  const absl::StatusOr<v1::LoginResponse> login = LogInWith(address, *key);
  if (!login.ok()) return login.status();
  return ChannelWith(address, absl::StrCat("Bearer ", login->bearer_token()));
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenAdminChannel(const std::string& address) {
  const absl::StatusOr<std::string> token =
      Secret("admin_token_file", absl::GetFlag(FLAGS_admin_token_file), "COSTS_ADMIN_TOKEN");
  if (!token.ok()) return token.status();
  if (token->empty()) {
    return absl::InvalidArgumentError("the operator's token is missing: give COSTS_ADMIN_TOKEN or --admin_token_file");
  }
  return ChannelWith(address, absl::StrCat("Bearer ", *token));
}

absl::StatusOr<v1::LoginResponse> LogIn(const std::string& address) {
  const absl::StatusOr<AccountKey> key = AccountKeyFromFlags();
  if (!key.ok()) return key.status();
  if (key->api_key.empty()) {
    return absl::InvalidArgumentError(
        "what to log in with is missing: give COSTS_ACCOUNT_ID and COSTS_API_KEY, or --account and --api_key_file");
  }
  return LogInWith(address, *key);
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
