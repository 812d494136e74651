#include "service/rpc/connection_acceptor.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"

namespace costs::rpc {
namespace {

using testing::HasSubstr;

class AcceptorTest : public testing::Test {
 protected:
  ~AcceptorTest() override {
    acceptor_.reset();
    for (int fd : taken_) close(fd);
    for (int fd : clients_) close(fd);
  }

  void Start(size_t connections) {
    ConnectionAcceptor::Options options;
    options.listen = "127.0.0.1:0";
    options.connections = connections;
    options.log = [this](absl::string_view line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      absl::StrAppend(&log_, line, "\n");
    };
    absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> acceptor = ConnectionAcceptor::Listen(options);
    ASSERT_TRUE(acceptor.ok()) << acceptor.status();
    acceptor_ = *std::move(acceptor);
    acceptor_->Start([this](int, int fd) {
      const std::lock_guard<std::mutex> lock(mutex_);
      taken_.push_back(fd);
    });
  }

  int Connect() {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(acceptor_->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    clients_.push_back(fd);
    return fd;
  }

  // Waits for the server's end of the connection.
  static bool Ended(int fd) {
    char byte = 0;
    return recv(fd, &byte, 1, 0) <= 0;
  }

  void AwaitOpen(size_t count) {
    while (acceptor_->open_connections() != count) std::this_thread::yield();  // the test's own time limit ends it
  }
  // One that is open may not have been handed on yet.
  void AwaitTaken(size_t count) {
    while (taken() != count) std::this_thread::yield();
  }
  size_t taken() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return taken_.size();
  }

  std::unique_ptr<ConnectionAcceptor> acceptor_;
  std::mutex mutex_;
  std::vector<int> taken_;  // guarded by mutex_
  std::string log_;         // guarded by mutex_
  std::vector<int> clients_;
};

TEST_F(AcceptorTest, ConnectionBeyondTheLimit_IsClosedUntilOneEnds) {
  Start(2);
  const int first = Connect();
  Connect();
  AwaitOpen(2);
  EXPECT_TRUE(Ended(Connect()));
  AwaitTaken(2);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    EXPECT_THAT(log_, HasSubstr("--grpc_connections"));
    // As gRPC ends a connection.
    shutdown(taken_[0], SHUT_RDWR);
    close(taken_[0]);
    taken_.erase(taken_.begin());
  }
  EXPECT_TRUE(Ended(first));
  AwaitOpen(1);
  Connect();
  AwaitOpen(2);
  AwaitTaken(2);
}

TEST_F(AcceptorTest, ConnectionThatIsReset_IsForgotten) {
  Start(1);
  const int fd = Connect();
  AwaitOpen(1);
  const linger at_once = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
  clients_.clear();
  AwaitOpen(0);
  Connect();
  AwaitOpen(1);
}

// A client who sends nothing more may still read.
TEST_F(AcceptorTest, HalfClosedConnection_StillCounts) {
  Start(1);
  shutdown(Connect(), SHUT_WR);
  AwaitOpen(1);
  EXPECT_TRUE(Ended(Connect()));
  EXPECT_EQ(acceptor_->open_connections(), 1u);
}

TEST_F(AcceptorTest, NoDescriptorLeft_IsWaitedOut) {
  Start(1000);
  Connect();
  AwaitOpen(1);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const rlimit none = {static_cast<rlim_t>(client) + 1, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(acceptor_->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  clients_.push_back(client);
  for (;;) {  // until it has tried
    const std::lock_guard<std::mutex> lock(mutex_);
    if (log_.find("Too many open files") != std::string::npos) break;
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  Connect();
  while (taken() < 2) std::this_thread::yield();
}

TEST_F(AcceptorTest, AddressInUse_IsAnError) {
  Start(1);
  ConnectionAcceptor::Options options;
  options.listen = absl::StrCat("127.0.0.1:", acceptor_->port());
  EXPECT_EQ(ConnectionAcceptor::Listen(options).status().code(), absl::StatusCode::kUnavailable);
  options.listen = "no.such.host.invalid:0";
  EXPECT_EQ(ConnectionAcceptor::Listen(options).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace costs::rpc
