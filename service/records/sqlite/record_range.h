// Where in the primary key, and in the other orders that records are kept in, those
// of a thing and a time are. Pure functions.
#ifndef SERVICE_RECORDS_SQLITE_RECORD_RANGE_H_
#define SERVICE_RECORDS_SQLITE_RECORD_RANGE_H_

#include <array>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"
#include "service/catalog/tenant.h"
#include "service/records/record_store.h"

namespace costs::records {

inline constexpr int64_t kLastSecond = std::numeric_limits<uint32_t>::max();

absl::string_view BytesOf(const calculator::RecordId& id);
// Of 12 bytes; all zero where there are not as many.
calculator::RecordId IdOfBytes(absl::string_view bytes);

// The last second at or before an instant, and the first at or after it; from 0 to
// kLastSecond.
int64_t SecondBefore(int64_t ns);
int64_t SecondAfter(int64_t ns);

// Positions [low, high) in a list of records; by second and id.
struct PositionRange {
  RecordPosition low;
  RecordPosition high = {kLastSecond, {}};

  bool empty() const;
  // Leaves what comes after (before) a position.
  void StartAfter(const RecordPosition& position);
  void EndBefore(const RecordPosition& position);
  // Leaves those that start at `second` or later (before it).
  void StartFrom(int64_t second);
  void EndAt(int64_t second);
};

// Ids [low, high), of 12 bytes each.
struct IdRange {
  calculator::RecordId low;
  calculator::RecordId high;

  bool empty() const { return !(low.bytes < high.bytes); }
};

// Where the ids of a thing lie which have a position in a range. What else has its
// hash lies there too.
IdRange IdsWithin(const catalog::Tenant& tenant, absl::string_view location_id, absl::string_view device_id,
                  const PositionRange& range);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_RECORD_RANGE_H_
