// What the REST server is made of and how much it puts up with. Plain values.
#ifndef SERVICE_REST_SERVER_OPTIONS_H_
#define SERVICE_REST_SERVER_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/auth/authenticator.h"
#include "service/calculator/calculator.h"
#include "service/rest/router.h"
#include "service/tls/certificates.h"

namespace costs::rest {

// Timeouts are from the beginning of what they bound to its end, so that a
// client who trickles bytes gains nothing.
struct Limits {
  uint32_t header_bytes = 8 * 1024;  // of the request line, and of the fields
  uint64_t body_bytes = 64 * 1024;   // of a record; routes may have their own limit
  uint32_t header_fields = 100;
  // Of the bodies under way that are larger than body_bytes, together; one that does
  // not fit is answered 503.
  uint64_t large_bodies_bytes = uint64_t{256} * 1024 * 1024;
  size_t connections = 1024;  // more are answered 503 and closed
  // TLS handshakes under way: where there are more, the oldest is ended, which is
  // likely one that stalls.
  size_t handshakes = 128;
  absl::Duration handshake = absl::Seconds(10);
  absl::Duration header = absl::Seconds(10);  // also a new connection's first byte
  absl::Duration body = absl::Seconds(10);
  absl::Duration idle = absl::Seconds(75);  // between two requests
  absl::Duration work = absl::Seconds(30);  // from the whole request to its answer
  absl::Duration write = absl::Seconds(30);
  // Reading on after the last answer, so that the client gets to read it.
  absl::Duration linger = absl::Seconds(1);
  // A client who closed his side of the connection may still be reading: he
  // counts as gone only after this time. One whose connection is reset is gone
  // at once.
  absl::Duration half_close = absl::Seconds(2);
};

// A request that has been answered, for counts and the log. Texts are borrowed.
struct AnsweredRequest {
  absl::string_view method;  // of the route; empty: none serves it
  absl::string_view route;   // its pattern; empty: none
  int status = 0;
  absl::Duration duration;       // from its first byte to the answer's making
  absl::string_view account_id;  // empty: nobody who is known
  absl::string_view request_id;
  absl::string_view traceparent;  // empty: none
};

struct ServerOptions {
  // HOST:PORT, where HOST is an IPv4 address, an IPv6 address in brackets, or
  // localhost (127.0.0.1). Port 0 takes any free one.
  std::string listen = "127.0.0.1:0";
  int io_threads = 2;
  // What TLS uses; outlives the server. Null: plain text.
  const tls::Certificates* certificates = nullptr;
  // Borrowed; outlives the server and every `done` that it was given. Null: there is no
  // POST /costs/instant.
  calculator::Calculator* calculator = nullptr;
  // What is served besides the routes of server.h.
  std::vector<Route> routes;
  // Borrowed; outlives the server. Asked who sends a request before anything is said
  // to it, but for routes that are open, and for what no route serves. May be null where
  // all routes are open.
  auth::Authenticator* authenticator = nullptr;
  bool live_mode = false;  // of errors that answer nobody who is known
  // These may be called from several threads at once.
  std::function<absl::Time()> clock = absl::Now;
  std::function<bool()> serving = [] { return true; };                    // GET /healthz
  std::function<void(absl::string_view)> log = [](absl::string_view) {};  // what the operator should know
  std::function<void(const AnsweredRequest&)> answered = [](const AnsweredRequest&) {};
  Limits limits;
};

}  // namespace costs::rest

#endif  // SERVICE_REST_SERVER_OPTIONS_H_
