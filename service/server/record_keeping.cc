#include "service/server/record_keeping.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/executor/patient_thread.h"
#include "service/postgres/address.h"
#include "service/records/postgres/postgres_record_store.h"
#include "service/records/sqlite/sqlite_record_store.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

using telemetry::Figure;

// At once; each waits for a reading of the store.
constexpr int kSimulationThreads = 2;
constexpr size_t kMostSimulationsWaiting = 1'000;
// Records of streams that may wait for others, to those that may be under way.
constexpr size_t kMostWaitingTimes = 10;

absl::StatusOr<std::unique_ptr<records::RecordStore>> OpenStore(const ServerConfig& config,
                                                                catalog::Catalogs* catalogs) {
  if (config.store.empty()) return std::unique_ptr<records::RecordStore>();
  if (postgres::IsUrl(config.store)) {
    records::PostgresRecordStore::Options options;
    options.connect.conninfo = config.store;
    return records::PostgresRecordStore::Open(std::move(options));
  }
  records::SqliteRecordStore::Options options;
  options.path = absl::StrCat(config.store, ".records");
  // A record that was priced has an open catalog.
  options.writer.catalog_version = [catalogs](const records::Tenant& tenant) {
    const auto snapshot = catalogs->Find(tenant.account_id, tenant.live_mode);
    return snapshot == nullptr ? uint64_t{0} : snapshot->version();
  };
  return records::SqliteRecordStore::Open(std::move(options));
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordKeeping>> RecordKeeping::Open(const ServerConfig& config,
                                                                   catalog::Catalogs* catalogs) {
  absl::StatusOr<std::unique_ptr<records::RecordStore>> store = OpenStore(config, catalogs);
  if (!store.ok()) return store.status();
  if (*store == nullptr) spdlog::info("without --store no meter record is stored, whatever non_persistent says");
  std::unique_ptr<RecordKeeping> keeping(new RecordKeeping(catalogs, *std::move(store)));
  calculator::OpeningCalculator::Options opening;
  opening.child = &keeping->pricing_;
  opening.catalogs = catalogs;
  opening.now = absl::Now;
  if (keeping->store_ == nullptr) {
    keeping->Admit(config, std::move(opening));
    return keeping;
  }

  RecordKeeping* const raw = keeping.get();
  const auto price = [raw](calculator::Batch* batch, const calculator::UsageSource& usage) {
    raw->Price(batch, usage);
  };
  keeping->recording_ = std::make_unique<records::RecordingCalculator>(
      records::RecordingCalculator::Options{&keeping->pricing_, keeping->store_.get(), price, &keeping->simulations_});
  opening.child = keeping->recording_.get();
  keeping->Admit(config, std::move(opening));
  records::Repricer::Options repricing;
  repricing.store = keeping->store_.get();
  repricing.catalogs = catalogs;
  repricing.tenants = catalogs->tenants();
  repricing.log = [](absl::string_view line) { spdlog::info("re-pricing: {}", std::string(line)); };
  keeping->repricer_ = std::make_unique<records::Repricer>(std::move(repricing));
  return keeping;
}

RecordKeeping::RecordKeeping(catalog::Catalogs* catalogs, std::unique_ptr<records::RecordStore> store)
    : catalogs_(catalogs),
      store_(std::move(store)),
      pricing_(
          catalogs, [] { return absl::Now(); }, {}, store_ == nullptr ? nullptr : &records::DeferringUsage()),
      simulations_({kSimulationThreads, kMostSimulationsWaiting}) {}

RecordKeeping::~RecordKeeping() = default;

void RecordKeeping::Admit(const ServerConfig& config, calculator::OpeningCalculator::Options opening) {
  opening_ = std::make_unique<calculator::OpeningCalculator>(std::move(opening));
  calculator::AdmittingCalculator::Options admitting;
  admitting.child = opening_.get();
  admitting.most_records = config.limits.records_in_flight;
  if (config.limits.records_target_delay > absl::ZeroDuration()) {
    admitting.target_delay = config.limits.records_target_delay;
  }
  // The caller's thread is one that serves connections.
  admitting.refused = executor::TurnedAway;
  admitting.let_in = executor::LetIn;
  admitting.most_waiting = kMostWaitingTimes * admitting.most_records;
  admitting_ = std::make_unique<calculator::AdmittingCalculator>(admitting);
}

calculator::Calculator* RecordKeeping::calculator() { return admitting_.get(); }

void RecordKeeping::CatalogChanged(const catalog::Tenant& tenant) {
  if (repricer_ != nullptr) repricer_->Changed(tenant);
}

void RecordKeeping::Price(calculator::Batch* batch, const calculator::UsageSource& usage) const {
  calculator::LocalCalculator(
      catalogs_, [] { return absl::Now(); }, {}, &usage)
      .Calculate(batch, [] {});
}

std::vector<Figure> RecordKeeping::Figures() const {
  constexpr Figure::Kind kCounter = Figure::Kind::kCounter;
  constexpr Figure::Kind kGauge = Figure::Kind::kGauge;
  uint64_t versions = 0;
  const std::vector<catalog::Tenant> tenants = catalogs_->tenants();
  for (const catalog::Tenant& tenant : tenants) {
    versions += catalogs_->Find(tenant.account_id, tenant.live_mode)->version();
  }
  std::vector<Figure> figures = {
      {"costs_catalog_version", "The version of the catalog that prices now; the sum of all accounts' versions.",
       kGauge, static_cast<double>(versions)},
      {"costs_catalogs_open", "Catalogs that are open: one for each account and mode.", kGauge,
       static_cast<double>(tenants.size())},
  };
  const auto add = [&](const char* name, const char* help, Figure::Kind kind, double value) {
    figures.push_back({name, help, kind, value});
  };
  const calculator::AdmittingCalculator::Figures admitted = admitting_->figures();
  add("costs_records_in_flight", "Meter records that are being priced or stored for a caller.", kGauge,
      static_cast<double>(admitted.under_way));
  add("costs_records_in_flight_limit", "Most meter records that may be under way now.", kGauge,
      static_cast<double>(admitted.bound));
  add("costs_records_held_back", "Meter records of streams that wait for others in flight.", kGauge,
      static_cast<double>(admitted.waiting));
  add("costs_records_shed_total", "Meter records that were refused because too many were in flight.", kCounter,
      static_cast<double>(admitted.refused_total));
  if (store_ == nullptr) return figures;
  const records::RecordStore::Counters store = store_->counters();
  const records::RepricingProgress progress = repricer_->progress();
  add("costs_records_written_total", "Meter records that were stored, new or again.", kCounter,
      static_cast<double>(store.records_written));
  add("costs_record_transactions_total", "Transactions that stored meter records.", kCounter,
      static_cast<double>(store.transactions));
  add("costs_record_transactions_failed_total", "Transactions that failed.", kCounter,
      static_cast<double>(store.failed_transactions));
  add("costs_records_waiting", "Meter records that wait to be stored.", kGauge,
      static_cast<double>(store.records_waiting));
  add("costs_repricing_stale_locations", "Locations with records that wait to be priced anew.", kGauge,
      static_cast<double>(progress.stale_locations));
  add("costs_repricing_records_checked_total", "Stored records that were priced anew.", kCounter,
      static_cast<double>(progress.records_checked));
  add("costs_repricing_records_changed_total", "Stored records that got other figures.", kCounter,
      static_cast<double>(progress.records_repriced));
  add("costs_repricing_catalog_version",
      "The version of the catalog whose changes are noted for all records; the sum of all accounts' versions.", kGauge,
      static_cast<double>(progress.marked_version));
  return figures;
}

}  // namespace costs::server
