#include "service/records/postgres/stale_statements.h"

#include <cstdint>
#include <limits>
#include <random>
#include <utility>

#include "service/postgres/wire.h"
#include "service/records/postgres/things_query.h"

namespace costs::records::pg {
namespace {

using postgres::ArrayWriter;
using postgres::Type;

constexpr absl::string_view kMark = R"sql(
INSERT INTO record_stale (account_id, live_mode, location_id, from_ns, to_ns, cause, ticket)
SELECT $1::text, $2::boolean, * FROM unnest($3::text[], $4::bigint[], $5::bigint[], $6::smallint[], $7::bigint[])
ON CONFLICT (account_id, live_mode, location_id)
DO UPDATE SET from_ns = LEAST(record_stale.from_ns, excluded.from_ns),
  to_ns = GREATEST(record_stale.to_ns, excluded.to_ns), cause = LEAST(record_stale.cause, excluded.cause),
  ticket = excluded.ticket)sql";

// Never the same twice, as good as certainly, on any replica and after any restart.
int64_t NewTicket() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return std::uniform_int_distribution<int64_t>(1, std::numeric_limits<int64_t>::max())(random);
}

}  // namespace

postgres::Statement MarkStaleStatement(const Tenant& tenant, const std::map<std::string, StaleRecords>& stale) {
  ArrayWriter locations(Type::kText), from(Type::kBigInt), to(Type::kBigInt), causes(Type::kSmallInt),
      tickets(Type::kBigInt);
  for (const auto& [location_id, records] : stale) {
    locations.Text(location_id);
    from.BigInt(records.interval.start.ns);
    to.BigInt(records.interval.end.ns);
    causes.SmallInt(static_cast<int16_t>(records.cause));
    tickets.BigInt(NewTicket());
  }
  const auto count = static_cast<int32_t>(stale.size());
  postgres::Params params = ParamsOf(tenant);
  params.Binary(std::move(locations).Finish(count))
      .Binary(std::move(from).Finish(count))
      .Binary(std::move(to).Finish(count))
      .Binary(std::move(causes).Finish(count))
      .Binary(std::move(tickets).Finish(count));
  return {kMark, std::move(params)};
}

}  // namespace costs::records::pg
