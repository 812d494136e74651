#include "service/upstream/curl_costs_api.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {

absl::StatusOr<std::unique_ptr<CurlCostsApi>> CurlCostsApi::Start(Options options) {
  absl::StatusOr<std::unique_ptr<CurlClient>> client = CurlClient::Start(options.client);
  if (!client.ok()) return client.status();
  return std::unique_ptr<CurlCostsApi>(new CurlCostsApi(std::move(options), *std::move(client)));
}

void CurlCostsApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, CostsApi::Done done) {
  // Whoever asks may hold the call for its text; it is kept until the answer is read.
  const CostCall& asked = *call;
  client_->Send(EncodeCost(asked, options_.release), asked.deadline, asked.cancelled,
                [this, call = std::move(call), done = std::move(done)](CurlClient::Result result) {
                  if (auto* error = std::get_if<UpstreamError>(&result)) return done(std::move(*error));
                  done(DecodeCost(*call, options_.release, std::get<HttpAnswer>(result), options_.now()));
                });
}

void CurlCostsApi::Login(absl::Time deadline, LoginApi::Done done) {
  const absl::StatusOr<std::string> key = options_.api_key();
  if (!key.ok()) {
    options_.client.log(absl::StrCat("cannot log in to the upstream: ", key.status().message()));
    return done(Unavailable("cannot be logged in to: this server has no key", /*may_have_acted=*/false));
  }
  client_->Send(EncodeLogin(options_.account_id, *key, options_.release), deadline, nullptr,
                [this, done = std::move(done)](CurlClient::Result result) {
                  if (auto* error = std::get_if<UpstreamError>(&result)) return done(std::move(*error));
                  done(DecodeLogin(std::get<HttpAnswer>(result), options_.now()));
                });
}

}  // namespace costs::upstream
