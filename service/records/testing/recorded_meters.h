// A catalog and a store of records, in memory, priced with it, for the tests of what reads
// records.
//
//   RecordedMeters meters(OneLocation({Flat("0.2")}));
//   meters.Store({Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z")});
//   Reports reports(meters.context());
//
// The account is calculator::testing::kAccount, in live mode. What cannot be stored
// is a fault of the test: Store aborts.
#ifndef SERVICE_RECORDS_TESTING_RECORDED_METERS_H_
#define SERVICE_RECORDS_TESTING_RECORDED_METERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/catalog/snapshot.h"
#include "service/executor/bounded_executor.h"
#include "service/records/call_context.h"
#include "service/records/record_store.h"
#include "service/records/recording_calculator.h"

namespace costs::records::testing {

class RecordedMeters {
 public:
  explicit RecordedMeters(catalog::CatalogContent content);
  ~RecordedMeters();

  // The next version of the catalog; what is stored stays as it is.
  void SetCatalog(catalog::CatalogContent content);

  // Prices and stores them in one batch; those without a price too. The ids, as the
  // API writes them.
  std::vector<std::string> Store(const std::vector<calculator::Submission>& submissions);

  // Its clock is at 2023-07-01T00:00:00Z, its ids end in 1, 2, 3, ….
  CallContext context();
  // What prices for those who store: RecordingCalculator::Options::price.
  void Price(calculator::Batch* batch, const calculator::UsageSource& usage) const;

  RecordStore* store() { return store_.get(); }
  // What Store() calls.
  RecordingCalculator* calculator() { return recording_.get(); }
  executor::BoundedExecutor* blocking() { return &blocking_; }
  const Tenant& tenant() const { return tenant_; }
  const catalog::SnapshotHolder& snapshots() const { return snapshots_; }

 private:
  const Tenant tenant_;
  std::unique_ptr<RecordStore> store_;
  catalog::SnapshotHolder snapshots_;
  uint64_t version_ = 0;
  std::atomic<uint64_t> ids_{0};
  executor::BoundedExecutor blocking_;
  std::unique_ptr<calculator::Calculator> child_;
  std::unique_ptr<RecordingCalculator> recording_;
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_RECORDED_METERS_H_
