// Prices stored records again, in the background, after what they cost has changed:
// a tariff element, market prices, carbon intensities, the location itself, or the
// energy that counts towards tiers.
//
//   Repricer repricer(std::move(options));   // and from then on by itself
//   repricer.Changed();                      // the catalog changed: look now
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
// Owns one thread. Thread-safe.
#ifndef SERVICE_RECORDS_REPRICER_H_
#define SERVICE_RECORDS_REPRICER_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/price_changes.h"
#include "service/catalog/snapshot.h"
#include "service/records/record_store.h"

namespace costs::records {

struct RepricingProgress {
  uint64_t catalog_version = 0;
  uint64_t marked_version = 0;
  int64_t stale_locations = 0;  // left, as of the last look
  // Since this process began.
  int64_t records_checked = 0;
  int64_t records_repriced = 0;
  int64_t failures = 0;  // of the store; each is tried again
  // None: it waits for work.
  std::optional<absl::Time> running_since;
};

class Repricer {
 public:
  struct Options {
    Tenant tenant;
    // Both outlive this; `catalog` holds a snapshot.
    RecordStore* store = nullptr;
    const catalog::SnapshotHolder* catalog = nullptr;
    std::function<absl::Time()> now = absl::Now;
    std::function<void(absl::string_view)> log = [](absl::string_view) {};  // what the operator should know
    // How often to look without being told: stores mark too, and so do other replicas.
    absl::Duration poll = absl::Seconds(1);
    // After a failure of the store: the first wait, which doubles up to the longest.
    absl::Duration first_wait = absl::Seconds(1);
    absl::Duration longest_wait = absl::Seconds(30);
    int locations_per_page = 1000;
    int records_per_batch = 500;  // in one transaction
  };

  explicit Repricer(Options options);
  // Waits for the batch under way.
  ~Repricer();
  Repricer(const Repricer&) = delete;
  Repricer& operator=(const Repricer&) = delete;

  // There may be work. Never blocks for long.
  void Changed();

  RepricingProgress progress() const;

 private:
  using SnapshotPtr = std::shared_ptr<const catalog::Snapshot>;

  void Run();
  // One look for work. Whether there was any.
  absl::StatusOr<bool> Work();
  bool stopping() const;
  void Log(const std::string& text) const { options_.log(text); }

  // Step 1: marks what differs between the marked version and `now`.
  absl::Status Mark(const SnapshotPtr& now, uint64_t marked_version);
  absl::StatusOr<std::vector<StaleRecords>> Compare(const catalog::Snapshot* before, const catalog::Snapshot& now,
                                                    const std::vector<std::string>& locations,
                                                    catalog::PriceComparison* comparison);

  // Step 2, for one location.
  absl::Status Reprice(const StaleRecords& stale);
  // Whether a record counts towards tiers otherwise than before.
  absl::StatusOr<bool> RepriceInterval(const StaleRecords& stale, engine::Interval interval);
  absl::StatusOr<bool> RepriceBatch(const StaleRecords& stale, std::vector<StoredRecord> records);

  void Begin();
  void End();

  const Options options_;
  // The snapshot of the marked version, if it was there when it was marked; what
  // stale records are priced on.
  SnapshotPtr marked_;
  catalog::SnapshotHolder pricing_;
  calculator::LocalCalculator calculator_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;               // guarded by mutex_
  bool changed_ = false;            // guarded by mutex_
  RepricingProgress progress_;      // guarded by mutex_
  RepricingProgress at_beginning_;  // of the work under way; the thread's
  bool told_ = false;               // its beginning was logged; the thread's
  std::thread thread_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_REPRICER_H_
