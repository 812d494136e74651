// Meters that are priced, stored and priced again, as in a server: a catalog that a
// test changes, calls that record, a store and a Repricer.
//
//   MeteredPlaces places(MakeModelStore, content);
//   places.Put({Request("home", "", kNewYear, kHour, 2)});
//   places.StartRepricer();
//   places.Change(change);
//   places.WaitUntilIdle();
//   places.ExpectPricedAfresh();
//
// Put, Change and Delete may be called from any thread.
#ifndef SERVICE_RECORDS_TESTING_METERED_PLACES_H_
#define SERVICE_RECORDS_TESTING_METERED_PLACES_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"
#include "service/executor/bounded_executor.h"
#include "service/records/record_store.h"
#include "service/records/recording_calculator.h"
#include "service/records/repricer.h"
#include "service/records/testing/watched_store.h"

namespace costs::records::testing {

// IMPORT, evenly over the interval.
RecordRequest Request(absl::string_view location_id, absl::string_view device_id, int64_t start_s, int64_t seconds,
                      double kwh);

class MeteredPlaces {
 public:
  // A store for a catalog of that version; it need not be empty.
  using StoreMaker = std::function<std::unique_ptr<RecordStore>(std::function<uint64_t()> catalog_version)>;

  MeteredPlaces(StoreMaker make_store, catalog::CatalogContent content);
  ~MeteredPlaces();

  // Publishes the next version; tells the re-pricer. False, and nothing is changed,
  // where the catalog would be wrong.
  bool TryChange(const catalog::CatalogChange& change);
  void Change(const catalog::CatalogChange& change);  // which must be right
  std::shared_ptr<const catalog::Snapshot> snapshot() const { return catalog_.Get(); }

  // One call; each record that has a price must be stored.
  void Put(const std::vector<RecordRequest>& requests);
  // As a call that priced on an older snapshot, and stores now.
  void PutPricedOn(const std::shared_ptr<const catalog::Snapshot>& snapshot, const RecordRequest& request);
  void Delete(const std::vector<calculator::RecordId>& ids);

  void StartRepricer();
  void StopRepricer();
  Repricer& repricer() { return *repricer_; }
  // Closes the store and opens what `make_store` makes; no re-pricer runs.
  void ReopenStore();
  // Until nothing is stale and the present version is marked; fails where nothing gets
  // on for two minutes.
  void WaitUntilIdle();

  WatchedStore& store() { return *store_; }
  std::vector<StoredRecord> All(absl::string_view location_id = "");
  StoredRecord Get(const RecordRequest& request);
  std::vector<Revision> Revisions(const RecordRequest& request);  // the latest first
  // Of records whose location there is, checks the figures, one by one.
  void ExpectPricedAfresh();
  std::vector<std::string> logs() const;

  Repricer::Options repricer_options;  // tenant, store, catalog and clock are set by StartRepricer

 private:
  const StoreMaker make_store_;
  mutable std::mutex mutex_;       // of Change, and of the log
  std::vector<std::string> logs_;  // guarded by mutex_
  catalog::SnapshotHolder catalog_;
  std::unique_ptr<WatchedStore> store_;
  executor::BoundedExecutor blocking_;
  calculator::LocalCalculator pricing_;
  std::unique_ptr<RecordingCalculator> recording_;
  std::mutex repricer_mutex_;
  std::unique_ptr<Repricer> repricer_;  // guarded by repricer_mutex_, for Change
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_METERED_PLACES_H_
