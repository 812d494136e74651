// What a location has used, from day totals and, of the dates that an interval has
// only a part of, from the records (usage_plan.h).
#ifndef SERVICE_RECORDS_SQLITE_USAGE_H_
#define SERVICE_RECORDS_SQLITE_USAGE_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/catalog/tenant.h"
#include "service/engine/meter_record.h"
#include "service/sqlite/database.h"

namespace costs::records {

// As UsageSource::UsageWithin, by what the connection sees. Errors are the
// database's.
absl::StatusOr<engine::Int128> ReadUsageWithin(sqlite::Database* database, const catalog::Tenant& tenant,
                                               absl::string_view location_id, const absl::TimeZone& zone,
                                               engine::TariffRate tariff_rate, engine::Interval interval);

// Whether a record of the location or of one of its devices, on that tariff rate,
// starts after the start of the interval and before its end.
absl::StatusOr<bool> HasLaterRecord(sqlite::Database* database, int64_t tenant_number, const catalog::Tenant& tenant,
                                    absl::string_view location_id, engine::TariffRate tariff_rate,
                                    engine::Interval interval);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_USAGE_H_
