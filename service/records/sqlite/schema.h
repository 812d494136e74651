// The tables of a file of meter records, and how an older one becomes the latest.
#ifndef SERVICE_RECORDS_SQLITE_SCHEMA_H_
#define SERVICE_RECORDS_SQLITE_SCHEMA_H_

#include "absl/status/status.h"
#include "service/sqlite/database.h"

namespace costs::records {

// Of the schema that this version writes.
inline constexpr int kSchemaVersion = 2;

// A record that is longer than this is in an index of its own, so that one of a year
// does not make every look into a month begin a year earlier. The number is a part
// of the schema.
#define COSTS_LONG_RECORD_NANOS "93600000000000"  // 26 hours: a day, or one of 25 hours
inline constexpr int64_t kLongRecordNanos = 93'600'000'000'000;

// Brings the tables up to the latest schema; makes them where there are none.
// FAILED_PRECONDITION where the file is another program's, or of a later version of
// this one.
absl::Status MigrateSchema(sqlite::Database* database);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_SCHEMA_H_
