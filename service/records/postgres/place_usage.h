// What was used at a place: by a location's records of one tariff rate. Asked of the
// database when it is needed, and kept, together with what a transaction changes that
// the database does not know of yet. So a meter's records of a day, each priced by the
// usage before it, need no more than a question or two.
//
// Days have sums in the database; of a date of which only a part counts the records
// are read. Belongs to one thread.
#ifndef SERVICE_RECORDS_POSTGRES_PLACE_USAGE_H_
#define SERVICE_RECORDS_POSTGRES_PLACE_USAGE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/postgres/connection.h"
#include "service/records/postgres/things_query.h"
#include "service/records/record_store.h"
#include "service/records/usage_plan.h"

namespace costs::records::pg {

// Runs statements in one round trip, on a connection or within a transaction.
using RunStatements =
    std::function<absl::StatusOr<std::vector<postgres::Result>>(absl::Span<const postgres::Statement> statements)>;

class PlaceUsage {
 public:
  PlaceUsage(RunStatements run, const Tenant& tenant, absl::string_view location_id, engine::TariffRate tariff_rate)
      : run_(std::move(run)), tenant_(tenant), location_id_(location_id), tariff_rate_(tariff_rate) {}

  // As UsageSource::UsageWithin.
  absl::StatusOr<engine::Int128> Within(const absl::TimeZone& zone, engine::Interval interval);

  // A record of the place goes, or comes; borrowed from now on. Not in the database
  // before the last question. What goes is what the database has, or what came.
  void Remove(const StoredRecord& record);
  void Add(const StoredRecord& record);

 private:
  using IdBytes = std::array<uint8_t, 12>;
  struct Sums {
    engine::Int128 own = 0;  // of the location's own records, its main meter's
    engine::Int128 of_devices = 0;
    int64_t own_records = 0;
  };
  // What is known otherwise than the database has it.
  struct Change {
    const StoredRecord* stored = nullptr;  // as it is there; null: not
    const StoredRecord* now = nullptr;     // null: gone
  };
  // What a date's records have to do with its parts.
  struct Held {
    engine::Interval interval;
    bool is_own = false;
    Figures figures;
  };
  using HeldRecords = std::map<IdBytes, Held>;

  absl::Status KnowDays(int32_t first, int32_t last);
  absl::StatusOr<const HeldRecords*> KnowDate(const PartOfDate& part);
  absl::Status FetchDate(engine::Interval date, HeldRecords* records);
  // Of a record's days those in [first, last].
  void CountDays(const StoredRecord& record, int sign, int32_t first, int32_t last);

  const RunStatements run_;
  const Tenant tenant_;
  const std::string location_id_;
  const engine::TariffRate tariff_rate_;
  std::map<IdBytes, Change> changes_;
  std::optional<std::vector<KnownThing>> things_;  // of the database
  int32_t first_day_ = 0;                          // days_ is whole for [first_day_, last_day_]
  int32_t last_day_ = -1;
  std::map<int32_t, Sums> days_;
  std::map<std::pair<int64_t, int64_t>, HeldRecords> dates_;  // by their first instant and their end
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_PLACE_USAGE_H_
