// Lists records on a connection, in the order of their positions: by the session's
// index, or by ranges of ids, one for each thing that the filter allows.
#ifndef SERVICE_RECORDS_POSTGRES_RECORD_LIST_H_
#define SERVICE_RECORDS_POSTGRES_RECORD_LIST_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "service/postgres/connection.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// As RecordStore::List, for a filter that has been checked.
absl::StatusOr<std::vector<StoredRecord>> ListRecords(postgres::Connection* connection, const Tenant& tenant,
                                                      const RecordFilter& filter,
                                                      const std::optional<RecordPosition>& after, bool newest_first,
                                                      int limit);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_RECORD_LIST_H_
