// Which locations have records that may not have the figures that they should: the
// marks, as they are gathered in a transaction, and as they are kept.
//
// Of a location there is one mark: the hull of the intervals, the lowest of the
// causes by number, and the ticket of the last marking. All of it belongs to the one
// thread that uses the connection at the time.
#ifndef SERVICE_RECORDS_SQLITE_STALE_H_
#define SERVICE_RECORDS_SQLITE_STALE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/records/record_store.h"
#include "service/sqlite/database.h"

namespace costs::records {

class StaleMarks {
 public:
  explicit StaleMarks(sqlite::Database* database) : database_(database) {}

  void Mark(int64_t tenant, absl::string_view location_id, engine::Interval interval, RevisionCause cause);
  // Whether marking it with this would change nothing of what is gathered.
  bool Covers(int64_t tenant, absl::string_view location_id, engine::Interval interval, RevisionCause cause) const;

  // Joins what was gathered with what is kept; each has a new ticket.
  absl::Status Write();
  void Clear() { marks_.clear(); }

 private:
  struct Known {
    engine::Interval interval;
    RevisionCause cause;
  };

  absl::Status WriteOne(int64_t tenant, const std::string& location_id, Known mark);

  sqlite::Database* const database_;
  std::map<std::pair<int64_t, std::string>, Known> marks_;
};

// The one that was marked longest ago first.
absl::StatusOr<std::vector<StaleRecords>> ReadStale(sqlite::Database* database, int64_t tenant, int limit);
absl::StatusOr<StaleCount> ReadStaleCount(sqlite::Database* database, int64_t tenant);
absl::Status EraseStale(sqlite::Database* database, int64_t tenant, const StaleRecords& stale);
// 0: none was marked.
absl::StatusOr<uint64_t> ReadMarkedVersion(sqlite::Database* database, int64_t tenant);
absl::Status WriteMarkedVersion(sqlite::Database* database, int64_t tenant, uint64_t version);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_STALE_H_
