// Which ids the records of a device or location have that start from here to there:
// ids of one thing are in the order of the second of their starts (record_id.h).
// Pure functions; ids are their 12 bytes.
#ifndef SERVICE_RECORDS_POSTGRES_ID_RANGE_H_
#define SERVICE_RECORDS_POSTGRES_ID_RANGE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// With what the ids of a thing's records begin: four bytes.
std::string IdPrefix(const Tenant& tenant, const Thing& thing);

// Both ends are within; empty where low > high.
struct IdRange {
  std::string low;
  std::string high;

  bool empty() const { return low > high; }
};

// Of records that start before `starts_before` and, none of them being longer than
// that, may end after `ends_after`.
IdRange RangeOfStarts(absl::string_view prefix, std::optional<engine::Instant> ends_after, int64_t longest_ns,
                      std::optional<engine::Instant> starts_before);

// Only those that come after a position, in the order of positions or against it.
void GoOnAfter(const RecordPosition& position, bool newest_first, absl::string_view prefix, IdRange* range);

// The part of an id that comes after its prefix, the least and the greatest that
// there is for a second.
std::string FirstOfSecond(int64_t second);
std::string LastOfSecond(int64_t second);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_ID_RANGE_H_
