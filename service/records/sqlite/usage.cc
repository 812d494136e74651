#include "service/records/sqlite/usage.h"

#include <vector>

#include "service/records/sqlite/record_range.h"
#include "service/records/sqlite/schema.h"
#include "service/records/sqlite/things.h"
#include "service/records/sqlite/totals.h"
#include "service/records/usage_plan.h"

namespace costs::records {
namespace {

using engine::Interval;
using engine::TariffRate;
using sqlite::Database;
using sqlite::Query;

class UsageReader {
 public:
  UsageReader(Database* database, int64_t tenant_number, const catalog::Tenant& tenant, TariffRate tariff_rate,
              const UsagePlan& plan)
      : database_(database), tenant_number_(tenant_number), tenant_(tenant), tariff_rate_(tariff_rate), plan_(plan) {}

  // Adds what a thing has used, and how many records, or parts of them, that were.
  absl::Status Add(const KnownThing& thing, Sum* sum) const {
    if (plan_.first_day <= plan_.last_day) {
      absl::Status status = ReadUsage(database_, thing.thing, tariff_rate_, plan_.first_day, plan_.last_day, sum);
      if (!status.ok()) return status;
    }
    for (const PartOfDate& part : plan_.parts) {
      if (absl::Status status = AddPart(thing, part, sum); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

 private:
  absl::Status AddPart(const KnownThing& thing, const PartOfDate& part, Sum* sum) const {
    const bool has_long = thing.longest_ns > kLongRecordNanos;
    const int64_t before = has_long ? kLongRecordNanos : thing.longest_ns;
    PositionRange range;
    range.StartFrom(SecondBefore(part.part.start.ns - before));
    range.EndAt(SecondAfter(part.part.end.ns));
    if (has_long) {
      if (absl::Status status = AddLong(thing, part, range.low.start_s, sum); !status.ok()) return status;
    }
    const IdRange ids = IdsWithin(tenant_, thing.location_id, thing.device_id, range);
    Query query = database_->Prepare(
        "SELECT starts, ends, revision FROM records "
        "WHERE tenant = ?1 AND id >= ?2 AND id < ?3 AND thing = ?4 AND tariff_rate = ?5");
    query.Bind(1, tenant_number_).BindBlob(2, BytesOf(ids.low)).BindBlob(3, BytesOf(ids.high));
    query.Bind(4, thing.thing).Bind(5, static_cast<int>(tariff_rate_));
    return AddRows(&query, part, sum);
  }

  // The long ones that start before a second.
  absl::Status AddLong(const KnownThing& thing, const PartOfDate& part, int64_t before_s, Sum* sum) const {
    PositionRange range;
    range.EndAt(before_s);
    const IdRange ids = IdsWithin(tenant_, thing.location_id, thing.device_id, range);
    Query query = database_->Prepare(
        "SELECT starts, ends, revision FROM records INDEXED BY records_long "
        "WHERE thing = ?1 AND substr(id, 5, 4) < ?2 AND tariff_rate = ?3 AND ends > ?4 "
        "AND ends - starts > " COSTS_LONG_RECORD_NANOS);
    query.Bind(1, thing.thing).BindBlob(2, BytesOf(ids.high).substr(4, 4));
    query.Bind(3, static_cast<int>(tariff_rate_)).Bind(4, part.part.start.ns);
    return AddRows(&query, part, sum);
  }

  static absl::Status AddRows(Query* query, const PartOfDate& part, Sum* sum) {
    Revision revision;
    while (query->Next()) {
      const Interval interval = {{query->Int(0)}, {query->Int(1)}};
      if (interval.end <= part.part.start || interval.start >= part.part.end) continue;
      if (!DecodeRevision(query->Blob(2), &revision)) return absl::DataLossError("a record cannot be read");
      Sum of_record;
      of_record.records = 1;
      of_record.energy_nwh = EnergyWithin(interval, revision.figures, part);
      sum->Add(of_record);
    }
    return query->status();
  }

  Database* const database_;
  const int64_t tenant_number_;
  const catalog::Tenant& tenant_;
  const TariffRate tariff_rate_;
  const UsagePlan& plan_;
};

}  // namespace

absl::StatusOr<engine::Int128> ReadUsageWithin(Database* database, const catalog::Tenant& tenant,
                                               absl::string_view location_id, const absl::TimeZone& zone,
                                               TariffRate tariff_rate, Interval interval) {
  const absl::StatusOr<int64_t> number = FindTenant(database, tenant.account_id, tenant.live_mode);
  if (!number.ok()) return number.status();
  const absl::StatusOr<std::vector<KnownThing>> things = ThingsAt(database, *number, location_id);
  if (!things.ok()) return things.status();
  const UsagePlan plan = PlanUsage(interval, zone);
  const UsageReader reader(database, *number, tenant, tariff_rate, plan);
  Sum own, of_devices;
  for (const KnownThing& thing : *things) {
    if (!thing.device_id.empty()) continue;
    if (absl::Status status = reader.Add(thing, &own); !status.ok()) return status;
  }
  if (own.records > 0) return own.energy_nwh;
  for (const KnownThing& thing : *things) {
    if (thing.device_id.empty()) continue;
    if (absl::Status status = reader.Add(thing, &of_devices); !status.ok()) return status;
  }
  return of_devices.energy_nwh;
}

absl::StatusOr<bool> HasLaterRecord(Database* database, int64_t tenant_number, const catalog::Tenant& tenant,
                                    absl::string_view location_id, TariffRate tariff_rate, Interval interval) {
  const absl::StatusOr<std::vector<KnownThing>> things = ThingsAt(database, tenant_number, location_id);
  if (!things.ok()) return things.status();
  PositionRange range;
  range.StartFrom(SecondBefore(interval.start.ns));
  range.EndAt(SecondAfter(interval.end.ns));
  for (const KnownThing& thing : *things) {
    const IdRange ids = IdsWithin(tenant, thing.location_id, thing.device_id, range);
    Query query = database->Prepare(
        "SELECT 1 FROM records WHERE tenant = ?1 AND id >= ?2 AND id < ?3 AND thing = ?4 AND tariff_rate = ?5 "
        "AND starts > ?6 AND starts < ?7 LIMIT 1");
    query.Bind(1, tenant_number).BindBlob(2, BytesOf(ids.low)).BindBlob(3, BytesOf(ids.high));
    query.Bind(4, thing.thing).Bind(5, static_cast<int>(tariff_rate));
    query.Bind(6, interval.start.ns).Bind(7, interval.end.ns);
    if (query.Next()) return true;
    if (!query.status().ok()) return query.status();
  }
  return false;
}

}  // namespace costs::records
