#include "service/rest/auth_routes.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/calculator/calculator.h"
#include "service/catalog/refusal.h"
#include "service/rest/blocking_handler.h"
#include "service/rest/http_error.h"

namespace costs::rest {
namespace {

// By the contract's table, which has a row for each reason of a login's.
HttpError ErrorOf(const absl::Status& status) {
  calculator::Failure failure;
  failure.code = status.code();
  failure.reason = catalog::ReasonOf(status);
  failure.message = std::string(status.message());
  if (const auto wait = catalog::RetryAfterOf(status)) failure.retry_after = *wait;
  return ErrorFromFailure(failure);
}

Answer LogIn(auth::Login* login, const Request& request) {
  const absl::StatusOr<auth::LoginAnswer> granted = login->Run(request.authorization);
  if (!granted.ok()) return Refused(ErrorOf(granted.status()));
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
  json.StartObject();
  json.Key("bearer_token");
  json.String(granted->bearer_token.data(), static_cast<rapidjson::SizeType>(granted->bearer_token.size()));
  json.Key("expires_in");
  json.Int(granted->expires_in);
  json.Key("live_mode");
  json.Bool(granted->live_mode);
  json.EndObject();
  Answer answer;
  answer.body = std::string(buffer.GetString(), buffer.GetSize());
  return answer;
}

}  // namespace

std::vector<Route> AuthRoutes(auth::Login* login, executor::BoundedExecutor* threads) {
  return {
      {"GET", "/login", "api.login", 0,
       BlockingHandler(threads, [login](const Request& request) { return LogIn(login, request); }), /*open=*/true},
      {"GET", "/.well-known/jwks.json", "api.jwks", 0,
       [login](const Request&, const Done& done) {
         Answer answer;
         answer.body = login->Jwks();
         done(answer);
       },
       /*open=*/true},
  };
}

}  // namespace costs::rest
