// The answer to a bulk submission, as the upstream's `meter_batch`. Kept in the
// store as the text that it is answered with. Plain values and a pure function.
#ifndef SERVICE_RECORDS_METER_BATCH_H_
#define SERVICE_RECORDS_METER_BATCH_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace costs::records {

struct MeterBatch {
  struct Failed {
    size_t record = 0;  // its position in the submission, from 0
    std::string record_reference_id;
    std::string error;  // for the caller's eyes
  };

  std::string id;
  size_t submitted = 0;
  // What was taken is stored when the answer is given, and so processed.
  size_t accepted = 0;
  std::vector<Failed> failed;
  absl::Time time_created;
  std::string account_id;
};

// In JSON.
std::string RenderMeterBatch(const MeterBatch& batch);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_METER_BATCH_H_
