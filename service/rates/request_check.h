// Checks the fields that ListRates, AuditRates and FindSlots share, and resolves
// their defaults in place; gathers every violation.
#ifndef SERVICE_RATES_REQUEST_CHECK_H_
#define SERVICE_RATES_REQUEST_CHECK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/catalog/refusal.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"

namespace costs::rates {

class RequestCheck {
 public:
  // `now` is where a period begins that names no start; cut to the second.
  explicit RequestCheck(absl::Time now) : now_(now) {}

  // `request` is one of the three. Meaningful only where violations() is empty:
  // direction() and interval().
  template <typename Request>
  void Shared(Request* request) {
    Location(request->location_id());
    request->set_direction(static_cast<decltype(request->direction())>(Direction(request->direction())));
    if (!request->has_start_time()) *request->mutable_start_time() = Now();
    Period(request->start_time(), request->has_end_time() ? &request->end_time() : nullptr);
  }

  // In 1e-9 Wh.
  std::optional<engine::Int128> UsageBefore(bool given, double usage_before_wh);

  void Add(absl::string_view field, std::string description) {
    violations_.push_back({std::string(field), std::move(description)});
  }

  engine::TariffRate direction() const { return direction_; }
  const engine::Interval& interval() const { return interval_; }
  const std::vector<catalog::FieldViolation>& violations() const { return violations_; }

 private:
  void Location(absl::string_view id);
  int Direction(int value);
  google::protobuf::Timestamp Now() const;
  void Period(const google::protobuf::Timestamp& start, const google::protobuf::Timestamp* end);
  std::optional<engine::Instant> Time(absl::string_view field, const google::protobuf::Timestamp& time);

  const absl::Time now_;
  engine::TariffRate direction_ = engine::TariffRate::kImport;
  engine::Interval interval_;
  std::vector<catalog::FieldViolation> violations_;
};

}  // namespace costs::rates

#endif  // SERVICE_RATES_REQUEST_CHECK_H_
