// What a transaction adds to the totals by day and by session, gathered and then
// written at once: sorted, so that no two transactions wait for each other in a circle.
//
// Not thread-safe.
#ifndef SERVICE_RECORDS_POSTGRES_TOTAL_CHANGES_H_
#define SERVICE_RECORDS_POSTGRES_TOTAL_CHANGES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "service/postgres/connection.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

class TotalChanges {
 public:
  // A record comes, or goes.
  void Add(const StoredRecord& record) { Count(record, 1); }
  void Remove(const StoredRecord& record) { Count(record, -1); }

  // The statements that write them, to be run after the records are; none where
  // there is nothing. INTERNAL where a sum needs more than 128 bits.
  absl::Status AppendTo(const Tenant& tenant, std::vector<postgres::Statement>* statements) const;

 private:
  // location, device, direction, day; rate, currency, confidences.
  using DayKey = std::tuple<std::string, std::string, int, int32_t, int, std::string, int, int>;
  // session, direction, location; rate, currency, confidences.
  using SessionKey = std::tuple<std::string, int, std::string, int, std::string, int, int>;
  struct Sums {
    int64_t records = 0;
    engine::Int128 energy_wh = 0;
    engine::Int128 energy_nwh = 0;
    engine::Int128 cost = 0;
    engine::Int128 carbon = 0;
    int64_t last_end_ns = 0;  // of those that come
  };

  void Count(const StoredRecord& record, int sign);
  void CountPart(const calculator::DayPart& part, int sign, Sums* sums);
  void AppendDays(const Tenant& tenant, std::vector<postgres::Statement>* statements) const;
  void AppendSessions(const Tenant& tenant, std::vector<postgres::Statement>* statements) const;
  void AppendShrunkSessions(const Tenant& tenant, std::vector<postgres::Statement>* statements) const;

  std::map<DayKey, Sums> days_;
  std::map<SessionKey, Sums> sessions_;
  // Sessions, by direction, that a record has left: their last end must be looked up.
  std::set<std::pair<std::string, int>> shrunk_;
  bool too_large_ = false;
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_TOTAL_CHANGES_H_
