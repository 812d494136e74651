// The location that ListRates, AuditRates and FindSlots are asked about, with
// what the three answers have in common. A Place borrows from the snapshot.
#ifndef SERVICE_RATES_PLACE_H_
#define SERVICE_RATES_PLACE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/catalog/snapshot.h"
#include "service/engine/meter_record.h"
#include "service/engine/price_timeline.h"
#include "service/engine/time.h"
#include "service/rates/call.h"

namespace costs::rates {

namespace pb = ::energy::costs::v1;

struct Place {
  absl::string_view id;  // the request's
  const catalog::Location* location = nullptr;
  engine::TariffRate direction = engine::TariffRate::kImport;
  const engine::PriceTimeline* prices = nullptr;  // null: no element for the direction

  // Local generation costs nothing unless the location says otherwise, and
  // causes no carbon.
  bool local() const { return direction == engine::TariffRate::kLocal; }
  bool free() const { return local() && prices == nullptr; }
};

// NOT_FOUND (LOCATION_NOT_FOUND).
absl::StatusOr<Place> FindPlace(const catalog::Snapshot& snapshot, absl::string_view location_id,
                                engine::TariffRate direction);

// What was used before `start` in each of the tiers' windows, in nano-Wh; empty
// where the price has no tiers. `given`: what the caller says. INVALID_ARGUMENT
// where that cannot be one number; otherwise the source's code (USAGE_UNKNOWN).
absl::StatusOr<std::vector<engine::Int128>> UsageInWindows(const Place& place, const Call& call, engine::Instant start,
                                                           std::optional<engine::Int128> given);

// The refusals; `remedy` ends the message.
absl::Status NoTariffConnected(const Place& place, absl::string_view remedy);
absl::Status NoPriceData(const Place& place, engine::Instant gap, absl::string_view remedy);
absl::Status NoCarbonData(const Place& place, engine::Instant gap);
absl::Status TooManyFigures(size_t most, absl::string_view remedy);

// When the next market prices or intensities are expected at the latest: where
// those end first that the answer rests on. Where none of them ends later than
// now, or none is used, the location's next midnight.
absl::Time NextUpdate(const catalog::Snapshot& snapshot, const Place& place, const Call& call, bool tariff,
                      bool carbon);

google::protobuf::Timestamp ToTimestamp(engine::Instant instant);
google::protobuf::Timestamp ToTimestamp(absl::Time time);

// 1e-9 Wh as the API's energies.
double ToWh(engine::Int128 nano_wh);
double ToKwh(engine::Int128 nano_wh);

// Thousandths as the API's fraction.
double ToFraction(engine::Confidence confidence);

// What every answer begins with.
template <typename Response>
void FillHead(const Place& place, const Call& call, absl::string_view id_prefix, absl::string_view object,
              Response* response) {
  response->set_id(call.new_id(id_prefix));
  response->set_object(std::string(object));
  response->set_live_mode(call.live_mode);
  response->set_location_id(std::string(place.id));
  response->set_location_timezone(std::string(place.location->timezone));
  response->set_currency_code(std::string(place.location->currency_code));
  response->set_direction(static_cast<pb::TariffRate::Value>(place.direction));
  *response->mutable_time_created() = ToTimestamp(call.now);
  response->set_account_id(call.account_id);
}

}  // namespace costs::rates

#endif  // SERVICE_RATES_PLACE_H_
