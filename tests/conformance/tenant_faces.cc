#include "tests/conformance/tenant_faces.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/opening_calculator.h"
#include "service/catalog/catalogs.h"
#include "service/catalog/random_id.h"
#include "service/catalog/refusal.h"
#include "service/executor/bounded_executor.h"
#include "service/executor/catalog_threads.h"
#include "service/executor/record_threads.h"
#include "service/postgres/address.h"
#include "service/rates/location_rates.h"
#include "service/records/bulk_submission.h"
#include "service/records/postgres/postgres_record_store.h"
#include "service/records/recording_calculator.h"
#include "service/records/records_calls.h"
#include "service/records/reports.h"
#include "service/records/sqlite/sqlite_record_store.h"
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
#include "service/rpc/unary_calls.h"

namespace costs::conformance {
namespace {

[[noreturn]] void Abort(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

std::unique_ptr<catalog::Catalogs> OpenCatalogs(const std::string& store) {
  catalog::Catalogs::Options options;
  options.store = store;
  absl::StatusOr<std::unique_ptr<catalog::Catalogs>> catalogs = catalog::Catalogs::Open(std::move(options));
  if (!catalogs.ok()) Abort(catalogs.status().ToString());
  return *std::move(catalogs);
}

std::unique_ptr<records::RecordStore> OpenRecords(const std::string& store, const catalog::Catalogs* catalogs) {
  if (postgres::IsUrl(store)) {
    records::PostgresRecordStore::Options options;
    options.connect.conninfo = store;
    auto opened = records::PostgresRecordStore::Open(std::move(options));
    if (!opened.ok()) Abort(opened.status().ToString());
    return *std::move(opened);
  }
  records::SqliteRecordStore::Options options;
  options.path = absl::StrCat(store, ".records");
  options.writer.catalog_version = [catalogs](const records::Tenant& tenant) {
    return catalogs->Find(tenant.account_id, tenant.live_mode)->version();
  };
  auto opened = records::SqliteRecordStore::Open(std::move(options));
  if (!opened.ok()) Abort(opened.status().ToString());
  return *std::move(opened);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const auth::Identity>> WordAuthenticator::Authenticate(
    const auth::Credentials& credentials) {
  absl::string_view word = credentials.authorization;
  const bool bearer = absl::ConsumePrefix(&word, "Bearer ");
  if (bearer && word == "disabled") {
    return catalog::Refuse(absl::StatusCode::kPermissionDenied, "ACCOUNT_DISABLED", "the account is disabled");
  }
  if (!bearer || word.size() != 6 || !(absl::EndsWith(word, "-live") || absl::EndsWith(word, "-test"))) {
    return catalog::Refuse(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS", "the credentials are not known");
  }
  return std::make_shared<const auth::Identity>(
      auth::Identity{{absl::StrCat("acc_", word.substr(0, 1)), absl::EndsWith(word, "-live")}});
}

// In the order in which they depend on each other; destroyed from the end.
struct TenantFaces::Parts {
  explicit Parts(const std::string& store)
      : catalogs(OpenCatalogs(store)),
        record_store(OpenRecords(store, catalogs.get())),
        pricing(catalogs.get(), absl::Now, {}, &records::DeferringUsage()),
        simulations({/*threads=*/1, /*most_waiting=*/100}),
        recording({&pricing, record_store.get(), Price(), &simulations}),
        opening(OpeningOptions()),
        calls(catalogs.get(), &threads, &authenticator, {}),
        record_calls("meter records", &authenticator, [](absl::string_view) {}),
        records(Context()),
        reports(Context()),
        bulk({Context(), Price()}),
        rates({catalogs.get(), &record_store->usage(), absl::Now,
               [this](const catalog::Tenant& tenant) { return (*catalogs->Get(tenant))->last_changed(); },
               catalog::RandomId}),
        costs(&opening, &authenticator, {}, {&reports, &record_threads, &record_calls}),
        tariffs(&calls, {[this](const auto& tenant, const auto& request, auto* response) {
                           return rates.List(tenant, request, response);
                         },
                         [this](const auto& tenant, const auto& request, auto* response) {
                           return rates.Audit(tenant, request, response);
                         },
                         [this](const auto& tenant, const auto& request, auto* response) {
                           return rates.Find(tenant, request, response);
                         }}),
        carbon(&calls),
        locations(&calls),
        meter_records(&records, &record_threads, &record_calls) {}

  ~Parts() {
    rest.reset();
    grpc->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(10));
  }

  records::PricingFunction Price() {
    return [this](calculator::Batch* batch, const calculator::UsageSource& usage) {
      calculator::LocalCalculator(catalogs.get(), absl::Now, {}, &usage).Calculate(batch, [] {});
    };
  }

  calculator::OpeningCalculator::Options OpeningOptions() {
    calculator::OpeningCalculator::Options options;
    options.child = &recording;
    options.catalogs = catalogs.get();
    options.now = absl::Now;
    return options;
  }

  records::CallContext Context() { return {record_store.get(), catalogs.get(), absl::Now, catalog::RandomId}; }

  void Start() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    for (grpc::Service* service :
         std::initializer_list<grpc::Service*>{&costs, &tariffs, &carbon, &locations, &meter_records}) {
      builder.RegisterService(service);
    }
    grpc = builder.BuildAndStart();
    channel = grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());

    rest::ServerOptions options;
    options.authenticator = &authenticator;
    options.calculator = &opening;
    for (std::vector<rest::Route> routes :
         {rest::CatalogRoutes({catalogs.get(), &threads}), rest::RatesRoutes(&rates, &threads),
          rest::RecordsRoutes({&records, &reports, &record_threads}), rest::MetersRoutes({&bulk, &record_threads})}) {
      std::move(routes.begin(), routes.end(), std::back_inserter(options.routes));
    }
    // The two that every server has.
    closed = {{"POST", "/costs/instant"}};
    open = {{"GET", "/healthz"}};
    for (const rest::Route& route : options.routes) {
      (route.open ? open : closed).emplace_back(route.method, route.pattern);
    }
    rest = std::make_unique<rest::Server>(std::move(options));
    const absl::StatusOr<uint16_t> listening = rest->Start();
    if (grpc == nullptr || !listening.ok()) Abort("the servers cannot start");
    rest_port = *listening;
  }

  WordAuthenticator authenticator;
  const std::unique_ptr<catalog::Catalogs> catalogs;
  const std::unique_ptr<records::RecordStore> record_store;
  calculator::LocalCalculator pricing;
  executor::BoundedExecutor simulations;
  records::RecordingCalculator recording;
  calculator::OpeningCalculator opening;
  executor::CatalogThreads threads;
  executor::RecordThreads record_threads;
  rpc::CatalogCalls calls;
  rpc::UnaryCalls record_calls;
  records::RecordsCalls records;
  records::Reports reports;
  records::BulkSubmission bulk;
  rates::LocationRates rates;
  rpc::CostsService costs;
  rpc::TariffsService tariffs;
  rpc::CarbonService carbon;
  rpc::LocationsService locations;
  rpc::MeterRecordsService meter_records;
  std::unique_ptr<grpc::Server> grpc;
  std::shared_ptr<grpc::Channel> channel;
  std::vector<std::pair<std::string, std::string>> closed, open;
  std::unique_ptr<rest::Server> rest;
  uint16_t rest_port = 0;
};

TenantFaces::TenantFaces(const std::string& store) : parts_(std::make_unique<Parts>(store)) { parts_->Start(); }
TenantFaces::~TenantFaces() = default;

const std::shared_ptr<grpc::Channel>& TenantFaces::channel() const { return parts_->channel; }
uint16_t TenantFaces::rest_port() const { return parts_->rest_port; }
std::vector<std::pair<std::string, std::string>> TenantFaces::closed_routes() const { return parts_->closed; }
std::vector<std::pair<std::string, std::string>> TenantFaces::open_routes() const { return parts_->open; }

}  // namespace costs::conformance
