// What TLS adds to the REST server: versions, certificates of clients, handshakes
// that stall, certificates that are replaced.
#include <openssl/bio.h>
#include <openssl/pem.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using ::testing::HasSubstr;
using tls::ClientCertificates;

class TlsTest : public ServerTest {
 protected:
  // A client's context that shows a certificate; of TLS 1.2, which tells a client whose
  // certificate is refused at once.
  tls::Context Showing(const tls::TestPair& pair) {
    tls::Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    BIO* const certificate = BIO_new_mem_buf(pair.certificate.data(), static_cast<int>(pair.certificate.size()));
    BIO* const key = BIO_new_mem_buf(pair.private_key.data(), static_cast<int>(pair.private_key.size()));
    X509* const x509 = PEM_read_bio_X509(certificate, nullptr, nullptr, nullptr);
    EVP_PKEY* const pkey = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
    EXPECT_EQ(SSL_CTX_use_certificate(context.get(), x509), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), pkey), 1);
    X509_free(x509);
    EVP_PKEY_free(pkey);
    BIO_free(certificate);
    BIO_free(key);
    return context;
  }

  bool Served(SSL_CTX* context) {
    RawClient client(Endpoint(port_, context));
    return client.connected() && client.Send(Get("/healthz")) && client.Read().has_value();
  }

  // The common name of the certificate that a new connection is shown.
  std::string CommonName() {
    char name[64] = "";
    RawClient client(endpoint_);
    if (!client.connected()) return "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(client.ssl())), NID_commonName, name,
                              sizeof name);
    return name;
  }
};

TEST_F(TlsTest, Versions_AreTls12OrNewer) {
  UseTls();
  Start();
  const struct {
    int version;
    bool served;
  } cases[] = {{TLS1_VERSION, false}, {TLS1_1_VERSION, false}, {TLS1_2_VERSION, true}, {TLS1_3_VERSION, true}};
  for (const auto& c : cases) {
    tls::Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_security_level(context.get(), 0);  // else the client itself would refuse
    SSL_CTX_set_min_proto_version(context.get(), c.version);
    SSL_CTX_set_max_proto_version(context.get(), c.version);
    EXPECT_EQ(Served(context.get()), c.served) << c.version;
  }
}

TEST_F(TlsTest, Alpn_ChoosesHttp11OrRefuses) {
  UseTls();
  Start();
  const struct {
    std::string offers;
    bool served;
  } cases[] = {{std::string("\x02h2\x08http/1.1"), true}, {std::string("\x02h2"), false}};
  for (const auto& c : cases) {
    tls::Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(c.offers.data()),
                            static_cast<unsigned>(c.offers.size()));
    EXPECT_EQ(Served(context.get()), c.served);
  }
}

TEST_F(TlsTest, PlainText_IsDropped) {
  UseTls();
  Start();
  RawClient plain(port_);
  plain.Send(Get("/healthz"));
  EXPECT_FALSE(plain.Read().has_value());
  ExpectServing();
}

TEST_F(TlsTest, RequiredClientCertificate_IsVerified) {
  UseTls(ClientCertificates::kRequired);
  Start();
  tls::TestCa other("Other CA");
  EXPECT_TRUE(Served(Showing(ca_.Sign({"client", ""})).get()));
  EXPECT_FALSE(Served(client_tls_.get()));
  EXPECT_FALSE(Served(Showing(other.Sign({"client", ""})).get()));
  EXPECT_FALSE(Served(Showing(ca_.Sign({"client", "", -7200, -3600})).get()));
  EXPECT_FALSE(Served(Showing(ca_.Sign({"client", "", 3600, 7200})).get()));
  const std::lock_guard<std::mutex> lock(log_mutex_);
  EXPECT_THAT(log_, HasSubstr("REST TLS handshake failed"));
}

TEST_F(TlsTest, OptionalClientCertificate_IsVerifiedWhereItIsShown) {
  UseTls(ClientCertificates::kOptional);
  Start();
  tls::TestCa other("Other CA");
  EXPECT_TRUE(Served(Showing(ca_.Sign({"client", ""})).get()));
  EXPECT_TRUE(Served(client_tls_.get()));
  EXPECT_FALSE(Served(Showing(other.Sign({"client", ""})).get()));
  EXPECT_FALSE(Served(Showing(ca_.Sign({"client", "", -7200, -3600})).get()));
}

TEST_F(TlsTest, NewPair_IsShownToNewConnections) {
  UseTls();
  Start();
  RawClient before(endpoint_);
  EXPECT_EQ(CommonName(), "localhost");
  WritePair(ca_.SignServer("next"));
  while (CommonName() != "next") std::this_thread::yield();  // the test's own time limit ends it
  // The connection that was there goes on.
  before.Send(Get("/healthz"));
  EXPECT_TRUE(before.Read().has_value());
}

TEST_F(TlsTest, PairsReplacedUnderLoad_FailNoCall) {
  UseTls();
  Start();
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::atomic<int> served{0};
  std::vector<std::thread> load;
  load.reserve(2);
  for (int i = 0; i < 2; ++i) {
    load.emplace_back([&] {
      while (!stop.load()) ++(Served(client_tls_.get()) ? served : failed);
    });
  }
  for (int i = 0; i < 10; ++i) {
    const std::string name = absl::StrCat("pair-", i);
    WritePair(ca_.SignServer(name));
    while (CommonName() != name) std::this_thread::yield();
  }
  stop.store(true);
  for (std::thread& thread : load) thread.join();
  EXPECT_EQ(failed.load(), 0);
  EXPECT_GT(served.load(), 0);
}

TEST_F(TlsTest, HandshakeThatStalls_IsEnded) {
  options_.limits.handshake = absl::Milliseconds(200);
  UseTls();
  Start();
  RawClient silent(port_);
  RawClient half(port_);
  half.Send(absl::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  ExpectServing();
  EXPECT_TRUE(silent.AtEnd());
  EXPECT_TRUE(half.AtEnd());
  ExpectServing();
}

TEST_F(TlsTest, TooManyHandshakes_EndTheOldest) {
  options_.limits.handshakes = 3;
  options_.limits.handshake = absl::Hours(1);
  UseTls();
  Start();
  std::vector<std::unique_ptr<RawClient>> silent;
  for (int i = 0; i < 20; ++i) silent.push_back(std::make_unique<RawClient>(port_));
  // Those before the last three are ended by those that follow.
  for (int i = 0; i < 17; ++i) EXPECT_TRUE(silent[i]->AtEnd()) << i;
  for (int i = 0; i < 10; ++i) ExpectServing();
}

TEST_F(TlsTest, DrainDuringAHandshake_DoesNotWaitForIt) {
  options_.limits.handshake = absl::Hours(1);
  UseTls();
  Start();
  RawClient silent(port_);
  ExpectServing();  // so that the first is accepted
  EXPECT_TRUE(server_->Drain(absl::Now() + absl::Minutes(1)).ok());
  EXPECT_TRUE(silent.AtEnd());
}

TEST_F(TlsTest, EndOfAConnection_IsTlss) {
  UseTls();
  Start();
  RawClient client(endpoint_);
  client.Send("GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.Read().has_value());
  EXPECT_TRUE(client.AtEnd());
  EXPECT_EQ(SSL_get_shutdown(client.ssl()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

}  // namespace
}  // namespace costs::rest
