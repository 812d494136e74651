#include "service/server/upstream.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/telemetry/sparse_log.h"
#include "service/upstream/curl_costs_api.h"
#include "service/upstream/upstream_calculator.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

constexpr absl::Duration kLogEvery = absl::Seconds(10);

upstream::CurlCostsApi::Options ApiOptions(const UpstreamConfig& config, telemetry::SparseLog* log) {
  upstream::CurlCostsApi::Options options;
  options.client.url = config.url;
  options.client.ca_file = config.ca;
  options.client.client_certificate = config.client_certificate;
  options.client.client_key = config.client_key;
  options.client.proxy = config.proxy;
  options.client.connections = config.connections;
  options.client.under_way = config.calls;
  options.client.connect_timeout = config.connect_timeout;
  options.client.call_timeout = config.timeout;
  options.client.log = [log](absl::string_view line) { log->Say(line, absl::Now()); };
  options.release = upstream::ReleaseNamed(config.release).value_or(upstream::Release::kZero);
  options.account_id = config.account_id;
  options.api_key = [path = config.api_key_file] { return ReadApiKey(path); };
  options.now = absl::Now;
  return options;
}

// Of the key; none where there is no key.
absl::StatusOr<std::optional<bool>> ModeOfKey(const UpstreamConfig& config) {
  if (config.api_key_file.empty()) return std::optional<bool>();
  const absl::StatusOr<std::string> key = ReadApiKey(config.api_key_file);
  if (!key.ok()) {
    return absl::Status(key.status().code(), absl::StrCat("--upstream_api_key_file ", key.status().message()));
  }
  return std::optional<bool>(absl::StartsWith(*key, "sk_live_"));
}

}  // namespace

// In the order in which they depend on each other; destroyed from the end.
struct Upstream::Parts {
  calculator::Calculator* local = nullptr;
  telemetry::SparseLog log{[](absl::string_view line) { spdlog::warn("{}", std::string(line)); }, kLogEvery};
  std::unique_ptr<upstream::CurlCostsApi> api;
  std::unique_ptr<upstream::UpstreamCalculator> upstream;
  calculator::Calculator* chosen = nullptr;
};

absl::StatusOr<std::unique_ptr<Upstream>> Upstream::Open(const ServerConfig& server, calculator::Calculator* local) {
  const UpstreamConfig& config = server.upstream;
  auto parts = std::make_unique<Parts>();
  parts->local = parts->chosen = local;
  if (!config.used()) return std::unique_ptr<Upstream>(new Upstream(std::move(parts)));

  absl::StatusOr<std::unique_ptr<upstream::CurlCostsApi>> api =
      upstream::CurlCostsApi::Start(ApiOptions(config, &parts->log));
  if (!api.ok()) return absl::Status(api.status().code(), absl::StrCat("--upstream_url ", api.status().message()));
  parts->api = *std::move(api);
  const absl::StatusOr<std::optional<bool>> live_mode = ModeOfKey(config);
  if (!live_mode.ok()) return live_mode.status();

  upstream::UpstreamCalculator::Options options;
  options.api = parts->api.get();
  options.now = absl::Now;
  options.under_way = config.calls;
  options.pass_authorization = config.pass_authorization;
  options.live_mode = *live_mode;
  parts->upstream = std::make_unique<upstream::UpstreamCalculator>(std::move(options));
  parts->chosen = parts->upstream.get();
  spdlog::info("mode {}: costs are asked of {}", config.mode, config.url);
  return std::unique_ptr<Upstream>(new Upstream(std::move(parts)));
}

Upstream::Upstream(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Upstream::~Upstream() = default;

calculator::Calculator* Upstream::calculator() { return parts_->chosen; }

}  // namespace costs::server
