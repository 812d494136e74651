#include "service/server/server.h"

#include <grpc/grpc.h>
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
#include "energy/costs/v1/accounts_service.grpc.pb.h"
#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "service/auth/account_limits.h"
#include "service/auth/authenticator.h"
#include "service/auth/limited_authenticator.h"
#include "service/calculator/counting_calculator.h"
#include "service/catalog/catalogs.h"
#include "service/catalog/random_id.h"
#include "service/catalog/tenant.h"
#include "service/executor/catalog_threads.h"
#include "service/executor/record_threads.h"
#include "service/rates/location_rates.h"
#include "service/records/bulk_submission.h"
#include "service/records/records_calls.h"
#include "service/records/reports.h"
#include "service/rest/catalog_routes.h"
#include "service/rest/forwarded_routes.h"
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
#include "service/server/admin_port.h"
#include "service/server/channelz_port.h"
#include "service/server/grpc_port.h"
#include "service/server/record_keeping.h"
#include "service/server/reloader.h"
#include "service/server/served_catalog.h"
#include "service/server/sign_in.h"
#include "service/server/status_page.h"
#include "service/server/telemetry.h"
#include "service/server/upstream.h"
#include "service/tls/certificates.h"
#include "spdlog/spdlog.h"

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
    v1::MeterRecordsService::service_full_name, v1::AuthService::service_full_name,
    v1::AccountsService::service_full_name,
};

std::vector<std::string> ServiceNames() {
  std::vector<std::string> names;
  for (const auto& name : kServices) names.emplace_back(name());
  return names;
}

void SetHealth(grpc::Server* server, bool serving) {
  grpc::HealthCheckServiceInterface* health = server->GetHealthCheckService();
  health->SetServingStatus(serving);
  for (const auto& name : kServices) health->SetServingStatus(name(), serving);
}

absl::StatusOr<std::unique_ptr<tls::Certificates>> OpenCertificates(const TransportConfig& config) {
  if (!UsesTls(config)) return nullptr;
  tls::Certificates::Options options;
  options.client_certificates = ClientCertificatesOf(config);
  options.log = [](absl::string_view line) { spdlog::warn("{}", std::string(line)); };
  return tls::Certificates::Open(TlsFiles(config), std::move(options));
}

// What the routes of the REST face are made of.
struct RestFaces {
  auth::Authenticator* authenticator;
  calculator::Calculator* calculator;
  rest::CatalogFace catalog;
  const rates::LocationRates* rates;
  rest::RecordsFace records;
  rest::MetersFace meters;
  rest::Forward forward;  // null: bulk submissions are this server's own
  SignIn* sign_in;
  Telemetry* telemetry;
};

rest::ServerOptions RestOptions(const ServerConfig& config, const RestFaces& faces,
                                const tls::Certificates* certificates, const std::atomic<bool>* serving) {
  rest::ServerOptions options;
  options.listen = config.rest_listen;
  options.io_threads = static_cast<int>(config.rest_threads);
  options.calculator = faces.calculator;
  for (std::vector<rest::Route> routes :
       {rest::CatalogRoutes(faces.catalog), rest::RatesRoutes(faces.rates, faces.catalog.threads),
        rest::RecordsRoutes(faces.records),
        faces.forward == nullptr ? rest::MetersRoutes(faces.meters)
                                 : rest::ForwardedMetersRoutes(faces.forward, faces.meters.body_bytes),
        faces.sign_in->routes()}) {
    std::move(routes.begin(), routes.end(), std::back_inserter(options.routes));
  }
  options.authenticator = faces.authenticator;
  options.live_mode = config.live_mode;
  options.serving = [serving] { return serving->load(); };
  options.log = [](absl::string_view line) { spdlog::warn("rest: {}", std::string(line)); };
  options.answered = [telemetry = faces.telemetry](const rest::AnsweredRequest& request) {
    telemetry->Answered(request);
  };
  options.limits.body_bytes = config.rest_body_limit;
  options.limits.connections = config.rest_connections;
  options.limits.large_bodies_bytes = config.transport.rest_large_bodies;
  options.limits.handshake = config.transport.handshake_timeout;
  options.certificates = certificates;
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
  void Tell(const catalog::Tenant& tenant) {
    std::lock_guard<std::mutex> lock(mutex_);
    if (keeping_ != nullptr) keeping_->CatalogChanged(tenant);
  }

 private:
  std::mutex mutex_;
  RecordKeeping* keeping_ = nullptr;
};

std::string HostOf(const std::string& address) { return address.substr(0, address.rfind(':')); }

}  // namespace

// In the order in which they depend on each other; destroyed from the end.
struct Server::Parts {
  Parts(const ServerConfig& c, std::unique_ptr<SignIn> signs, std::unique_ptr<catalog::Catalogs> opened,
        std::unique_ptr<RecordKeeping> kept, std::unique_ptr<Upstream> asked,
        std::shared_ptr<SnapshotListener> listening)
      : config(c),
        sign_in(std::move(signs)),
        limits(AccountLimitsOf(config.limits)),
        limited(sign_in->authenticator(), &limits),
        authenticator(limits.counts_requests() ? &limited : sign_in->authenticator()),
        catalogs(std::move(opened)),
        keeping(std::move(kept)),
        upstream(std::move(asked)),
        counting(upstream->calculator()),
        telemetry(ServiceNames(), LoggedCallsOf(c.telemetry), sign_in->authenticator()),
        listener(std::move(listening)),
        reloader([this] {
          server::ReloadCatalog(config, catalogs.get());
          upstream->Reload();
        }),
        calls(catalogs.get(), &threads, authenticator, {kMostUploads, LogOfGrpc, &limits}),
        record_calls("meter records", authenticator, LogOfGrpc),
        records(RecordsContext()),
        reports(RecordsContext()),
        bulk({RecordsContext(),
              [kept = keeping.get()](calculator::Batch* batch, const calculator::UsageSource& usage) {
                kept->Price(batch, usage);
              }}),
        costs(&counting, authenticator,
              {c.batch_limit, c.stream_chunk_limit, &limits, telemetry.observer(),
               [kept = keeping.get()](size_t records) { return kept->RefusalOf(records); }},
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

  records::CallContext RecordsContext() { return {keeping->store(), catalogs.get(), absl::Now, catalog::RandomId}; }

  rates::LocationRates::Options RatesOptions() {
    return {catalogs.get(), keeping->usage(), absl::Now,
            [this](const catalog::Tenant& tenant) {
              const absl::StatusOr<catalog::Catalog*> catalog = catalogs->Get(tenant);
              return catalog.ok() ? (*catalog)->last_changed() : absl::UnixEpoch();
            },
            catalog::RandomId};
  }
  rpc::RatesFunctions RatesFunctions() {
    return {[this](const auto& tenant, const auto& request, auto* response) {
              return rates.List(tenant, request, response);
            },
            [this](const auto& tenant, const auto& request, auto* response) {
              return rates.Audit(tenant, request, response);
            },
            [this](const auto& tenant, const auto& request, auto* response) {
              return rates.Find(tenant, request, response);
            }};
  }

  std::vector<telemetry::Figure> Figures() const {
    std::vector<telemetry::Figure> figures = telemetry.Figures();
    for (std::vector<telemetry::Figure> more :
         {counting.Figures(), keeping->Figures(), upstream->Figures(), StatusFigures(StatusNow())}) {
      std::move(more.begin(), more.end(), std::back_inserter(figures));
    }
    return figures;
  }

  ServerStatus StatusNow() const {
    ServerStatus status = StatusOf(config, *catalogs, absl::Now());
    status.started = started;
    status.serving = serving;
    return status;
  }

  // Calls that have arrived and are not yet over for gRPC.
  size_t calls_in_flight() {
    return costs.calls_in_flight() + calls.in_flight() + record_calls.in_flight() + sign_in->calls_in_flight();
  }

  const ServerConfig config;
  const std::unique_ptr<SignIn> sign_in;
  // Who sends a call: both faces ask this one.
  auth::AccountLimits limits;
  auth::LimitedAuthenticator limited;
  auth::Authenticator* const authenticator;
  const std::unique_ptr<catalog::Catalogs> catalogs;
  const std::unique_ptr<RecordKeeping> keeping;
  const std::unique_ptr<Upstream> upstream;
  calculator::CountingCalculator counting;
  Telemetry telemetry;
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
  std::atomic<bool> serving{true};
  const absl::Time started = absl::Now();
  std::unique_ptr<tls::Certificates> certificates;  // null: plain text
  std::unique_ptr<GrpcPort> grpc;
  std::unique_ptr<rest::Server> rest;
  std::unique_ptr<AdminPort> admin;
  std::unique_ptr<ChannelzPort> channelz;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config) {
  auto listener = std::make_shared<SnapshotListener>();
  absl::StatusOr<std::unique_ptr<catalog::Catalogs>> catalogs =
      OpenCatalogs(config, [listener](const catalog::Tenant& tenant) { listener->Tell(tenant); });
  if (!catalogs.ok()) return catalogs.status();
  absl::StatusOr<std::unique_ptr<RecordKeeping>> keeping = RecordKeeping::Open(config, catalogs->get());
  if (!keeping.ok()) return keeping.status();
  absl::StatusOr<std::unique_ptr<Upstream>> upstream = Upstream::Open(config, (*keeping)->calculator());
  if (!upstream.ok()) return upstream.status();
  absl::StatusOr<std::unique_ptr<SignIn>> sign_in = SignIn::Open(config);
  if (!sign_in.ok()) return sign_in.status();
  auto parts = std::make_unique<Parts>(config, *std::move(sign_in), *std::move(catalogs), *std::move(keeping),
                                       *std::move(upstream), std::move(listener));

  absl::StatusOr<std::unique_ptr<tls::Certificates>> certificates = OpenCertificates(config.transport);
  if (!certificates.ok()) return certificates.status();
  parts->certificates = *std::move(certificates);
  std::vector<grpc::Service*> services = {&parts->costs, &parts->tariffs, &parts->carbon, &parts->locations,
                                          &parts->meter_records};
  for (grpc::Service* service : parts->sign_in->services()) services.push_back(service);
  absl::StatusOr<std::unique_ptr<GrpcPort>> grpc =
      GrpcPort::Start(config, services, parts->certificates.get(), parts->telemetry.Observe());
  if (!grpc.ok()) return grpc.status();
  parts->grpc = *std::move(grpc);
  SetHealth(parts->grpc->server(), true);

  std::string rest_address;
  if (!config.rest_listen.empty()) {
    const RestFaces faces{parts->authenticator,
                          &parts->counting,
                          {parts->catalogs.get(), &parts->threads},
                          &parts->rates,
                          {&parts->records, &parts->reports, &parts->record_threads},
                          {&parts->bulk, &parts->record_threads, config.rest_bulk_limit},
                          parts->upstream->forward(),
                          parts->sign_in.get(),
                          &parts->telemetry};
    parts->rest =
        std::make_unique<rest::Server>(RestOptions(config, faces, parts->certificates.get(), &parts->serving));
    absl::StatusOr<uint16_t> rest_port = parts->rest->Start();
    if (!rest_port.ok()) {
      return absl::Status(rest_port.status().code(), absl::StrCat("cannot listen on --rest_listen=", config.rest_listen,
                                                                  ": ", rest_port.status().message()));
    }
    rest_address = absl::StrCat(HostOf(config.rest_listen), ":", *rest_port);
  }

  if (!config.telemetry.admin_listen.empty()) {
    const Parts* const raw = parts.get();
    absl::StatusOr<std::unique_ptr<AdminPort>> admin =
        AdminPort::Start({config.telemetry.admin_listen, [raw] { return raw->Figures(); },
                          [raw] { return StatusJson(raw->StatusNow()); }, [raw] { return raw->serving.load(); }});
    if (!admin.ok()) {
      return absl::Status(admin.status().code(),
                          absl::StrCat("cannot listen on --admin_listen=", config.telemetry.admin_listen, ": ",
                                       admin.status().message()));
    }
    parts->admin = *std::move(admin);
  }
  if (!config.telemetry.channelz_listen.empty()) {
    absl::StatusOr<std::unique_ptr<ChannelzPort>> channelz = ChannelzPort::Start(config.telemetry.channelz_listen);
    if (!channelz.ok()) return channelz.status();
    parts->channelz = *std::move(channelz);
  }

  std::unique_ptr<Server> server(new Server(std::move(parts)));
  if (server->parts_->admin != nullptr) server->admin_address_ = server->parts_->admin->address();
  if (server->parts_->channelz != nullptr) server->channelz_address_ = server->parts_->channelz->address();
  server->grpc_address_ = absl::StrCat(HostOf(config.grpc_listen), ":", server->parts_->grpc->port());
  server->rest_address_ = std::move(rest_address);
  return server;
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() = default;

void Server::Reload() { parts_->reloader.Request(); }

void Server::Drain() {
  parts_->serving = false;
  SetHealth(parts_->grpc->server(), false);
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
  parts_->grpc->StopAccepting();
  std::atomic<bool> over{false};
  std::thread shutdown([&] {
    parts_->grpc->server()->Shutdown(absl::ToChronoTime(deadline + kEndingGrace));
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
  if (!over) grpc_server_cancel_all_calls(parts_->grpc->server()->c_server());
  shutdown.join();
}

}  // namespace costs::server
