// The id of a meter record, worked out from what makes it that record.
//
// A resubmission of the same account, mode, device or location, direction,
// tariff_rate and interval has the same id on every replica and after every
// restart, without asking a store. The ids of one device or location are in the
// order of their starts, and so lie together in a store that is kept by id:
//
//   bytes 0 to 3    hash of account, mode, and device or location
//   bytes 4 to 7    the second of the start, since 1970, big-endian
//   bytes 8 to 11   hash of all of the key
//
// Pure and thread-safe.
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

// Where the ids of a device's or location's records begin, for those that start at
// a second or later: the least id there can be. Of the key only account, mode,
// location and device count.
RecordId FirstIdFrom(const RecordKey& key, uint32_t second);

// `mre_` and 24 hexadecimal digits.
inline constexpr size_t kRecordIdLength = 28;
void WriteRecordId(const RecordId& id, char* out);  // kRecordIdLength characters, no NUL
std::string FormatRecordId(const RecordId& id);

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_RECORD_ID_H_
