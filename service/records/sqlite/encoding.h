// The bytes in which what belongs to a record is kept: numbers of one byte up to 128
// bits, small ones short, and nothing lost of any.
//
// An encoding is a part of the schema: bytes that were written once are read for
// ever. Equal values have equal bytes. Pure functions; those that decode return
// false for what none of these wrote.
#ifndef SERVICE_RECORDS_SQLITE_ENCODING_H_
#define SERVICE_RECORDS_SQLITE_ENCODING_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/records/stored_record.h"

namespace costs::records {

// Those fields of a request that are in no column: units, value, confidence and
// usage_before_wh. Both replace what is in *out.
void EncodeRequest(const RecordRequest& request, std::string* out);
bool DecodeRequest(absl::string_view bytes, RecordRequest* request);

void EncodeRevision(const Revision& revision, std::string* out);
bool DecodeRevision(absl::string_view bytes, Revision* revision);

// What a total sums up. Wraps where 128 bits do not hold the sum.
struct Sum {
  int64_t records = 0;
  int64_t energy_wh = 0;
  engine::Int128 energy_nwh = 0;
  engine::MoneyMicros cost = 0;
  engine::CarbonMilligrams carbon = 0;

  void Add(const Sum& other);
  void Subtract(const Sum& other);
};

void EncodeSum(const Sum& sum, std::string* out);
bool DecodeSum(absl::string_view bytes, Sum* sum);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_ENCODING_H_
