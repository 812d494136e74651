#include "service/rest/forwarded_routes.h"

#include <array>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "service/rest/exchange.h"
#include "service/rest/http_error.h"

namespace costs::rest {
namespace {

std::string Encoded(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      out += absl::StrFormat("%%%02X", byte);
    }
  }
  return out;
}

std::string TargetOf(const std::string& path, const Query& query) {
  std::string target = path;
  for (const auto& [key, value] : query) {
    target += target.size() == path.size() ? '?' : '&';
    target += Encoded(key) + "=" + Encoded(value);
  }
  return target;
}

Answer AnswerOf(std::variant<ForwardedAnswer, calculator::Failure> result) {
  if (const auto* failure = std::get_if<calculator::Failure>(&result)) return Refused(ErrorFromFailure(*failure));
  ForwardedAnswer& forwarded = std::get<ForwardedAnswer>(result);
  Answer answer;
  answer.status = forwarded.status;
  answer.body = std::move(forwarded.body);
  return answer;
}

}  // namespace

std::vector<Route> ForwardedMetersRoutes(Forward forward, uint64_t body_bytes) {
  std::vector<Route> routes;
  for (const auto& [method, path, context] :
       {std::array<const char*, 3>{"PUT", "/meters/interval", "api.meters_interval"},
        {"PUT", "/meters/cumulative/epoch", "api.meters_cumulative_epoch"},
        {"GET", "/meters/batch", "api.meters_batch"}}) {
    const bool puts = std::string(method) == "PUT";
    Route& route = routes.emplace_back();
    route.method = method;
    route.pattern = path;
    route.context = context;
    route.body_bytes = puts ? body_bytes : 0;
    route.hands_on_authorization = true;
    route.handler = [forward, method = std::string(method), path = std::string(path)](Request request, Done done) {
      ForwardedRequest forwarded;
      forwarded.method = method;
      forwarded.target = TargetOf(path, request.query);
      forwarded.body = std::move(request.body);
      forwarded.live_mode = request.identity->tenant.live_mode;
      forwarded.authorization = std::move(request.authorization);
      forwarded.traceparent = std::move(request.traceparent);
      forwarded.deadline = request.deadline;
      forwarded.cancelled = std::move(request.cancelled);
      forward(std::move(forwarded), [done = std::move(done)](auto result) { done(AnswerOf(std::move(result))); });
    };
  }
  return routes;
}

}  // namespace costs::rest
