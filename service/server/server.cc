#include "service/server/server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/catalog.h"
#include "service/catalog/random_id.h"
#include "service/executor/catalog_threads.h"
#include "service/executor/record_threads.h"
#include "service/rates/location_rates.h"
#include "service/records/bulk_submission.h"
#include "service/records/records_calls.h"
#include "service/records/reports.h"
#include "service/rest/catalog_routes.h"
#include "service/rest/meters_routes.h"
#include "service/rest/rates_routes.h"
#include "service/rest/records_routes.h"
#include "service/rest/server.h"
#include "service/rpc/carbon_service.h"
#include "service/rpc/catalog_calls.h"
#include "service/rpc/costs_service.h"
#include "service/rpc/locations_service.h"
#include "service/rpc/meter_records_service.h"
#include "service/rpc/tariffs_service.h"
#include "service/server/record_keeping.h"
#include "service/server/reloader.h"
#include "service/server/served_catalog.h"
#include "service/server/sign_in.h"
#include "service/telemetry/metrics_port.h"
#include "spdlog/spdlog.h"
#include "src/proto/grpc/health/v1/health.pb.h"

namespace costs::server {
namespace {

namespace v1 = energy::costs::v1;

// What a stream that was told to end may still take to write its answers.
constexpr absl::Duration kEndingGrace = absl::Seconds(2);
// A server that drains looks this often whether calls are in flight, and is idle
// when it saw none so many times: time for the last answers to leave the sockets.
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr int kIdleLooks = 5;
// At once; each has a file on disk.
constexpr size_t kMostUploads = 64;

// What health knows, besides the server as a whole.
constexpr const char* (*kServices[])() = {
    v1::CostsService::service_full_name,        v1::TariffsService::service_full_name,
    v1::CarbonService::service_full_name,       v1::LocationsService::service_full_name,
    v1::MeterRecordsService::service_full_name,
};

void SetHealth(grpc::Server* server, bool serving) {
  grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const auto& name : kServices) health->SetServingStatus(name(), serving);
}

absl::StatusOr<std::unique_ptr<grpc::Server>> StartGrpc(const ServerConfig& config,
                                                        const std::vector<grpc::Service*>& services, int* port) {
  // Health is served by gRPC itself; its descriptor, which reflection shows,
  // comes with the generated code that this names.
  (void)grpc::health::v1::HealthCheckRequest::descriptor();
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(config.grpc_listen, grpc::InsecureServerCredentials(), port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  builder.SetMaxReceiveMessageSize(static_cast<int>(config.grpc_message_limit));
  // gRPC unpacks a compressed message before it looks at the limit, a thousand
  // times its size if need be. The messages are too small to gain by it anyway.
  for (grpc_compression_algorithm algorithm : {GRPC_COMPRESS_GZIP, GRPC_COMPRESS_DEFLATE}) {
    builder.SetCompressionAlgorithmSupportStatus(algorithm, false);
  }
  // A port that is taken is an error, not a second server beside the first.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Idle clients may ask every 10 s whether the connection lives.
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || *port == 0) {
    return absl::UnavailableError(absl::StrCat("cannot listen on --grpc_listen=", config.grpc_listen,
                                               "; is the port taken, or the host not ours?"));
  }
  return server;
}

// What the routes of the REST face are made of.
struct RestFaces {
  calculator::Calculator* calculator;
  rest::CatalogFace catalog;
  const rates::LocationRates* rates;
  rest::RecordsFace records;
  rest::MetersFace meters;
  SignIn* sign_in;
};

rest::ServerOptions RestOptions(const ServerConfig& config, const RestFaces& faces, const std::atomic<bool>* serving) {
  rest::ServerOptions options;
  options.listen = config.rest_listen;
  options.io_threads = static_cast<int>(config.rest_threads);
  options.calculator = faces.calculator;
  for (std::vector<rest::Route> routes :
       {rest::CatalogRoutes(faces.catalog), rest::RatesRoutes(faces.rates, faces.catalog.threads),
        rest::RecordsRoutes(faces.records), rest::MetersRoutes(faces.meters), faces.sign_in->routes()}) {
    std::move(routes.begin(), routes.end(), std::back_inserter(options.routes));
  }
  options.account_id = config.account_id;
  options.live_mode = config.live_mode;
  options.serving = [serving] { return serving->load(); };
  options.log = [](absl::string_view line) { spdlog::warn("rest: {}", std::string(line)); };
  options.limits.body_bytes = config.rest_body_limit;
  options.limits.connections = config.rest_connections;
  return options;
}

// Who is told of a new snapshot: from when the records are kept until they no
// longer are. Thread-safe.
class SnapshotListener {
 public:
  void Set(RecordKeeping* keeping) {
    std::lock_guard<std::mutex> lock(mutex_);
    keeping_ = keeping;
  }
  void Tell() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (keeping_ != nullptr) keeping_->CatalogChanged();
  }

 private:
  std::mutex mutex_;
  RecordKeeping* keeping_ = nullptr;
};

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

// In the order in which they depend on each other; destroyed from the end.
struct Server::Parts {
  Parts(const ServerConfig& c, std::unique_ptr<SignIn> signs, std::unique_ptr<catalog::Catalog> opened,
        std::unique_ptr<RecordKeeping> kept, std::shared_ptr<SnapshotListener> listening)
      : config(c),
        sign_in(std::move(signs)),
        catalog(std::move(opened)),
        keeping(std::move(kept)),
        listener(std::move(listening)),
        reloader([this] { server::ReloadCatalog(config, catalog.get()); }),
        calls(catalog.get(), &threads, {tenant(), kMostUploads, LogOfGrpc}),
        record_calls("meter records", LogOfGrpc),
        records(RecordsContext()),
        reports(RecordsContext()),
        bulk({RecordsContext(),
              [kept = keeping.get()](calculator::Batch* batch, const calculator::UsageSource& usage) {
                kept->Price(batch, usage);
              }}),
        costs(keeping->calculator(), {c.account_id, c.live_mode, c.batch_limit, c.stream_chunk_limit},
              {&reports, &record_threads, &record_calls}),
        rates(RatesOptions()),
        tariffs(&calls, RatesFunctions()),
        carbon(&calls),
        locations(&calls),
        meter_records(&records, &record_threads, &record_calls) {
    listener->Set(keeping.get());
  }
  ~Parts() { listener->Set(nullptr); }

  static void LogOfGrpc(absl::string_view line) { spdlog::error("grpc: {}", std::string(line)); }

  catalog::Tenant tenant() const { return {config.account_id, config.live_mode}; }

  records::CallContext RecordsContext() {
    return {keeping->store(), &catalog->snapshots(), tenant(), absl::Now, catalog::RandomId};
  }

  rates::LocationRates::Options RatesOptions() {
    return {&catalog->snapshots(), keeping->usage(), config.account_id,
            config.live_mode,      absl::Now,        [this] { return catalog->last_changed(); },
            catalog::RandomId};
  }
  rpc::RatesFunctions RatesFunctions() {
    return {[this](const auto& request, auto* response) { return rates.List(request, response); },
            [this](const auto& request, auto* response) { return rates.Audit(request, response); },
            [this](const auto& request, auto* response) { return rates.Find(request, response); }};
  }

  // Calls that have arrived and are not yet over for gRPC.
  size_t calls_in_flight() {
    return costs.calls_in_flight() + calls.in_flight() + record_calls.in_flight() + sign_in->calls_in_flight();
  }

  const ServerConfig config;
  const std::unique_ptr<SignIn> sign_in;
  const std::unique_ptr<catalog::Catalog> catalog;
  const std::unique_ptr<RecordKeeping> keeping;
  const std::shared_ptr<SnapshotListener> listener;
  executor::CatalogThreads threads;
  executor::RecordThreads record_threads;
  Reloader reloader;
  rpc::CatalogCalls calls;
  rpc::UnaryCalls record_calls;
  records::RecordsCalls records;
  records::Reports reports;
  records::BulkSubmission bulk;
  rpc::CostsService costs;
  rates::LocationRates rates;
  rpc::TariffsService tariffs;
  rpc::CarbonService carbon;
  rpc::LocationsService locations;
  rpc::MeterRecordsService meter_records;
  std::unique_ptr<telemetry::MetricsPort> metrics;
  std::atomic<bool> serving{true};
  std::unique_ptr<grpc::Server> grpc;
  std::unique_ptr<rest::Server> rest;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config) {
  auto listener = std::make_shared<SnapshotListener>();
  absl::StatusOr<std::unique_ptr<catalog::Catalog>> catalog = OpenCatalog(config, [listener] { listener->Tell(); });
  if (!catalog.ok()) return catalog.status();
  absl::StatusOr<std::unique_ptr<RecordKeeping>> keeping = RecordKeeping::Open(config, catalog->get());
  if (!keeping.ok()) return keeping.status();
  absl::StatusOr<std::unique_ptr<SignIn>> sign_in = SignIn::Open(config);
  if (!sign_in.ok()) return sign_in.status();
  auto parts = std::make_unique<Parts>(config, *std::move(sign_in), *std::move(catalog), *std::move(keeping),
                                       std::move(listener));

  int port = 0;
  std::vector<grpc::Service*> services = {&parts->costs, &parts->tariffs, &parts->carbon, &parts->locations,
                                          &parts->meter_records};
  for (grpc::Service* service : parts->sign_in->services()) services.push_back(service);
  absl::StatusOr<std::unique_ptr<grpc::Server>> grpc = StartGrpc(config, services, &port);
  if (!grpc.ok()) return grpc.status();
  parts->grpc = *std::move(grpc);
  SetHealth(parts->grpc.get(), true);

  std::string rest_address;
  if (!config.rest_listen.empty()) {
    const RestFaces faces{parts->keeping->calculator(),
                          {parts->catalog.get(), &parts->threads, parts->tenant()},
                          &parts->rates,
                          {&parts->records, &parts->reports, &parts->record_threads},
                          {&parts->bulk, &parts->record_threads, config.rest_bulk_limit},
                          parts->sign_in.get()};
    parts->rest = std::make_unique<rest::Server>(RestOptions(config, faces, &parts->serving));
    absl::StatusOr<uint16_t> rest_port = parts->rest->Start();
    if (!rest_port.ok()) {
      return absl::Status(rest_port.status().code(), absl::StrCat("cannot listen on --rest_listen=", config.rest_listen,
                                                                  ": ", rest_port.status().message()));
    }
    rest_address = absl::StrCat(HostOf(config.rest_listen), ":", *rest_port);
  }

  std::string metrics_address;
  if (!config.metrics_listen.empty()) {
    RecordKeeping* const kept = parts->keeping.get();
    absl::StatusOr<std::unique_ptr<telemetry::MetricsPort>> metrics =
        telemetry::MetricsPort::Start(config.metrics_listen, [kept] { return kept->Figures(); });
    if (!metrics.ok()) {
      return absl::Status(
          metrics.status().code(),
          absl::StrCat("cannot listen on --metrics_listen=", config.metrics_listen, ": ", metrics.status().message()));
    }
    parts->metrics = *std::move(metrics);
    metrics_address = parts->metrics->address();
  }

  std::unique_ptr<Server> server(new Server(std::move(parts)));
  server->metrics_address_ = std::move(metrics_address);
  server->grpc_address_ = absl::StrCat(HostOf(config.grpc_listen), ":", port);
  server->rest_address_ = std::move(rest_address);
  return server;
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

void Server::ReloadCatalog() { parts_->reloader.Request(); }

void Server::Drain() {
  parts_->serving = false;
  SetHealth(parts_->grpc.get(), false);
  absl::SleepFor(parts_->config.drain_delay);
  const absl::Time deadline = absl::Now() + parts_->config.drain_timeout;
  std::thread rest([this, deadline] {
    if (parts_->rest == nullptr) return;
    if (absl::Status drained = parts_->rest->Drain(deadline); !drained.ok()) {
      spdlog::warn("rest: {}", std::string(drained.message()));
    }
  });
  DrainGrpc(deadline);
  rest.join();
}

// gRPC's own shutdown waits for every call, so also for those that end only when
// the server does: health watches, which clients keep open all the time. So the
// calls that matter are watched here, and when none is left the rest is ended.
void Server::DrainGrpc(absl::Time deadline) {
  std::atomic<bool> over{false};
  std::thread shutdown([&] {
    parts_->grpc->Shutdown(absl::ToChronoTime(deadline + kEndingGrace));
    over = true;
  });
  bool streams_ended = false;
  int idle_looks = 0;
  while (!over && idle_looks < kIdleLooks) {
    absl::SleepFor(kLookEvery);
    idle_looks = parts_->calls_in_flight() == 0 ? idle_looks + 1 : 0;
    if (!streams_ended && absl::Now() >= deadline) {
      spdlog::warn("ending the streams that are still open after the drain timeout");
      parts_->costs.EndStreams();
      streams_ended = true;
    }
  }
  if (!over) grpc_server_cancel_all_calls(parts_->grpc->c_server());
  shutdown.join();
}

}  // namespace costs::server
