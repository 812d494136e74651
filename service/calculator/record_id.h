// The id of a meter record, worked out from what makes it that record.
//
// A resubmission of the same account, mode, device or location, direction,
// tariff_rate and interval has the same id on every replica and after every
// restart, without asking a store. Pure and thread-safe.
#ifndef SERVICE_CALCULATOR_RECORD_ID_H_
#define SERVICE_CALCULATOR_RECORD_ID_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"

namespace costs::calculator {

struct RecordKey {
  absl::string_view account_id;
  bool live_mode = false;
  absl::string_view location_id;
  absl::string_view device_id;  // where given, the record is the device's
  engine::Direction direction = engine::Direction::kImport;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
  engine::Interval interval;
};

RecordId IdOf(const RecordKey& key);

// `mre_` and 24 hexadecimal digits.
inline constexpr size_t kRecordIdLength = 28;
void WriteRecordId(const RecordId& id, char* out);  // kRecordIdLength characters, no NUL
std::string FormatRecordId(const RecordId& id);

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_RECORD_ID_H_
