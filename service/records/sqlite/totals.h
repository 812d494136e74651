// Totals by day and by session.
//
// The changes of a transaction are gathered here, and each row is written once. All
// of it belongs to the one thread that uses the connection at the time.
#ifndef SERVICE_RECORDS_SQLITE_TOTALS_H_
#define SERVICE_RECORDS_SQLITE_TOTALS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/records/record_store.h"
#include "service/records/sqlite/encoding.h"
#include "service/sqlite/database.h"

namespace costs::records {

class GatheredTotals {
 public:
  explicit GatheredTotals(sqlite::Database* database) : database_(database) {}

  // A record comes, or goes.
  void Count(int64_t tenant, int64_t thing, const RecordRequest& request, const Figures& figures, bool comes);

  bool empty() const { return days_.empty() && sessions_.empty(); }
  // Writes what was counted. A row whose records are all gone is deleted.
  absl::Status Write();
  void Clear();

 private:
  struct DayKey {
    int64_t thing;
    int32_t day;
    int64_t kind;
    std::string currency;

    friend bool operator==(const DayKey& a, const DayKey& b) {
      return a.thing == b.thing && a.day == b.day && a.kind == b.kind && a.currency == b.currency;
    }
    template <typename H>
    friend H AbslHashValue(H h, const DayKey& key) {
      return H::combine(std::move(h), key.thing, key.day, key.kind, key.currency);
    }
  };
  struct SessionKey {
    int64_t tenant;
    std::string session;
    int64_t thing;
    int64_t kind;
    std::string currency;

    friend bool operator==(const SessionKey& a, const SessionKey& b) {
      return a.tenant == b.tenant && a.session == b.session && a.thing == b.thing && a.kind == b.kind &&
             a.currency == b.currency;
    }
    template <typename H>
    friend H AbslHashValue(H h, const SessionKey& key) {
      return H::combine(std::move(h), key.tenant, key.session, key.thing, key.kind, key.currency);
    }
  };

  absl::Status WriteDays();
  absl::Status WriteSessions();

  sqlite::Database* const database_;
  absl::flat_hash_map<DayKey, Sum> days_;
  absl::flat_hash_map<SessionKey, Sum> sessions_;
  std::string bytes_;  // of the row at hand
};

// ---- Reading, of tenants and things by number (things.h).
// The last day on which the thing has records; nothing: it has none.
absl::StatusOr<std::optional<int32_t>> LastDayOf(sqlite::Database* database, int64_t thing);
// Adds those of a thing to *totals; their location_id is the caller's to set.
absl::Status ReadDayTotals(sqlite::Database* database, int64_t thing, engine::Direction direction, int32_t first,
                           int32_t last, std::vector<DayTotal>* totals);

// The energy of a thing's records on a tariff rate on the dates [first, last], and
// how many there are.
absl::Status ReadUsage(sqlite::Database* database, int64_t thing, engine::TariffRate tariff_rate, int32_t first,
                       int32_t last, Sum* sum);

struct SessionTotal {
  int64_t thing = 0;
  Total total;  // without location_id
};
absl::StatusOr<std::vector<SessionTotal>> ReadSessionTotals(sqlite::Database* database, int64_t tenant,
                                                            absl::string_view session, engine::Direction direction);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_TOTALS_H_
