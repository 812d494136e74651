// The rates of the locations that are served now: the calls of rates.h over
// whatever snapshot of the caller's catalog is current, bound to the clock and the
// ids. What both faces call. Thread-safe; see rates.h for the errors, beside which
// there are those of a catalog that cannot be opened.
#ifndef SERVICE_RATES_LOCATION_RATES_H_
#define SERVICE_RATES_LOCATION_RATES_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/snapshot_source.h"
#include "service/catalog/tenant.h"
#include "service/rates/rates.h"

namespace costs::rates {

class LocationRates {
 public:
  // What is pointed to outlives the object; the functions are called from any
  // thread.
  struct Options {
    catalog::SnapshotSource* snapshots = nullptr;
    const calculator::UsageSource* usage = nullptr;  // null: nothing is known to have been used
    std::function<absl::Time()> now;
    std::function<absl::Time(const catalog::Tenant&)> catalog_changed;  // when that catalog last changed
    std::function<std::string(absl::string_view prefix)> new_id;
  };

  explicit LocationRates(Options options) : options_(std::move(options)) {}

  // Of the tenant's locations, and of no other's.
  absl::Status List(const catalog::Tenant& tenant, const pb::ListRatesRequest& request,
                    pb::ListRatesResponse* response) const {
    return Run(tenant, &ListRates, request, response);
  }
  absl::Status Audit(const catalog::Tenant& tenant, const pb::AuditRatesRequest& request,
                     pb::AuditRatesResponse* response) const {
    return Run(tenant, &AuditRates, request, response);
  }
  absl::Status Find(const catalog::Tenant& tenant, const pb::FindSlotsRequest& request,
                    pb::FindSlotsResponse* response) const {
    return Run(tenant, &FindSlots, request, response);
  }

 private:
  template <typename Request, typename Response>
  absl::Status Run(const catalog::Tenant& tenant,
                   absl::Status (*function)(const catalog::Snapshot&, const Call&, const Request&, Response*),
                   const Request& request, Response* response) const {
    const absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> snapshot = options_.snapshots->Open(tenant);
    if (!snapshot.ok()) return snapshot.status();
    Call call;
    call.account_id = tenant.account_id;
    call.live_mode = tenant.live_mode;
    call.now = options_.now();
    call.catalog_changed = options_.catalog_changed(tenant);
    call.new_id = options_.new_id;
    call.usage = options_.usage;
    return function(**snapshot, call, request, response);
  }

  const Options options_;
};

}  // namespace costs::rates

#endif  // SERVICE_RATES_LOCATION_RATES_H_
