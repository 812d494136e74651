// The meter records of a costsd, kept as its settings say: the store, the calculator
// that records, and the re-pricing of what is stored.
//
// Thread-safe but for its making and its end.
#ifndef SERVICE_SERVER_RECORD_KEEPING_H_
#define SERVICE_SERVER_RECORD_KEEPING_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "service/calculator/admitting_calculator.h"
#include "service/calculator/calculator.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/opening_calculator.h"
#include "service/catalog/catalogs.h"
#include "service/catalog/tenant.h"
#include "service/executor/bounded_executor.h"
#include "service/records/record_store.h"
#include "service/records/recording_calculator.h"
#include "service/records/repricer.h"
#include "service/server/config.h"
#include "service/telemetry/figure.h"

namespace costs::server {

class RecordKeeping {
 public:
  // Both outlive this. Nothing is kept where no --store is set: then store() is null,
  // and calculator() only calculates. An error is for the operator.
  static absl::StatusOr<std::unique_ptr<RecordKeeping>> Open(const ServerConfig& config, catalog::Catalogs* catalogs);
  ~RecordKeeping();

  // What the faces call.
  calculator::Calculator* calculator();
  // Why so many records would be refused now, because there is too much to do; else null.
  std::unique_ptr<const calculator::Failure> RefusalOf(size_t records) const { return admitting_->RefusalOf(records); }
  records::RecordStore* store() { return store_.get(); }
  // Of what is stored; null where nothing is.
  const calculator::UsageSource* usage() const { return store_ == nullptr ? nullptr : &store_->usage(); }

  // Prices on the current snapshot of the caller's catalog, which is open, at once.
  void Price(calculator::Batch* batch, const calculator::UsageSource& usage) const;

  // The tenant's catalog has a new snapshot.
  void CatalogChanged(const catalog::Tenant& tenant);

  // For the metrics port: of all tenants, added up.
  std::vector<telemetry::Figure> Figures() const;

 private:
  RecordKeeping(catalog::Catalogs* catalogs, std::unique_ptr<records::RecordStore> store);
  // Makes the upper end of the calculators, on what `opening` names.
  void Admit(const ServerConfig& config, calculator::OpeningCalculator::Options opening);

  catalog::Catalogs* const catalogs_;
  const std::unique_ptr<records::RecordStore> store_;
  calculator::LocalCalculator pricing_;
  executor::BoundedExecutor simulations_;
  std::unique_ptr<records::RecordingCalculator> recording_;
  std::unique_ptr<calculator::OpeningCalculator> opening_;
  std::unique_ptr<calculator::AdmittingCalculator> admitting_;
  std::unique_ptr<records::Repricer> repricer_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_RECORD_KEEPING_H_
