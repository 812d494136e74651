// Reads records, totals and the rest on a connection. What is committed when a call
// begins is seen. Errors are the connection's, and DATA_LOSS for rows that make no
// sense. Belongs to one thread, as the connection does.
#ifndef SERVICE_RECORDS_POSTGRES_RECORD_READER_H_
#define SERVICE_RECORDS_POSTGRES_RECORD_READER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/postgres/connection.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// Each as the call of RecordStore of that name.
class RecordReader {
 public:
  RecordReader(postgres::Connection* connection, const Tenant& tenant) : connection_(connection), tenant_(tenant) {}

  absl::StatusOr<std::optional<StoredRecord>> Get(const calculator::RecordId& id);
  absl::StatusOr<std::vector<Revision>> Revisions(const calculator::RecordId& id, std::optional<int32_t> below,
                                                  int limit);
  absl::StatusOr<std::vector<DayTotal>> DayTotals(const Thing& thing, engine::Direction direction, int32_t first,
                                                  int32_t last);
  absl::StatusOr<SessionTotals> TotalsOfSession(absl::string_view session_reference_id, engine::Direction direction);
  absl::StatusOr<std::vector<std::string>> LocationsOf(absl::string_view device_id);
  absl::StatusOr<std::optional<std::string>> BatchDocument(absl::string_view batch_id);
  absl::StatusOr<std::vector<RegisterReading>> Readings(const Register& of, int64_t first_s, int64_t last_s);
  absl::StatusOr<std::vector<std::string>> Locations(absl::string_view after, int limit);
  absl::StatusOr<std::vector<StaleRecords>> Stale(int limit);
  absl::StatusOr<StaleCount> CountStale();

 private:
  postgres::Connection* const connection_;
  const Tenant& tenant_;
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_RECORD_READER_H_
