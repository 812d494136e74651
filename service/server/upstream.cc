#include "service/server/upstream.h"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/auth/periodic.h"
#include "service/auth/secrets.h"
#include "service/server/difference_file.h"
#include "service/telemetry/sparse_log.h"
#include "service/upstream/curl_costs_api.h"
#include "service/upstream/fallback_calculator.h"
#include "service/upstream/forwarding.h"
#include "service/upstream/make_costs_api.h"
#include "service/upstream/mode_calculator.h"
#include "service/upstream/mode_table.h"
#include "service/upstream/shadow_calculator.h"
#include "service/upstream/upstream_calculator.h"
#include "service/upstream/upstream_errors.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

constexpr absl::Duration kLogEvery = absl::Seconds(10);
constexpr absl::Duration kLookEvery = absl::Seconds(2);  // at the modes file, and for differences

upstream::CurlCostsApi::Options ClientOptions(const UpstreamConfig& config, telemetry::SparseLog* log) {
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

upstream::CostsApiOptions StackOptions(const UpstreamConfig& config) {
  upstream::CostsApiOptions options;
  options.deadline.default_timeout = config.timeout;
  options.deadline.longest = config.timeout;
  options.attempt_timeout = config.timeout;
  options.limit.most_under_way = config.calls;
  options.limit.most_waiting = 2 * size_t{config.calls};
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
  explicit Parts(const UpstreamConfig& c) : config(c) {}

  // Reads the modes file. An error names it.
  absl::StatusOr<upstream::ModeTable> ReadModes() const {
    const upstream::Mode mode = upstream::ModeNamed(config.mode).value_or(upstream::Mode::kCompute);
    if (config.modes_file.empty()) return upstream::ModeTable(mode);
    const absl::StatusOr<std::string> read = auth::ReadSmallFile(config.modes_file);
    if (!read.ok()) return read.status();
    absl::StatusOr<upstream::ModeTable> table = upstream::ModeTable::Parse(*read, mode);
    if (table.ok()) return table;
    return absl::Status(table.status().code(), absl::StrCat(config.modes_file, " ", table.status().message()));
  }

  // Where the file is not as before, or `again`.
  void LookAtModes(bool again) {
    const std::lock_guard<std::mutex> lock(modes_mutex);
    const absl::StatusOr<std::string> read = auth::ReadSmallFile(config.modes_file);
    const std::string content = read.ok() ? *read : "";
    if (!again && content == last_modes) return;
    last_modes = content;
    absl::StatusOr<upstream::ModeTable> table = ReadModes();
    if (!table.ok()) {
      spdlog::error("the modes stay as they were: {}", std::string(table.status().message()));
      return;
    }
    spdlog::info("--modes_file={}: {} entries", config.modes_file, table->size());
    by_mode->SetTable(*std::move(table));
  }

  // Where there are new ones.
  void WriteNewDifferences() {
    const int64_t differed = shadow->differed();
    if (differed == last_differed) return;
    const absl::Status written = WriteDifferences(config.shadow_file, shadow->differences());
    if (!written.ok()) return log.Say(std::string(written.message()), absl::Now());
    last_differed = differed;
  }

  const UpstreamConfig config;
  telemetry::SparseLog log{[](absl::string_view line) { spdlog::warn("{}", std::string(line)); }, kLogEvery};
  std::unique_ptr<upstream::CostsApiStack> api;
  std::unique_ptr<upstream::Forwarding> forwarding;  // null unless in mode proxy
  std::unique_ptr<upstream::UpstreamCalculator> upstream;
  std::unique_ptr<upstream::FallbackCalculator> fallback;
  std::unique_ptr<upstream::ShadowCalculator> shadow;
  std::unique_ptr<upstream::ModeCalculator> by_mode;
  calculator::Calculator* chosen = nullptr;
  std::mutex modes_mutex;
  std::string last_modes;                    // guarded by modes_mutex
  int64_t last_differed = 0;                 // the writing thread's own
  std::unique_ptr<auth::Periodic> watching;  // the modes file; these are the last: they use all of this
  std::unique_ptr<auth::Periodic> writing;   // the differences
};

absl::StatusOr<std::unique_ptr<Upstream>> Upstream::Open(const ServerConfig& server, calculator::Calculator* local) {
  const UpstreamConfig& config = server.upstream;
  auto parts = std::make_unique<Parts>(config);
  parts->chosen = local;
  if (!config.used()) return std::unique_ptr<Upstream>(new Upstream(std::move(parts)));

  absl::StatusOr<std::unique_ptr<upstream::CurlCostsApi>> client =
      upstream::CurlCostsApi::Start(ClientOptions(config, &parts->log));
  if (!client.ok()) {
    return absl::Status(client.status().code(), absl::StrCat("--upstream_url ", client.status().message()));
  }
  const std::shared_ptr<upstream::CurlCostsApi> shared = *std::move(client);
  parts->api = upstream::MakeCostsApi(StackOptions(config), shared, config.api_key_file.empty() ? nullptr : shared);
  const absl::StatusOr<std::optional<bool>> live_mode = ModeOfKey(config);
  if (!live_mode.ok()) return live_mode.status();

  if (upstream::ModeNamed(config.mode) == upstream::Mode::kProxy) {
    upstream::Forwarding::Options forwarding;
    forwarding.send = [shared](upstream::HttpRequest request, absl::Time deadline, std::function<bool()> cancelled,
                               upstream::CurlClient::Done done) {
      shared->Send(std::move(request), deadline, std::move(cancelled), std::move(done));
    };
    forwarding.tokens = parts->api->tokens();
    forwarding.release = upstream::ReleaseNamed(config.release).value_or(upstream::Release::kZero);
    forwarding.timeout = config.timeout;
    forwarding.now = absl::Now;
    parts->forwarding = std::make_unique<upstream::Forwarding>(std::move(forwarding));
  }

  upstream::UpstreamCalculator::Options options;
  options.api = parts->api.get();
  options.now = absl::Now;
  options.under_way = config.calls;
  options.pass_authorization = config.pass_authorization;
  options.live_mode = *live_mode;
  parts->upstream = std::make_unique<upstream::UpstreamCalculator>(std::move(options));
  parts->fallback = std::make_unique<upstream::FallbackCalculator>(
      parts->upstream.get(), local,
      [api = parts->api.get()](size_t records) { return api->SpareAll(static_cast<int64_t>(records)); });
  parts->shadow = std::make_unique<upstream::ShadowCalculator>(local, parts->upstream.get(), config.shadow_calls);
  absl::StatusOr<upstream::ModeTable> modes = parts->ReadModes();
  if (!modes.ok()) return absl::Status(modes.status().code(), absl::StrCat("--modes_file: ", modes.status().message()));
  parts->by_mode = std::make_unique<upstream::ModeCalculator>(
      upstream::ModeCalculator::Children{local, parts->upstream.get(), parts->fallback.get(), parts->shadow.get()},
      *std::move(modes));
  parts->chosen = parts->by_mode.get();
  if (!config.modes_file.empty()) {
    parts->LookAtModes(/*again=*/true);
    parts->watching = std::make_unique<auth::Periodic>(kLookEvery, [raw = parts.get()] { raw->LookAtModes(false); });
  }
  if (!config.shadow_file.empty()) {
    parts->writing = std::make_unique<auth::Periodic>(kLookEvery, [raw = parts.get()] { raw->WriteNewDifferences(); });
  }
  spdlog::info("mode {}: the upstream costs API is {}", config.mode, config.url);
  return std::unique_ptr<Upstream>(new Upstream(std::move(parts)));
}

Upstream::Upstream(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Upstream::~Upstream() = default;

calculator::Calculator* Upstream::calculator() { return parts_->chosen; }

rest::Forward Upstream::forward() {
  if (parts_->forwarding == nullptr) return nullptr;
  return [forwarding = parts_->forwarding.get(), own = !parts_->config.pass_authorization](
             rest::ForwardedRequest request,
             std::function<void(std::variant<rest::ForwardedAnswer, calculator::Failure>)> done) {
    upstream::ForwardCall call{
        std::move(request.method), std::move(request.target),        std::move(request.body),
        request.live_mode,         std::move(request.authorization), std::move(request.traceparent),
        request.deadline,          std::move(request.cancelled)};
    forwarding->Send(std::move(call), [own, done = std::move(done)](upstream::ForwardResult result) {
      if (auto* error = std::get_if<upstream::UpstreamError>(&result)) {
        return done(upstream::FailureOf(std::move(*error), own));
      }
      auto& answer = std::get<upstream::HttpAnswer>(result);
      done(rest::ForwardedAnswer{answer.status, std::move(answer.body)});
    });
  };
}

void Upstream::Reload() {
  if (parts_->watching != nullptr) parts_->LookAtModes(/*again=*/true);
}

std::vector<telemetry::Figure> Upstream::Figures() const {
  if (parts_->api == nullptr) return {};
  std::vector<telemetry::Figure> figures = parts_->api->Figures();
  for (telemetry::Figure& figure : parts_->shadow->Figures()) figures.push_back(std::move(figure));
  return figures;
}

}  // namespace costs::server
