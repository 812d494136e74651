#include "client/cli/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/str_cat.h"
#include "client/testing/certificates.h"
#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "grpcpp/client_context.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

ABSL_DECLARE_FLAG(bool, tls);
ABSL_DECLARE_FLAG(std::string, tls_ca);
ABSL_DECLARE_FLAG(std::string, tls_cert);
ABSL_DECLARE_FLAG(std::string, tls_key);
ABSL_DECLARE_FLAG(bool, allow_plaintext);
ABSL_DECLARE_FLAG(std::string, token_file);
ABSL_DECLARE_FLAG(std::string, account);
ABSL_DECLARE_FLAG(std::string, api_key_file);

namespace costs::cli {
namespace {

namespace v1 = ::energy::costs::v1;
using ::testing::HasSubstr;

// Answers a login with what it was sent, as the token.
class EchoService final : public v1::AuthService::Service {
 public:
  grpc::Status Login(grpc::ServerContext* context, const v1::LoginRequest*, v1::LoginResponse* response) override {
    const auto sent = context->client_metadata().find("authorization");
    if (sent == context->client_metadata().end()) return grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "none");
    response->set_bearer_token(std::string(sent->second.data(), sent->second.size()));
    return grpc::Status::OK;
  }
};

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    for (const char* variable : {"COSTS_TOKEN", "COSTS_ACCOUNT_ID", "COSTS_API_KEY"}) unsetenv(variable);
  }
  ~ChannelTest() override {
    for (const char* variable : {"COSTS_TOKEN", "COSTS_ACCOUNT_ID", "COSTS_API_KEY"}) unsetenv(variable);
  }

  void Start(const std::shared_ptr<grpc::ServerCredentials>& credentials) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", credentials, &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  void StartTls(bool wants_certificate = false) {
    grpc::SslServerCredentialsOptions options(wants_certificate
                                                  ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
                                                  : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
    options.pem_key_cert_pairs.push_back({server_certificate_.key, server_certificate_.certificate});
    options.pem_root_certs = client_certificate_.certificate;
    Start(grpc::SslServerCredentials(options));
  }

  // What the server was sent, or the name of the code of the failure.
  std::string Sent() const {
    const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(address_);
    if (!channel.ok()) return std::string(channel.status().message());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::LoginResponse response;
    const grpc::Status status = v1::AuthService::NewStub(*channel)->Login(&context, {}, &response);
    return status.ok() ? response.bearer_token() : absl::StrCat("code ", status.error_code());
  }

  static std::string File(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(::testing::TempDir(), "/", name);
    std::ofstream(path) << text;
    return path;
  }

  const absl::FlagSaver saver_;
  const TestCertificate server_certificate_ = MakeCertificate("server");
  const TestCertificate client_certificate_ = MakeCertificate("client");
  EchoService service_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ChannelTest, NoCredentials_SendsNone) {
  Start(grpc::InsecureServerCredentials());
  EXPECT_EQ(Sent(), absl::StrCat("code ", grpc::StatusCode::UNAUTHENTICATED));
}

TEST_F(ChannelTest, Token_IsSentWithEachCall) {
  Start(grpc::InsecureServerCredentials());
  setenv("COSTS_TOKEN", "of.the.environment\n", 1);
  EXPECT_EQ(Sent(), "Bearer of.the.environment");
  absl::SetFlag(&FLAGS_token_file, File("token", "of.the.file\n"));
  EXPECT_EQ(Sent(), "Bearer of.the.file");
}

TEST_F(ChannelTest, AccountAndKey_LogInFirst) {
  Start(grpc::InsecureServerCredentials());
  setenv("COSTS_ACCOUNT_ID", "acc_1", 1);
  setenv("COSTS_API_KEY", "sk_live_1", 1);
  // The echo of the login is the token.
  EXPECT_EQ(Sent(), "Bearer Basic YWNjXzE6c2tfbGl2ZV8x");
  absl::SetFlag(&FLAGS_account, "acc_2");
  absl::SetFlag(&FLAGS_api_key_file, File("key", "sk_live_2\n"));
  EXPECT_EQ(Sent(), "Bearer Basic YWNjXzI6c2tfbGl2ZV8y");
}

TEST_F(ChannelTest, BadSecret_IsToldWithoutIt) {
  address_ = "127.0.0.1:1";
  setenv("COSTS_TOKEN", "se cret", 1);
  EXPECT_EQ(Sent(), "--token_file, or the environment's COSTS_TOKEN, has characters that it cannot have");
  absl::SetFlag(&FLAGS_token_file, File("empty", "\n"));
  EXPECT_THAT(Sent(), HasSubstr("is empty"));
  absl::SetFlag(&FLAGS_token_file, "/nowhere/token");
  EXPECT_EQ(Sent(), "--token_file=/nowhere/token cannot be read");
}

TEST_F(ChannelTest, PlainTextToAnotherMachine_IsRefusedUnlessAllowed) {
  setenv("COSTS_TOKEN", "secret", 1);
  for (const char* address : {"192.0.2.1:1", "costs.example:443", "[2001:db8::1]:1", "localhost.example:1"}) {
    address_ = address;
    EXPECT_THAT(Sent(), HasSubstr("in plain text; use --tls, or --allow_plaintext")) << address;
  }
  absl::SetFlag(&FLAGS_allow_plaintext, true);
  EXPECT_TRUE(OpenChannel("192.0.2.1:1").ok());
  absl::SetFlag(&FLAGS_allow_plaintext, false);
  for (const char* address : {"localhost:1", "127.0.0.1:1", "127.9.9.9:1", "[::1]:1"}) {
    EXPECT_TRUE(OpenChannel(address).ok()) << address;
  }
  absl::SetFlag(&FLAGS_tls, true);
  EXPECT_TRUE(OpenChannel("192.0.2.1:1").ok());
  unsetenv("COSTS_TOKEN");
  absl::SetFlag(&FLAGS_tls, false);
  EXPECT_TRUE(OpenChannel("192.0.2.1:1").ok());
}

TEST_F(ChannelTest, Tls_SendsToAServerThatIsTrustedOnly) {
  StartTls();
  setenv("COSTS_TOKEN", "t", 1);
  absl::SetFlag(&FLAGS_tls_ca, File("ca", server_certificate_.certificate));
  EXPECT_EQ(Sent(), "Bearer t");
  absl::SetFlag(&FLAGS_tls_ca, File("other", client_certificate_.certificate));
  EXPECT_EQ(Sent(), absl::StrCat("code ", grpc::StatusCode::UNAVAILABLE));
}

TEST_F(ChannelTest, ClientCertificate_IsShown) {
  StartTls(/*wants_certificate=*/true);
  setenv("COSTS_TOKEN", "t", 1);
  absl::SetFlag(&FLAGS_tls_ca, File("ca", server_certificate_.certificate));
  EXPECT_EQ(Sent(), absl::StrCat("code ", grpc::StatusCode::UNAVAILABLE));
  absl::SetFlag(&FLAGS_tls_cert, File("cert", client_certificate_.certificate));
  EXPECT_EQ(Sent(), "--tls_cert and --tls_key go together");
  absl::SetFlag(&FLAGS_tls_key, File("certkey", client_certificate_.key));
  EXPECT_EQ(Sent(), "Bearer t");
}

TEST(ReportNoChannel, Code_TellsTheExitCode) {
  std::ostringstream err;
  EXPECT_EQ(ReportNoChannel(absl::InvalidArgumentError("a"), &err), kUsage);
  EXPECT_EQ(ReportNoChannel(absl::NotFoundError("b"), &err), kFileError);
  EXPECT_EQ(ReportNoChannel(absl::UnavailableError("c"), &err), kServerUnreachable);
  EXPECT_EQ(ReportNoChannel(absl::UnauthenticatedError("d"), &err), kServerRefused);
  EXPECT_EQ(err.str(), "costs: a\ncosts: b\ncosts: c\ncosts: d\n");
}

}  // namespace
}  // namespace costs::cli
