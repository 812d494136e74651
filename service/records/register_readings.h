// Readings of a meter's register, differenced into records.
//
// Between two readings that follow each other lies one record, [earlier, later), of
// the difference of their values. A reading in the middle of known ones splits their
// record. A value below the one before is a register that was reset: counting starts
// anew with it, and there is no record before it; nor is there one where two readings
// lie further apart than a record may be long.
//
// So the records follow from the set of readings alone: in whatever order and
// portions the readings come, the records in the end are the same. (Where one time
// is read twice, the later submission counts.)
//
//   for (Range range : RangesToRead(submitted)) known += store->Readings(…, range.first_s, range.last_s);
//   Differences differences = Difference(known, submitted);
//
// Pure functions.
#ifndef SERVICE_RECORDS_REGISTER_READINGS_H_
#define SERVICE_RECORDS_REGISTER_READINGS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"
#include "service/records/record_store.h"

namespace costs::records {

// The record between two readings; its references are the later one's.
struct ReadingRecord {
  int64_t start_s = 0;
  int64_t end_s = 0;
  int64_t energy_mwh = 0;  // 10^-3 Wh
  std::string session_reference_id;
  std::string record_reference_id;

  friend bool operator==(const ReadingRecord& a, const ReadingRecord& b) {
    return a.start_s == b.start_s && a.end_s == b.end_s && a.energy_mwh == b.energy_mwh &&
           a.session_reference_id == b.session_reference_id && a.record_reference_id == b.record_reference_id;
  }
};

struct ReadingFault {
  size_t reading = 0;  // its index among the submitted ones
  std::string error;   // for the caller's eyes; reads on from the reading
};

struct Differences {
  std::vector<RegisterReading> readings;  // to store: the submitted ones that are taken, by time
  std::vector<ReadingRecord> deletions;   // records that are no more
  std::vector<ReadingRecord> records;     // those that end or begin with a submitted reading
  std::vector<ReadingFault> refused;      // readings that are not taken; in their order
  std::vector<ReadingFault> gaps;         // readings that are taken, with no record beside them; likewise
};

// What has to be known of a register to difference these readings.
struct ReadingRange {
  int64_t first_s = 0;
  int64_t last_s = 0;
};
std::vector<ReadingRange> RangesToRead(absl::Span<const RegisterReading> submitted);

// `known`: the readings of those ranges and the nearest ones on either side of each;
// in any order, and repeats do no harm. Readings of one time that differ within
// `submitted` are all refused: there is no telling which is right.
Differences Difference(absl::Span<const RegisterReading> known, absl::Span<const RegisterReading> submitted);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_REGISTER_READINGS_H_
