// Stored records as the API's messages. Pure functions.
#ifndef SERVICE_RECORDS_RECORD_MESSAGE_H_
#define SERVICE_RECORDS_RECORD_MESSAGE_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "energy/costs/v1/meter_records_service.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/calculator/calculator.h"
#include "service/catalog/tenant.h"
#include "service/engine/time.h"
#include "service/records/record_store.h"
#include "service/records/stored_record.h"

namespace costs::records {

namespace pb = ::energy::costs::v1;

// The id that `mre_` and 24 hexadecimal digits name; nothing where the text is none.
std::optional<calculator::RecordId> ParseRecordId(absl::string_view text);

// The messages are empty before.
void ToMessage(const Tenant& tenant, const StoredRecord& record, pb::MeterRecord* message);
void ToMessage(const StoredRecord& record, const Revision& revision, pb::MeterRecordRevision* message);

void SetTariff(engine::MoneyMicros micros, engine::Confidence confidence, pb::MeterRecordData* data);
void SetCarbon(engine::CarbonMilligrams milligrams, engine::Confidence confidence, pb::MeterRecordData* data);
void SetTime(engine::Instant at, google::protobuf::Timestamp* time);
// When something was made: to the millisecond.
void SetTimeCreated(int64_t since_1970_ns, google::protobuf::Timestamp* time);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_RECORD_MESSAGE_H_
