#include "service/upstream/forwarding.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "service/upstream/contract_errors.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

bool IsJson(const std::string& text) {
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::Reader reader;
  rapidjson::BaseReaderHandler<> ignore;
  return !reader.Parse<rapidjson::kParseIterativeFlag>(stream, ignore).IsError();
}

}  // namespace

struct Forwarding::Call {
  ForwardCall call;
  absl::Time deadline;
  std::function<void(ForwardResult)> done;
  std::optional<UpstreamError> refused;  // the first token was
};

Forwarding::Forwarding(Options options) : options_(std::move(options)) {}

Forwarding::~Forwarding() { under_way_.Await(); }

void Forwarding::Send(ForwardCall call, std::function<void(ForwardResult)> done) {
  under_way_.Begin();
  auto mine = std::make_shared<Call>();
  mine->deadline = std::min(call.deadline, options_.now() + options_.timeout);
  mine->call = std::move(call);
  mine->done = std::move(done);
  if (options_.tokens == nullptr) return Ask(mine, mine->call.authorization, std::nullopt);
  Authorize(mine, std::nullopt);
}

// `refused`: the number of a token that the upstream did not take.
void Forwarding::Authorize(const std::shared_ptr<Call>& call, std::optional<int64_t> refused) {
  options_.tokens->Authorize(refused, [this, call](TokenApi::AuthorizeResult result) {
    if (auto* error = std::get_if<UpstreamError>(&result)) {
      // Without another token the upstream's own word is the truest.
      return End(call, call->refused ? *std::move(call->refused) : std::move(*error));
    }
    const auto& token = std::get<TokenApi::Authorization>(result);
    if (token.live_mode != call->call.live_mode) return End(call, TokenApi::OtherMode(call->call.live_mode));
    Ask(call, token.header, token.number);
  });
}

void Forwarding::Ask(const std::shared_ptr<Call>& call, const std::string& authorization,
                     std::optional<int64_t> token) {
  if (call->call.cancelled != nullptr && call->call.cancelled()) return End(call, Cancelled(/*may_have_acted=*/false));
  if (options_.now() >= call->deadline) return End(call, TimedOut(/*may_have_acted=*/false));
  HttpRequest request;
  request.method = call->call.method;
  request.target = call->call.target;
  request.body = call->call.body;
  request.headers = {"Accept: application/json", VersionHeader(options_.release)};
  if (!request.body.empty()) request.headers.push_back("Content-Type: application/json");
  if (!authorization.empty()) request.headers.push_back(absl::StrCat("Authorization: ", authorization));
  if (!call->call.traceparent.empty()) {
    request.headers.push_back(absl::StrCat("traceparent: ", call->call.traceparent));
  }
  request.largest_answer = options_.largest_answer;
  options_.send(std::move(request), call->deadline, call->call.cancelled,
                [this, call, token](CurlClient::Result result) { Answered(call, token, std::move(result)); });
}

void Forwarding::Answered(const std::shared_ptr<Call>& call, std::optional<int64_t> token, CurlClient::Result result) {
  if (auto* error = std::get_if<UpstreamError>(&result)) return End(call, std::move(*error));
  HttpAnswer& answer = std::get<HttpAnswer>(result);
  const bool success = answer.status >= 200 && answer.status < 300;
  UpstreamError error = success ? UpstreamError() : DecodeError(answer, options_.now());
  const bool bad_credentials = !success && error.kind == UpstreamError::Kind::kBadCredentials;
  if (token && !bad_credentials) options_.tokens->Took(*token);
  if (success && !IsJson(answer.body)) return End(call, BadAnswer("is no JSON", answer.status));
  // What the contract refuses is told in the upstream's own words.
  if (success || error.kind == UpstreamError::Kind::kRefused) return End(call, std::move(answer));
  if (!bad_credentials || !token || call->refused) return End(call, std::move(error));
  call->refused = std::move(error);
  Authorize(call, token);
}

void Forwarding::End(const std::shared_ptr<Call>& call, ForwardResult result) {
  std::exchange(call->done, nullptr)(std::move(result));
  under_way_.End();
}

}  // namespace costs::upstream
