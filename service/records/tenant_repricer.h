// Prices the stored records of one tenant again, after what they cost has changed: a
// tariff element, market prices, carbon intensities, the location itself, or the
// energy that counts towards tiers. A step at a time, on whatever thread calls it; the
// Repricer (repricer.h) is what calls it.
//
// It works in two steps, both of which a crash may cut short at any point:
//   1. A new version of the catalog is compared with the version up to which changes
//      are marked. Where a location that has records pays or emits something else,
//      its records of that time are marked as stale in the store; with the last of
//      them the version counts as marked. After a restart the older version is gone,
//      and everything counts as changed.
//   2. Stale records are priced on the marked version, location by location in the
//      order of time. Those of which a figure differs get it as their next revision;
//      then the mark is taken off. So a record gets one revision for a change at most,
//      however often the work is begun anew.
// Whatever is written meanwhile wins; see record_store.h for what stores mark
// themselves. When nothing is written or changed any more and the work is done, every
// record has the figures that pricing it afresh gives.
//
// A record whose location is gone, or whose request the catalog no longer allows,
// keeps its figures. One that has no price any more loses its cost.
//
// Work is for one thread at a time; the rest is thread-safe.
#ifndef SERVICE_RECORDS_TENANT_REPRICER_H_
#define SERVICE_RECORDS_TENANT_REPRICER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/price_changes.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/snapshot_source.h"
#include "service/records/record_store.h"

namespace costs::records {

// What was done for a tenant, or for all of them, added up.
struct RepricingProgress {
  uint64_t catalog_version = 0;
  uint64_t marked_version = 0;
  int64_t stale_locations = 0;  // left, as of the last look
  // Since this process began.
  int64_t records_checked = 0;
  int64_t records_repriced = 0;
  int64_t failures = 0;  // of the store; each is tried again
  // None: it waits for work. Of several the earliest.
  std::optional<absl::Time> running_since;
};

class TenantRepricer {
 public:
  struct Options {
    Tenant tenant;
    // Both outlive this.
    RecordStore* store = nullptr;
    const catalog::SnapshotSource* catalogs = nullptr;
    std::function<absl::Time()> now;
    std::function<void(absl::string_view)> log;
    std::function<bool()> stopping;  // true: what is under way is to be left as it is
    int locations_per_page = 1000;
    int records_per_batch = 500;  // in one transaction
  };

  explicit TenantRepricer(Options options);
  TenantRepricer(const TenantRepricer&) = delete;
  TenantRepricer& operator=(const TenantRepricer&) = delete;

  // One look for work, of which as much is done as there is until `enough` says so
  // between two batches of records: the next call goes on there. Whether there may be
  // more. With an error, which is the store's, it is to be tried again.
  absl::StatusOr<bool> Work(const std::function<bool()>& enough);

  RepricingProgress progress() const;

 private:
  using SnapshotPtr = std::shared_ptr<const catalog::Snapshot>;

  // A location that is being priced.
  struct UnderWay {
    StaleRecords stale;
    engine::Interval interval;
    std::optional<RecordPosition> position;
    bool moved = false;  // since the beginning of the interval
    SnapshotPtr snapshot;
  };

  absl::StatusOr<bool> Look(const std::function<bool()>& enough);
  void Log(const std::string& text) const;

  // Step 1: marks what differs between the marked version and `now`.
  absl::Status Mark(const SnapshotPtr& now, uint64_t marked_version);
  absl::StatusOr<std::vector<StaleRecords>> Compare(const catalog::Snapshot* before, const catalog::Snapshot& now,
                                                    const std::vector<std::string>& locations,
                                                    catalog::PriceComparison* comparison);

  // Step 2, for one location.
  void Start(const StaleRecords& stale);
  // Goes on with the location under way; whether it is done.
  absl::StatusOr<bool> Reprice(const std::function<bool()>& enough);
  // Whether a record counts towards tiers otherwise than before.
  absl::StatusOr<bool> RepriceBatch(const StaleRecords& stale, std::vector<StoredRecord> records);

  void Begin();
  void End();

  const Options options_;
  // The snapshot of the marked version, if it was there when it was marked; what
  // stale records are priced on.
  SnapshotPtr marked_;
  catalog::SnapshotHolder pricing_;
  calculator::LocalCalculator calculator_;
  std::optional<UnderWay> under_way_;

  mutable std::mutex mutex_;
  RepricingProgress progress_;      // guarded by mutex_
  RepricingProgress at_beginning_;  // of the work under way
  bool told_ = false;               // its beginning was logged
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_TENANT_REPRICER_H_
