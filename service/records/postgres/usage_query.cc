#include "service/records/postgres/usage_query.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/records/postgres/record_row.h"
#include "service/records/postgres/things_query.h"
#include "service/records/usage_plan.h"

namespace costs::records::pg {
namespace {

using engine::Int128;
using postgres::Result;

// Of own records, and of those of devices. The things are named, so that each one's
// days are found in the key.
constexpr absl::string_view kWholeDates = R"sql(
SELECT device_id = '', coalesce(sum(energy_nwh), 0)
FROM record_day_totals
WHERE account_id = $1 AND live_mode = $2 AND location_id = $3
  AND device_id = ANY (ARRAY(SELECT device_id FROM record_things
                             WHERE account_id = $1 AND live_mode = $2 AND location_id = $3))
  AND direction IN (1, 2) AND day BETWEEN $4 AND $5 AND tariff_rate = $6 AND records > 0
GROUP BY 1)sql";

struct Used {
  bool has_own = false;
  Int128 own = 0;
  Int128 of_devices = 0;
};

const std::string& PartStatement() {
  static const std::string* const sql = new std::string(absl::StrCat("SELECT ", kRecordColumns, R"sql(
FROM unnest($3::text[], $4::text[], $5::bytea[], $6::bytea[]) AS t(at_location, of_device, low, high)
CROSS JOIN LATERAL (SELECT * FROM records
  WHERE account_id = $1 AND live_mode = $2 AND id >= t.low AND id <= t.high
    AND location_id = t.at_location AND device_id = t.of_device
    AND tariff_rate = $7 AND end_ns > $8 AND start_ns < $9) r)sql"));
  return *sql;
}

absl::Status AddPart(const RunStatements& run, const Tenant& tenant, const std::vector<KnownThing>& things,
                     engine::TariffRate rate, const PartOfDate& part, Used* used) {
  std::vector<ThingRange> ranges;
  for (const KnownThing& known : things) {
    ranges.push_back({known.thing, RangeOfStarts(known.id_prefix, part.part.start, known.longest_ns, part.part.end)});
  }
  if (ranges.empty()) return absl::OkStatus();
  postgres::Params params = ParamsOf(tenant);
  AddRanges(ranges, &params);
  params.Int(static_cast<int>(rate)).Int(part.part.start.ns).Int(part.part.end.ns);
  const absl::StatusOr<std::vector<Result>> results = run({{PartStatement(), std::move(params)}});
  if (!results.ok()) return results.status();
  const Result& rows = results->front();
  for (int row = 0; row < rows.rows(); ++row) {
    const absl::StatusOr<StoredRecord> record = ReadRecord(rows, row);
    if (!record.ok()) return record.status();
    const bool is_own = record->request.device_id.empty();
    used->has_own |= is_own;
    (is_own ? used->own : used->of_devices) += EnergyWithin(record->request.interval, record->revision.figures, part);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Int128> QueryUsage(const RunStatements& run, const Tenant& tenant, absl::string_view location_id,
                                  const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                  engine::Interval interval) {
  const UsagePlan plan = PlanUsage(interval, zone);
  const absl::StatusOr<std::vector<Result>> results = run(
      {ThingsOfLocation(tenant, location_id),
       {kWholeDates,
        ParamsOf(tenant).Text(location_id).Int(plan.first_day).Int(plan.last_day).Int(static_cast<int>(tariff_rate))}});
  if (!results.ok()) return results.status();
  Used used;
  const Result& dates = (*results)[1];
  for (int row = 0; row < dates.rows(); ++row) {
    const absl::StatusOr<Int128> energy = dates.Whole(row, 1);
    if (!energy.ok()) return energy.status();
    const bool is_own = dates.Bool(row, 0);
    used.has_own |= is_own;
    (is_own ? used.own : used.of_devices) += *energy;
  }
  const absl::StatusOr<std::vector<KnownThing>> things = ReadThings((*results)[0]);
  if (!things.ok()) return things.status();
  for (const PartOfDate& part : plan.parts) {
    if (absl::Status status = AddPart(run, tenant, *things, tariff_rate, part, &used); !status.ok()) return status;
  }
  return used.has_own ? used.own : used.of_devices;
}

}  // namespace costs::records::pg
