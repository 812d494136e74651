// What ListRates, AuditRates and FindSlots need besides the request and the
// catalog: who asks, the clock, ids. A plain value; its functions are called
// while the call runs, on its thread.
#ifndef SERVICE_RATES_CALL_H_
#define SERVICE_RATES_CALL_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/usage_source.h"

namespace costs::rates {

// Who asks, and what the answers need from outside.
struct Call {
  std::string account_id;
  bool live_mode = false;
  absl::Time now;
  // When the catalog last changed; told as last_updated. Default: `now`.
  absl::Time catalog_changed = absl::InfiniteFuture();
  // `prefix` and 24 hexadecimal digits. Required.
  std::function<std::string(absl::string_view prefix)> new_id;
  // Null: nothing is known to have been used. Asked only for tiered tariffs.
  const calculator::UsageSource* usage = nullptr;
  // The most figures of an answer: an entry counts as one, or as its tiers where
  // it has some. 90 days of 5 minutes are 25,920 entries and some 2 MB.
  size_t most_figures = 30'000;
  // The same for an audit, where an entry counts as its elements.
  size_t most_audit_figures = 10'000;
};

}  // namespace costs::rates

#endif  // SERVICE_RATES_CALL_H_
