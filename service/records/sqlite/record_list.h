// Lists of records, in the order of their positions, over all the ranges that they
// lie in.
#ifndef SERVICE_RECORDS_SQLITE_RECORD_LIST_H_
#define SERVICE_RECORDS_SQLITE_RECORD_LIST_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "service/catalog/tenant.h"
#include "service/records/record_store.h"
#include "service/sqlite/database.h"

namespace costs::records {

// As RecordStore::List, by what the connection sees; to be called within a
// transaction, since it reads in several steps.
absl::StatusOr<std::vector<StoredRecord>> ReadList(sqlite::Database* database, const catalog::Tenant& tenant,
                                                   const RecordFilter& filter,
                                                   const std::optional<RecordPosition>& after, bool newest_first,
                                                   int limit);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_RECORD_LIST_H_
