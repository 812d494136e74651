#include "service/server/grpc_port.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "service/rpc/peer_certificate.h"
#include "service/tls/testing/test_certificates.h"

namespace costs::server {
namespace {

namespace v1 = energy::costs::v1;

using testing::ElementsAre;
using testing::IsEmpty;
using tls::ClientCertificates;

// Keeps what the last caller's certificate said.
class Witness final : public v1::CostsService::Service {
 public:
  grpc::Status CalculateInstantCost(grpc::ServerContext* context, const v1::CalculateInstantCostRequest*,
                                    v1::MeterRecord*) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_ = rpc::PeerCertificateOf(*context);
    return grpc::Status::OK;
  }
  std::optional<auth::PeerCertificate> last() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return last_;
  }

 private:
  std::mutex mutex_;
  std::optional<auth::PeerCertificate> last_;
};

class GrpcPortTest : public testing::Test {
 protected:
  GrpcPortTest() { config_.grpc_listen = "127.0.0.1:0"; }
  ~GrpcPortTest() override {
    if (port_ != nullptr) port_->server()->Shutdown(absl::ToChronoTime(absl::Now()));
  }

  void UseTls(ClientCertificates client_certificates) {
    directory_ = absl::StrCat(testing::TempDir(), "/grpc-tls-XXXXXX");
    ASSERT_NE(mkdtemp(directory_.data()), nullptr);
    files_ = {directory_ + "/tls.crt", directory_ + "/tls.key", ""};
    if (client_certificates != ClientCertificates::kNone) {
      files_.client_ca = directory_ + "/ca.crt";
      tls::WriteFile(files_.client_ca, ca_.certificate());
    }
    WritePair(ca_.SignServer());
    tls::Certificates::Options options;
    options.client_certificates = client_certificates;
    options.look_every = absl::Milliseconds(5);
    absl::StatusOr<std::unique_ptr<tls::Certificates>> opened = tls::Certificates::Open(files_, options);
    ASSERT_TRUE(opened.ok()) << opened.status();
    certificates_ = *std::move(opened);
  }

  void WritePair(const tls::TestPair& pair) {
    tls::WriteFile(files_.certificate, pair.certificate);
    tls::WriteFile(files_.private_key, pair.private_key);
  }

  void Start() {
    absl::StatusOr<std::unique_ptr<GrpcPort>> port = GrpcPort::Start(config_, {&witness_}, certificates_.get());
    ASSERT_TRUE(port.ok()) << port.status();
    port_ = *std::move(port);
  }

  std::shared_ptr<grpc::ChannelCredentials> Showing(const tls::TestPair& pair) {
    return grpc::SslCredentials({ca_.certificate(), pair.private_key, pair.certificate});
  }

  // On a connection of its own; `server` is told the common name of the server's certificate.
  grpc::Status Call(const std::shared_ptr<grpc::ChannelCredentials>& credentials, std::string* server = nullptr,
                    const std::string& metadata = "") {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    // A name would be looked up by c-ares, which leaks.
    arguments.SetSslTargetNameOverride("localhost");
    const auto stub = v1::CostsService::NewStub(
        grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port_->port()), credentials, arguments));
    grpc::ClientContext context;
    if (!metadata.empty()) context.AddMetadata("x-long", metadata);
    v1::MeterRecord record;
    const grpc::Status status = stub->CalculateInstantCost(&context, {}, &record);
    if (server != nullptr && status.ok()) {
      const auto names = context.auth_context()->FindPropertyValues(GRPC_X509_CN_PROPERTY_NAME);
      *server = names.empty() ? "" : std::string(names.front().data(), names.front().size());
    }
    return status;
  }
  bool Served(const std::shared_ptr<grpc::ChannelCredentials>& credentials) { return Call(credentials).ok(); }
  std::shared_ptr<grpc::ChannelCredentials> Anonymous() { return grpc::SslCredentials({ca_.certificate(), "", ""}); }

  int ConnectRaw() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    return fd;
  }

  // All that comes until the server ends the connection; the test's own time limit ends it.
  static std::string ReadToEnd(int fd) {
    std::string all;
    char bytes[4096];
    ssize_t count = 0;
    while ((count = recv(fd, bytes, sizeof bytes, 0)) > 0) all.append(bytes, static_cast<size_t>(count));
    close(fd);
    return all;
  }

  tls::TestCa ca_;
  std::string directory_;
  tls::Files files_;
  std::unique_ptr<tls::Certificates> certificates_;
  ServerConfig config_ = ConfigFromFlags();
  Witness witness_;
  std::unique_ptr<GrpcPort> port_;
};

TEST_F(GrpcPortTest, PlainText_HasNoPeerCertificate) {
  Start();
  EXPECT_TRUE(Served(grpc::InsecureChannelCredentials()));
  EXPECT_FALSE(witness_.last().has_value());
}

TEST_F(GrpcPortTest, Tls_RefusesPlainText) {
  UseTls(ClientCertificates::kNone);
  Start();
  EXPECT_TRUE(Served(Anonymous()));
  EXPECT_FALSE(witness_.last().has_value());
  EXPECT_FALSE(Served(grpc::InsecureChannelCredentials()));
  // A certificate that was not asked for is not shown.
  EXPECT_TRUE(Served(Showing(ca_.Sign({"client", ""}))));
  EXPECT_FALSE(witness_.last().has_value());
}

TEST_F(GrpcPortTest, RequiredClientCertificate_IsVerifiedAndItsNamesTold) {
  UseTls(ClientCertificates::kRequired);
  Start();
  tls::TestCa other("Other CA");
  EXPECT_FALSE(Served(Anonymous()));
  EXPECT_FALSE(Served(Showing(other.Sign({"client", ""}))));
  EXPECT_FALSE(Served(Showing(ca_.Sign({"client", "", -7200, -3600}))));
  ASSERT_TRUE(Served(
      Showing(ca_.Sign({"gateway", "DNS:a.example,URI:spiffe://example/gateway,DNS:b.example,email:a@b.example"}))));
  const std::optional<auth::PeerCertificate> names = witness_.last();
  ASSERT_TRUE(names.has_value());
  EXPECT_EQ(names->common_name, "gateway");
  EXPECT_THAT(names->uris, ElementsAre("spiffe://example/gateway"));
  EXPECT_THAT(names->dns_names, ElementsAre("a.example", "b.example"));
  ASSERT_TRUE(Served(Showing(ca_.Sign({"only", ""}))));
  EXPECT_EQ(witness_.last()->common_name, "only");
  EXPECT_THAT(witness_.last()->uris, IsEmpty());
}

TEST_F(GrpcPortTest, OptionalClientCertificate_IsVerifiedWhereItIsShown) {
  UseTls(ClientCertificates::kOptional);
  Start();
  tls::TestCa other("Other CA");
  EXPECT_TRUE(Served(Anonymous()));
  EXPECT_FALSE(witness_.last().has_value());
  EXPECT_FALSE(Served(Showing(other.Sign({"client", ""}))));
  ASSERT_TRUE(Served(Showing(ca_.Sign({"client", ""}))));
  EXPECT_EQ(witness_.last()->common_name, "client");
}

TEST_F(GrpcPortTest, PairsReplacedUnderLoad_FailNoCall) {
  UseTls(ClientCertificates::kNone);
  Start();
  std::atomic<bool> stop{false};
  std::atomic<int> failed{0};
  std::atomic<int> served{0};
  std::thread load([&] {
    while (!stop.load()) ++(Served(Anonymous()) ? served : failed);
  });
  for (int i = 0; i < 5; ++i) {
    const std::string name = absl::StrCat("pair-", i);
    WritePair(ca_.SignServer(name));
    std::string seen;
    while (seen != name) EXPECT_TRUE(Call(Anonymous(), &seen).ok());
  }
  stop.store(true);
  load.join();
  EXPECT_EQ(failed.load(), 0);
  EXPECT_GT(served.load(), 0);
}

TEST_F(GrpcPortTest, HalfWrittenPair_LeavesTheOldOne) {
  UseTls(ClientCertificates::kNone);
  Start();
  const tls::TestPair next = ca_.SignServer("next");
  tls::WriteFile(files_.certificate, next.certificate);
  std::string seen;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(Call(Anonymous(), &seen).ok());
    EXPECT_EQ(seen, "localhost");
  }
  tls::WriteFile(files_.private_key, next.private_key);
  while (seen != "next") ASSERT_TRUE(Call(Anonymous(), &seen).ok());
}

TEST_F(GrpcPortTest, NewClientCa_HoldsForNewConnections) {
  UseTls(ClientCertificates::kRequired);
  Start();
  tls::TestCa other("Other CA");
  const auto before = Showing(ca_.Sign({"client", ""}));
  const auto after = Showing(other.Sign({"client", ""}));
  EXPECT_TRUE(Served(before));
  tls::WriteFile(files_.client_ca, other.certificate());
  while (!Served(after)) std::this_thread::yield();
  EXPECT_FALSE(Served(before));
}

TEST_F(GrpcPortTest, HandshakeThatStalls_IsEnded) {
  config_.transport.handshake_timeout = absl::Milliseconds(200);
  Start();
  EXPECT_EQ(ReadToEnd(ConnectRaw()).find("nothing"), std::string::npos);  // plain text: no HTTP/2 preface
  port_->server()->Shutdown(absl::ToChronoTime(absl::Now()));
  port_.reset();
  UseTls(ClientCertificates::kNone);
  Start();
  EXPECT_EQ(ReadToEnd(ConnectRaw()), "");
  EXPECT_TRUE(Served(Anonymous()));
}

// A peer who greets and then answers no ping.
TEST_F(GrpcPortTest, DeadPeer_IsEndedAndTheLimitOfStreamsIsTold) {
  config_.transport.grpc_keepalive_time = absl::Seconds(1);
  config_.transport.grpc_keepalive_timeout = absl::Seconds(1);
  config_.transport.grpc_streams = 37;
  Start();
  const int fd = ConnectRaw();
  const std::string greeting("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24 + 9);
  ASSERT_EQ(send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL), static_cast<ssize_t>(greeting.size()));
  const std::string all = ReadToEnd(fd);
  EXPECT_NE(all.find(std::string("\0\3\0\0\0\x25", 6)), std::string::npos);  // SETTINGS_MAX_CONCURRENT_STREAMS
  EXPECT_TRUE(Served(grpc::InsecureChannelCredentials()));
}

// A peer whose machine takes nothing: the pings of keepalive would wait behind the rest.
TEST_F(GrpcPortTest, PeerWhoReadsNothing_IsEnded) {
  config_.transport.grpc_keepalive_time = absl::Hours(24);
  config_.transport.grpc_stall_timeout = absl::Seconds(1);
  Start();
  const int fd = ConnectRaw();
  const std::string greeting("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24 + 9);
  ASSERT_EQ(send(fd, greeting.data(), greeting.size(), MSG_NOSIGNAL), static_cast<ssize_t>(greeting.size()));
  // SETTINGS are always answered, and no such peer is told to go away for them.
  std::string settings;
  for (int i = 0; i < 1000; ++i) settings.append("\0\0\0\4\0\0\0\0\0", 9);
  size_t sent = 0;
  for (;;) {  // the test's own time limit ends it
    const ssize_t count = send(fd, settings.data() + sent, settings.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN) break;
    if (count > 0) sent = (sent + static_cast<size_t>(count)) % settings.size();
    if (count < 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  close(fd);
  EXPECT_TRUE(Served(grpc::InsecureChannelCredentials()));
}

TEST_F(GrpcPortTest, MetadataOverTheLimit_IsRefused) {
  config_.transport.grpc_metadata_limit = 4096;
  Start();
  EXPECT_TRUE(Call(grpc::InsecureChannelCredentials(), nullptr, std::string(2000, 'x')).ok());
  const grpc::Status refused = Call(grpc::InsecureChannelCredentials(), nullptr, std::string(5000, 'x'));
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << refused.error_message();
}

TEST_F(GrpcPortTest, ConnectionsBeyondTheLimit_AreClosed) {
  config_.transport.grpc_connections = 2;
  Start();
  const int first = ConnectRaw();
  const int second = ConnectRaw();
  // The third is closed without a byte.
  EXPECT_EQ(ReadToEnd(ConnectRaw()), "");
  close(first);
  while (!Served(grpc::InsecureChannelCredentials())) std::this_thread::yield();
  close(second);
}

TEST_F(GrpcPortTest, OldConnection_IsEndedBetweenCalls) {
  config_.transport.grpc_connection_age = absl::Milliseconds(200);
  Start();
  const auto channel =
      grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_->port()), grpc::InsecureChannelCredentials());
  const auto stub = v1::CostsService::NewStub(channel);
  // The state changes once the server has sent GOAWAY; no call fails by it.
  do {
    grpc::ClientContext context;
    v1::MeterRecord record;
    const grpc::Status status = stub->CalculateInstantCost(&context, {}, &record);
    ASSERT_TRUE(status.ok()) << status.error_message();
  } while (channel->GetState(false) == GRPC_CHANNEL_READY);
}

}  // namespace
}  // namespace costs::server
