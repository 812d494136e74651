// What was used at a location, asked on a connection: day totals for whole dates, and
// the records of a date of which only a part counts.
#ifndef SERVICE_RECORDS_POSTGRES_USAGE_QUERY_H_
#define SERVICE_RECORDS_POSTGRES_USAGE_QUERY_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/postgres/connection.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// Runs statements in one round trip, on a connection or within a transaction.
using RunStatements =
    std::function<absl::StatusOr<std::vector<postgres::Result>>(absl::Span<const postgres::Statement> statements)>;

// As UsageSource::UsageWithin.
absl::StatusOr<engine::Int128> QueryUsage(const RunStatements& run, const Tenant& tenant, absl::string_view location_id,
                                          const absl::TimeZone& zone, engine::TariffRate tariff_rate,
                                          engine::Interval interval);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_USAGE_QUERY_H_
