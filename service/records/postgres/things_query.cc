#include "service/records/postgres/things_query.h"

#include <utility>

#include "service/postgres/wire.h"

namespace costs::records::pg {

using postgres::ArrayWriter;
using postgres::Params;
using postgres::Result;
using postgres::Type;

Params ParamsOf(const Tenant& tenant) {
  Params params;
  params.Text(tenant.account_id).Bool(tenant.live_mode);
  return params;
}

postgres::Statement ThingsOfLocation(const Tenant& tenant, absl::string_view location_id) {
  return {
      "SELECT location_id, device_id, id_prefix, longest_ns FROM record_things "
      "WHERE account_id = $1 AND live_mode = $2 AND location_id = $3 ORDER BY location_id, device_id",
      ParamsOf(tenant).Text(location_id)};
}

std::vector<KnownThing> ReadThings(const Result& result) {
  std::vector<KnownThing> things;
  things.reserve(static_cast<size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) {
    things.push_back({{std::string(result.Text(row, 0)), std::string(result.Text(row, 1))},
                      std::string(result.Bytes(row, 2)),
                      result.Int(row, 3)});
  }
  return things;
}

void AddRanges(absl::Span<const ThingRange> ranges, Params* params) {
  ArrayWriter locations(Type::kText), devices(Type::kText), lows(Type::kBytea), highs(Type::kBytea);
  for (const ThingRange& range : ranges) {
    locations.Text(range.thing.location_id);
    devices.Text(range.thing.device_id);
    lows.Bytes(range.range.low);
    highs.Bytes(range.range.high);
  }
  const auto count = static_cast<int32_t>(ranges.size());
  params->Binary(std::move(locations).Finish(count))
      .Binary(std::move(devices).Finish(count))
      .Binary(std::move(lows).Finish(count))
      .Binary(std::move(highs).Finish(count));
}

}  // namespace costs::records::pg
