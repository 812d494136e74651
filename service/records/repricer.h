// Prices stored records again, in the background, after what they cost has changed:
// what is done for each tenant, and what it guarantees, is told in tenant_repricer.h.
//
//   Repricer repricer(std::move(options));   // and from then on by itself
//   repricer.Changed(tenant);                // his catalog changed: look now
//
// One thread works for all tenants, who take turns: whoever has waited longest is
// next, and nobody has more than a turn while others wait. A tenant whose work fails
// is tried again later, and holds up nobody.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_REPRICER_H_
#define SERVICE_RECORDS_REPRICER_H_

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/catalog/snapshot_source.h"
#include "service/records/record_store.h"
#include "service/records/tenant_repricer.h"

namespace costs::records {

class Repricer {
 public:
  struct Options {
    // Whose records there may be; others are added when their catalog changes.
    std::vector<Tenant> tenants;
    // Both outlive this. A tenant whose catalog is not open has no turn.
    RecordStore* store = nullptr;
    const catalog::SnapshotSource* catalogs = nullptr;
    std::function<absl::Time()> now = absl::Now;
    std::function<void(absl::string_view)> log = [](absl::string_view) {};  // what the operator should know
    // How often to look without being told: stores mark too, and so do other replicas.
    // Where there are many tenants it is less often, so that there are at most so many
    // looks a second for all of them.
    absl::Duration poll = absl::Seconds(1);
    int most_polls_per_second = 50;
    // After which another tenant has his.
    absl::Duration turn = absl::Milliseconds(200);
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

  // There may be work for that tenant. Never blocks for long.
  void Changed(const Tenant& tenant);

  // Of all tenants, added up.
  RepricingProgress progress() const;

 private:
  using Clock = std::chrono::steady_clock;

  // A tenant's place in the order of turns.
  struct Place {
    std::unique_ptr<TenantRepricer> worker;
    Clock::time_point due;  // guarded by mutex_; the order of agenda_
    bool waiting = false;   // guarded by mutex_: it is in agenda_
    bool changed = false;   // guarded by mutex_: since its last turn began
    absl::Duration wait;    // after a failure; the thread's
    std::string failure;    // the last one; the thread's
    bool failed = false;    // guarded by mutex_: it waits after a failure
  };

  void Run();
  // Ends when the place is due; null when it is over.
  Place* NextTurn();
  void TakeTurn(Place* place);
  // Holding mutex_.
  Place* PlaceOf(const Tenant& tenant);
  void Schedule(Place* place, Clock::time_point due);
  absl::Duration Poll() const;
  bool stopping() const;

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stop_ = false;                                                                 // guarded by mutex_
  absl::flat_hash_map<std::pair<std::string, bool>, std::unique_ptr<Place>> places_;  // guarded by mutex_
  std::set<std::pair<Clock::time_point, Place*>> agenda_;                             // guarded by mutex_
  int64_t failures_ = 0;                                                              // guarded by mutex_
  std::string told_failure_;                                                          // the thread's
  std::thread thread_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_REPRICER_H_
