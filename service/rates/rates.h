// What a kWh costs at a location over time, how that comes about, and when it
// is cheapest: the calls ListRates, AuditRates and FindSlots of TariffsService
// over a snapshot of the catalog. No gRPC here; the faces translate and call.
//
//   std::shared_ptr<const catalog::Snapshot> snapshot = holder.Get();
//   pb::ListRatesResponse answer;
//   absl::Status status = rates::ListRates(*snapshot, call, request, &answer);
//
// A refusal is a status with reason and violations (service/catalog/refusal.h):
// INVALID_ARGUMENT (INVALID_FIELD, every fault at once), NOT_FOUND
// (LOCATION_NOT_FOUND), FAILED_PRECONDITION (NO_TARIFF_CONNECTED, NO_PRICE_DATA,
// NO_CARBON_DATA). Then the answer means nothing. Pure but for what the Call
// brings; thread-safe. An answer takes up to some milliseconds, so call these
// off the event threads.
#ifndef SERVICE_RATES_RATES_H_
#define SERVICE_RATES_RATES_H_

#include "absl/status/status.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "service/catalog/snapshot.h"
#include "service/rates/call.h"

namespace costs::rates {

namespace pb = ::energy::costs::v1;

absl::Status ListRates(const catalog::Snapshot& snapshot, const Call& call, const pb::ListRatesRequest& request,
                       pb::ListRatesResponse* response);

absl::Status AuditRates(const catalog::Snapshot& snapshot, const Call& call, const pb::AuditRatesRequest& request,
                        pb::AuditRatesResponse* response);

absl::Status FindSlots(const catalog::Snapshot& snapshot, const Call& call, const pb::FindSlotsRequest& request,
                       pb::FindSlotsResponse* response);

}  // namespace costs::rates

#endif  // SERVICE_RATES_RATES_H_
