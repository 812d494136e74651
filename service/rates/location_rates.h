// The rates of the locations that are served now: the calls of rates.h over
// whatever snapshot is current, bound to the account, the clock and the ids. What
// both faces call. Thread-safe; see rates.h for the errors.
#ifndef SERVICE_RATES_LOCATION_RATES_H_
#define SERVICE_RATES_LOCATION_RATES_H_

#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/snapshot.h"
#include "service/rates/rates.h"

namespace costs::rates {

class LocationRates {
 public:
  // What is pointed to outlives the object; the functions are called from any
  // thread.
  struct Options {
    const catalog::SnapshotHolder* snapshots = nullptr;
    const calculator::UsageSource* usage = nullptr;  // null: nothing is known to have been used
    // Whose locations they are, until there is a login.
    std::string account_id;
    bool live_mode = false;
    std::function<absl::Time()> now;
    std::function<absl::Time()> catalog_changed;  // when the catalog last changed
    std::function<std::string(absl::string_view prefix)> new_id;
  };

  explicit LocationRates(Options options) : options_(std::move(options)) {}

  absl::Status List(const pb::ListRatesRequest& request, pb::ListRatesResponse* response) const {
    return ListRates(*options_.snapshots->Get(), NewCall(), request, response);
  }
  absl::Status Audit(const pb::AuditRatesRequest& request, pb::AuditRatesResponse* response) const {
    return AuditRates(*options_.snapshots->Get(), NewCall(), request, response);
  }
  absl::Status Find(const pb::FindSlotsRequest& request, pb::FindSlotsResponse* response) const {
    return FindSlots(*options_.snapshots->Get(), NewCall(), request, response);
  }

 private:
  Call NewCall() const {
    Call call;
    call.account_id = options_.account_id;
    call.live_mode = options_.live_mode;
    call.now = options_.now();
    call.catalog_changed = options_.catalog_changed();
    call.new_id = options_.new_id;
    call.usage = options_.usage;
    return call;
  }

  const Options options_;
};

}  // namespace costs::rates

#endif  // SERVICE_RATES_LOCATION_RATES_H_
