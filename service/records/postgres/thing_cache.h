// Which devices and locations are known to the database to have records, and how long
// their longest one is: so that most writes need not say it again.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_POSTGRES_THING_CACHE_H_
#define SERVICE_RECORDS_POSTGRES_THING_CACHE_H_

#include <cstdint>
#include <mutex>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

class ThingCache {
 public:
  // Whether the thing is known with a record of that length or a longer one.
  bool Knows(const Tenant& tenant, const Thing& thing, int64_t nanos) const {
    const std::string key = KeyOf(tenant, thing);
    std::lock_guard<std::mutex> lock(mutex_);
    const auto known = longest_.find(key);
    return known != longest_.end() && known->second >= nanos;
  }

  // It is committed.
  void Learn(const Tenant& tenant, const Thing& thing, int64_t nanos) {
    std::lock_guard<std::mutex> lock(mutex_);
    // Forgetting all costs a little work again, and no more.
    if (longest_.size() >= kMost) longest_.clear();
    int64_t& longest = longest_[KeyOf(tenant, thing)];
    if (longest < nanos) longest = nanos;
  }

  // The database may be another one, or restored from a copy.
  void Forget() {
    std::lock_guard<std::mutex> lock(mutex_);
    longest_.clear();
  }

 private:
  static constexpr size_t kMost = 1'000'000;

  static std::string KeyOf(const Tenant& tenant, const Thing& thing) {
    return absl::StrCat(tenant.live_mode ? "1" : "0", tenant.account_id, "\n", thing.location_id, "\n",
                        thing.device_id);
  }

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, int64_t> longest_;  // guarded by mutex_
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_THING_CACHE_H_
