// What a store of records answers, read from its tables: see RecordStore for what
// each is. Errors are the database's.
//
// To be called within one transaction each, by the one thread that uses the
// connection at the time.
#ifndef SERVICE_RECORDS_SQLITE_RECORD_READER_H_
#define SERVICE_RECORDS_SQLITE_RECORD_READER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/records/record_store.h"
#include "service/sqlite/database.h"

namespace costs::records {

class RecordReader {
 public:
  RecordReader(sqlite::Database* database, const Tenant& tenant) : database_(database), tenant_(tenant) {}

  absl::StatusOr<std::optional<StoredRecord>> Get(const calculator::RecordId& id);
  absl::StatusOr<std::vector<Revision>> Revisions(const calculator::RecordId& id, std::optional<int32_t> below,
                                                  int limit);
  absl::StatusOr<std::vector<DayTotal>> DayTotals(const Thing& thing, engine::Direction direction, int32_t first,
                                                  int32_t last);
  absl::StatusOr<SessionTotals> TotalsOfSession(absl::string_view session, engine::Direction direction);
  absl::StatusOr<std::vector<std::string>> LocationsOf(absl::string_view device_id);
  absl::StatusOr<std::vector<std::string>> Locations(absl::string_view after, int limit);
  absl::StatusOr<std::optional<std::string>> BatchDocument(absl::string_view batch_id);
  absl::StatusOr<std::vector<RegisterReading>> Readings(const Register& of, int64_t first_s, int64_t last_s);
  absl::StatusOr<std::vector<StaleRecords>> Stale(int limit);
  absl::StatusOr<StaleCount> CountStale();

 private:
  absl::StatusOr<int64_t> Number() const;
  absl::Status ReadSessionInterval(int64_t tenant, absl::string_view session, engine::Direction direction,
                                   int64_t longest_ns, SessionTotals* totals);

  sqlite::Database* const database_;
  const Tenant& tenant_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_RECORD_READER_H_
