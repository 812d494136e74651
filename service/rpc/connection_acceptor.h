// Accepts a gRPC port's connections in gRPC's place, and bounds how many are open.
//
//   absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> acceptor = ConnectionAcceptor::Listen(options);
//   (*acceptor)->Start([&](int listener, int fd) { … });   // gRPC's ExternalConnectionAcceptor
//
// gRPC 1.51 bounds the connections by nothing, and stops listening for ever when the
// process once has no file descriptor left. Here a connection beyond the limit is
// closed, and one that cannot be had now is tried again.
//
// When gRPC ends a connection, or the peer resets it, a second descriptor of the same
// socket hears of it (a hang-up); so a connection takes two.
//
// Thread-safe but for Start, Stop and the end.
#ifndef SERVICE_RPC_CONNECTION_ACCEPTOR_H_
#define SERVICE_RPC_CONNECTION_ACCEPTOR_H_

#include <netdb.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/telemetry/sparse_log.h"

namespace costs::rpc {

class ConnectionAcceptor {
 public:
  struct Options {
    std::string listen;  // HOST:PORT; every address of the host; port 0: any free one
    size_t connections = 1024;
    // A peer whose machine takes or acknowledges nothing for so long is cut off by the
    // kernel (TCP_USER_TIMEOUT); 0: never.
    absl::Duration stall_timeout = absl::Minutes(1);
    std::function<void(absl::string_view)> log = [](absl::string_view) {};  // from the accepting thread
  };
  // Takes over the descriptor of a new connection.
  using Take = std::function<void(int listener, int fd)>;

  // Connections wait until Start(). UNAVAILABLE: the address, such as one in use.
  static absl::StatusOr<std::unique_ptr<ConnectionAcceptor>> Listen(Options options);
  ~ConnectionAcceptor();

  void Start(Take take);
  // Closes the port; what was taken goes on.
  void Stop();

  int port() const { return port_; }
  size_t open_connections() const { return open_.load(); }

 private:
  explicit ConnectionAcceptor(Options options);

  absl::Status Open();
  absl::Status OpenOne(const addrinfo& address);
  void Run();
  void AcceptFrom(int listener);
  void Add(int listener, int fd);
  void Forget(int watched);

  const Options options_;
  Take take_;
  telemetry::SparseLog log_;
  int port_ = 0;
  int epoll_ = -1;
  int wake_ = -1;
  std::vector<int> listeners_;
  std::unordered_set<int> watched_;  // the second descriptors
  std::atomic<size_t> open_{0};
  std::thread thread_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_CONNECTION_ACCEPTOR_H_
