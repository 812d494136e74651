// The things of a location or a device, asked on a connection, and records found by
// ranges of ids, one for each thing.
#ifndef SERVICE_RECORDS_POSTGRES_THINGS_QUERY_H_
#define SERVICE_RECORDS_POSTGRES_THINGS_QUERY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/postgres/connection.h"
#include "service/records/postgres/id_range.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

struct KnownThing {
  Thing thing;  // with a device and an empty location: wherever it is
  std::string id_prefix;
  int64_t longest_ns = 0;
};

postgres::Params ParamsOf(const Tenant& tenant);

// Those of a location. In order of device.
postgres::Statement ThingsOfLocation(const Tenant& tenant, absl::string_view location_id);
std::vector<KnownThing> ReadThings(const postgres::Result& result);

// Adds the arrays location_id, device_id, low, high (text[], text[], bytea[],
// bytea[]) of ranges.
struct ThingRange {
  Thing thing;
  IdRange range;
};
void AddRanges(absl::Span<const ThingRange> ranges, postgres::Params* params);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_THINGS_QUERY_H_
