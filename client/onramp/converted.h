// What the on-ramps make: meter records out of other people's messages, and what was left
// out and why.
#ifndef CLIENT_ONRAMP_CONVERTED_H_
#define CLIENT_ONRAMP_CONVERTED_H_

#include <cstdint>
#include <string>
#include <vector>

#include "energy/costs/v1/meter_record.pb.h"

namespace costs::onramp {

namespace v1 = ::energy::costs::v1;

struct Converted {
  int64_t line = 0;  // of the input, from 1
  v1::MeterRecordSubmission record;
  std::string error;  // not empty: there is no record, and this says why
};

using ConvertedRecords = std::vector<Converted>;

// What every record gets.
struct Place {
  std::string location_id;
  std::string device_id;  // may be empty
};

}  // namespace costs::onramp

#endif  // CLIENT_ONRAMP_CONVERTED_H_
