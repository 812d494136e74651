// The REST face: an asynchronous HTTP/1.1 server of
//
//   POST /costs/instant   the contract's call, answered by a Calculator
//   GET, HEAD /healthz    {"status":"SERVING"}, or 503 {"status":"NOT_SERVING"}
//
// and of the routes that its options add, such as the catalog's.
//
//   Server server(std::move(options));
//   absl::StatusOr<uint16_t> port = server.Start();
//   …
//   absl::Status drained = server.Drain(absl::Now() + absl::Seconds(10));
//
// It translates bytes and knows neither prices nor what values are allowed. Who sends
// a request the authenticator knows, by its Authorization field; a request of nobody
// who is recognised gets no further (403 bad_credentials, 422 account_disabled).
//
// Thread-safety: Start, Drain and the destructor are called from one thread.
#ifndef SERVICE_REST_SERVER_H_
#define SERVICE_REST_SERVER_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/rest/server_options.h"

namespace costs::rest {

class Server {
 public:
  explicit Server(ServerOptions options);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // Cuts off whatever Drain() has not ended. The calculator may still run `done`
  // of calculations that were cut off, at any time later.
  ~Server();

  // Listens; the port that was taken. Once. INVALID_ARGUMENT: the options;
  // UNAVAILABLE: the address, such as one in use.
  absl::StatusOr<uint16_t> Start();

  // Stops accepting, closes the idle connections, answers the requests that are
  // under way with `Connection: close`, and ends. DEADLINE_EXCEEDED: some were
  // cut off at `deadline`.
  absl::Status Drain(absl::Time deadline);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace costs::rest

#endif  // SERVICE_REST_SERVER_H_
