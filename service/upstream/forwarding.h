// Requests of the REST contract that are handed on to another costs API as they are: bulk
// submissions, for which nobody wants an instant answer, and what became of them.
//
//   forwarding.Send(call, [](ForwardResult result) { … });
//
// With the caller's own authorization, or with this service's token: where that is not
// taken, once more with a new one. Nothing else is tried again: the caller, who is told,
// may; the records' own keys make it safe. Thread-safe; when it is destroyed it waits for
// what is under way.
#ifndef SERVICE_UPSTREAM_FORWARDING_H_
#define SERVICE_UPSTREAM_FORWARDING_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "service/upstream/calls_under_way.h"
#include "service/upstream/contract_codec.h"
#include "service/upstream/curl_client.h"
#include "service/upstream/http_exchange.h"
#include "service/upstream/token_api.h"

namespace costs::upstream {

struct ForwardCall {
  std::string method;  // GET or PUT
  std::string target;  // path and query
  std::string body;    // JSON
  bool live_mode = false;
  std::string authorization;  // the caller's
  std::string traceparent;    // empty: none
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;  // may be null
};

// The upstream's answer, whose body is JSON: a success, or a refusal by the contract; or
// why there is none.
using ForwardResult = std::variant<HttpAnswer, UpstreamError>;

class Forwarding {
 public:
  using Sender = std::function<void(HttpRequest request, absl::Time deadline, std::function<bool()> cancelled,
                                    CurlClient::Done done)>;

  struct Options {
    Sender send;
    TokenApi* tokens = nullptr;  // outlives this; null: the callers' authorization is handed on
    Release release = Release::kZero;
    absl::Duration timeout = absl::Seconds(10);  // where the caller's deadline is later
    size_t largest_answer = size_t{32} << 20;    // of 10,000 records
    std::function<absl::Time()> now;
  };

  explicit Forwarding(Options options);
  ~Forwarding();

  // Runs `done` once, on another thread or before it returns; it does not block.
  void Send(ForwardCall call, std::function<void(ForwardResult)> done);

 private:
  struct Call;

  void Authorize(const std::shared_ptr<Call>& call, std::optional<int64_t> refused);
  void Ask(const std::shared_ptr<Call>& call, const std::string& authorization, std::optional<int64_t> token);
  void Answered(const std::shared_ptr<Call>& call, std::optional<int64_t> token, CurlClient::Result result);
  void End(const std::shared_ptr<Call>& call, ForwardResult result);

  const Options options_;
  CallsUnderWay under_way_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_FORWARDING_H_
