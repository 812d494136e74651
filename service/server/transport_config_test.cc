#include "service/server/transport_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "service/server/config.h"
#include "service/tls/testing/test_certificates.h"

namespace costs::server {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class TransportConfigTest : public testing::Test {
 protected:
  TransportConfigTest() {
    directory_ = absl::StrCat(testing::TempDir(), "/transport-XXXXXX");
    EXPECT_NE(mkdtemp(directory_.data()), nullptr);
    config_.catalog = testing::TempDir();
  }

  void GiveTls() {
    const tls::TestPair pair = ca_.SignServer();
    config_.transport.tls_certificate = Write("tls.crt", pair.certificate);
    config_.transport.tls_private_key = Write("tls.key", pair.private_key);
  }
  void GiveClientCa() { config_.transport.tls_client_ca = Write("ca.crt", ca_.certificate()); }

  std::string Write(const std::string& name, const std::string& content) {
    tls::WriteFile(absl::StrCat(directory_, "/", name), content);
    return absl::StrCat(directory_, "/", name);
  }

  std::vector<std::string> Faults() { return CheckConfig(config_); }

  tls::TestCa ca_;
  std::string directory_;
  ServerConfig config_ = ConfigFromFlags();
};

TEST_F(TransportConfigTest, PlainTextOnLoopback_IsFine) {
  for (const char* listen : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "LocalHost:1", "[::1]:1"}) {
    config_.grpc_listen = config_.rest_listen = listen;
    EXPECT_THAT(Faults(), IsEmpty()) << listen;
  }
}

TEST_F(TransportConfigTest, PlainTextBeyondLoopback_IsRefusedUnlessAllowed) {
  for (const char* listen : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::ffff:10.0.0.1]:1", "127.example:1",
                             "localhost.example:1", "192.168.127.0:1"}) {
    config_.grpc_listen = config_.rest_listen = listen;
    EXPECT_THAT(Faults(), ElementsAre(AllOf(HasSubstr("--grpc_listen is"), HasSubstr("--tls_certificate"),
                                            HasSubstr("--allow_plaintext")),
                                      HasSubstr("--rest_listen is")))
        << listen;
    config_.transport.allow_plaintext = true;
    EXPECT_THAT(Faults(), IsEmpty()) << listen;
    config_.transport.allow_plaintext = false;
  }
}

TEST_F(TransportConfigTest, TlsBeyondLoopback_IsFine) {
  GiveTls();
  config_.grpc_listen = config_.rest_listen = "0.0.0.0:0";
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(TransportConfigTest, ClientCertificates_AreRequiredWhereACaIsGiven) {
  GiveTls();
  EXPECT_EQ(ClientCertificatesOf(config_.transport), tls::ClientCertificates::kNone);
  GiveClientCa();
  EXPECT_THAT(Faults(), IsEmpty());
  EXPECT_EQ(ClientCertificatesOf(config_.transport), tls::ClientCertificates::kRequired);
  config_.transport.tls_client_certificates = "optional";
  EXPECT_THAT(Faults(), IsEmpty());
  EXPECT_EQ(ClientCertificatesOf(config_.transport), tls::ClientCertificates::kOptional);
}

TEST_F(TransportConfigTest, FaultOfTls_IsNamedWithItsRemedy) {
  const struct {
    std::function<void(TransportConfig*)> change;
    const char* names;
  } cases[] = {
      {[](TransportConfig* c) { c->tls_private_key = ""; }, "--tls_private_key is missing"},
      {[](TransportConfig* c) { c->tls_certificate = ""; }, "--tls_certificate is missing"},
      {[](TransportConfig* c) { c->tls_certificate = "/nowhere"; },
       "--tls_certificate names '/nowhere', which cannot be read: No such file"},
      {[](TransportConfig* c) { c->tls_private_key = "/nowhere"; }, "--tls_private_key names '/nowhere'"},
      {[](TransportConfig* c) { c->tls_client_ca = "/nowhere"; }, "--tls_client_ca names '/nowhere'"},
      {[this](TransportConfig* c) { c->tls_private_key = Write("other.key", ca_.SignServer().private_key); },
       "does not fit the certificate"},
      {[this](TransportConfig* c) {
         c->tls_private_key = Write("encrypted.key", tls::Encrypted(ca_.SignServer().private_key));
       },
       "which is encrypted"},
      {[](TransportConfig* c) { c->tls_client_certificates = "optional"; },
       "--tls_client_certificates needs --tls_client_ca"},
      {[](TransportConfig* c) { c->tls_client_certificates = "maybe"; },
       "--tls_client_certificates is 'maybe'; it must be optional or required"},
  };
  for (const auto& c : cases) {
    config_.transport = TransportFromFlags();
    GiveTls();
    c.change(&config_.transport);
    EXPECT_THAT(Faults(), ElementsAre(HasSubstr(c.names)));
  }
  config_.transport = TransportFromFlags();
  GiveClientCa();
  EXPECT_THAT(Faults(), ElementsAre(HasSubstr("--tls_client_ca needs --tls_certificate")));
}

TEST_F(TransportConfigTest, ExpiredCertificate_IsNoFault) {
  const tls::TestPair pair = ca_.Sign({"localhost", "", -7200, -3600});
  config_.transport.tls_certificate = Write("tls.crt", pair.certificate);
  config_.transport.tls_private_key = Write("tls.key", pair.private_key);
  EXPECT_THAT(Faults(), IsEmpty());
}

TEST_F(TransportConfigTest, LimitOutOfItsRange_IsNamed) {
  const struct {
    std::function<void(TransportConfig*)> change;
    const char* names;
  } cases[] = {
      {[](TransportConfig* c) { c->handshake_timeout = absl::ZeroDuration(); },
       "--handshake_timeout is 0; it must be between 100ms and 2m"},
      {[](TransportConfig* c) { c->grpc_connections = 0; }, "--grpc_connections is 0; it must be between 1 and 65536"},
      {[](TransportConfig* c) { c->grpc_streams = 65537; }, "--grpc_streams"},
      {[](TransportConfig* c) { c->grpc_metadata_limit = 1; }, "--grpc_metadata_limit"},
      {[](TransportConfig* c) { c->grpc_memory_quota = 1; }, "--grpc_memory_quota"},
      {[](TransportConfig* c) { c->grpc_keepalive_time = absl::Milliseconds(1); }, "--grpc_keepalive_time"},
      {[](TransportConfig* c) { c->grpc_keepalive_timeout = absl::Hours(2); }, "--grpc_keepalive_timeout"},
      {[](TransportConfig* c) { c->grpc_stall_timeout = absl::Milliseconds(1); }, "--grpc_stall_timeout"},
      {[](TransportConfig* c) { c->grpc_connection_idle = -absl::Seconds(1); }, "--grpc_connection_idle"},
      {[](TransportConfig* c) { c->grpc_connection_age = absl::Hours(169); }, "--grpc_connection_age"},
      {[](TransportConfig* c) { c->rest_large_bodies = 0; }, "--rest_large_bodies"},
  };
  for (const auto& c : cases) {
    config_.transport = TransportFromFlags();
    c.change(&config_.transport);
    EXPECT_THAT(Faults(), ElementsAre(HasSubstr(c.names)));
  }
  config_.transport = TransportFromFlags();
  config_.transport.grpc_stall_timeout = absl::ZeroDuration();
  EXPECT_THAT(Faults(), IsEmpty());
}

}  // namespace
}  // namespace costs::server
