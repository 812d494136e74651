// What locations have used: the seam between pricing with tiers and wherever
// records are kept.
#ifndef SERVICE_CALCULATOR_USAGE_SOURCE_H_
#define SERVICE_CALCULATOR_USAGE_SOURCE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"

namespace costs::calculator {

class UsageSource {
 public:
  virtual ~UsageSource() = default;

  // The energy, in nano-Wh (10^-9 Wh), of the location's known records on that
  // tariff rate that lies within the interval: of a record that reaches beyond it
  // the part inside. Where the location itself has records there (its main meter),
  // it is theirs, since they measure what its devices use too; otherwise the sum of
  // its devices'. `zone` is the location's. The interval is not empty; it begins
  // with the first instant of a date in `zone`, perhaps before engine::kEarliest.
  //
  // A status that is not OK fails the record that asks, with that code. Thread-safe
  // unless the source says otherwise; called for each record of a tiered tariff that
  // does not say itself what was used before.
  virtual absl::StatusOr<engine::Int128> UsageWithin(const Caller& caller, absl::string_view location_id,
                                                     const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                                     engine::Interval interval) const = 0;
};

// The code with which a source refuses to be asked now, on this thread: the Failure
// has it, and the reason USAGE_UNKNOWN, and the record is to be priced again where
// another source may be asked.
inline constexpr absl::StatusCode kUsageDeferred = absl::StatusCode::kAborted;

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_USAGE_SOURCE_H_
