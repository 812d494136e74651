// The CostsApi at the bottom: it speaks the REST contract to another costs API, as one
// HTTP request a call, and logs in to it. It tries nothing twice and knows no token: the
// call's `authorization` is what is sent.
//
//   auto api = CurlCostsApi::Start(options);
//   (*api)->CalculateInstantCost(call, [](CostResult result) { … });
//
// `done` runs on the client's thread, or before the call returns. Thread-safe.
#ifndef SERVICE_UPSTREAM_CURL_COSTS_API_H_
#define SERVICE_UPSTREAM_CURL_COSTS_API_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/upstream/contract_codec.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/curl_client.h"
#include "service/upstream/login_api.h"

namespace costs::upstream {

class CurlCostsApi final : public CostsApi, public LoginApi {
 public:
  struct Options {
    CurlClient::Options client;
    Release release = Release::kZero;
    // Who this service is to the upstream; for Login alone. The key is read for each
    // login, so that it may be changed; an error says why it cannot be, for the operator.
    std::string account_id;
    std::function<absl::StatusOr<std::string>()> api_key;
    std::function<absl::Time()> now;
  };

  static absl::StatusOr<std::unique_ptr<CurlCostsApi>> Start(Options options);

  void CalculateInstantCost(std::shared_ptr<const CostCall> call, CostsApi::Done done) override;
  void Login(absl::Time deadline, LoginApi::Done done) override;

  // Any other request, as CurlClient does it.
  void Send(HttpRequest request, absl::Time deadline, std::function<bool()> cancelled, CurlClient::Done done) {
    client_->Send(std::move(request), deadline, std::move(cancelled), std::move(done));
  }

 private:
  CurlCostsApi(Options options, std::unique_ptr<CurlClient> client)
      : options_(std::move(options)), client_(std::move(client)) {}

  const Options options_;
  const std::unique_ptr<CurlClient> client_;  // the last: its thread uses all of this
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CURL_COSTS_API_H_
