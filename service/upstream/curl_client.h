// HTTP requests to one server, over libcurl: many at once, on kept connections, HTTP/2
// with many calls on one where TLS offers it. The server's certificate is verified
// always; no redirect is followed, and no proxy is taken from the environment.
//
// One thread does it all, and runs each `done`. libcurl itself sends a request again on
// a new connection where a kept one turns out to be closed before it answered; so a
// request must be one that may arrive twice (a record has the same id each time).
//
// Thread-safe.
#ifndef SERVICE_UPSTREAM_CURL_CLIENT_H_
#define SERVICE_UPSTREAM_CURL_CLIENT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/http_exchange.h"

namespace costs::upstream {

class CurlClient {
 public:
  struct Options {
    std::string url;                 // https://HOST[:PORT][/PATH], without what follows; http:// too
    std::string ca_file;             // PEM; empty: the system's CAs
    std::string client_certificate;  // PEM; empty: none
    std::string client_key;          // PEM
    std::string proxy;               // empty: none
    size_t connections = 64;         // open at once
    size_t under_way = 256;          // requests; more wait
    size_t waiting = 10'000;         // and more are refused
    size_t largest_answer = size_t{1} << 20;
    absl::Duration connect_timeout = absl::Seconds(5);
    absl::Duration call_timeout = absl::Seconds(30);  // where the caller's deadline is later
    // Why a request failed, for the operator; from the client's thread.
    std::function<void(absl::string_view)> log = [](absl::string_view) {};
  };

  // The answer, whatever its status; or why there is none.
  using Result = std::variant<HttpAnswer, UpstreamError>;
  using Done = std::function<void(Result result)>;

  // INVALID_ARGUMENT: the URL is none, or has another scheme. Files are only looked at
  // when a connection is made.
  static absl::StatusOr<std::unique_ptr<CurlClient>> Start(Options options);
  // What is under way is cancelled, and `done` run.
  ~CurlClient();

  // Runs `done` once, on another thread; it does not block. `cancelled` may be null; it
  // is asked every few milliseconds until the request is done.
  void Send(HttpRequest request, absl::Time deadline, std::function<bool()> cancelled, Done done);

 private:
  class Loop;

  explicit CurlClient(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CURL_CLIENT_H_
