// Records and revisions as rows of the tables: which columns there are, how they are
// written for COPY, and how they are read. Pure functions.
#ifndef SERVICE_RECORDS_POSTGRES_RECORD_ROW_H_
#define SERVICE_RECORDS_POSTGRES_RECORD_ROW_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/postgres/connection.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// In the order in which ReadRecord and ReadRevision take them: `SELECT ` kRecordColumns.
extern const absl::string_view kRecordColumns;
extern const absl::string_view kRevisionColumns;

// COPY statements, and a row for them.
extern const absl::string_view kCopyRecords;
extern const absl::string_view kCopyRevisions;
void AppendRecordRow(const Tenant& tenant, const StoredRecord& record, int32_t number, int64_t created_ns,
                     std::string* rows);
void AppendRevisionRow(const Tenant& tenant, const calculator::RecordId& id, const Revision& revision,
                       std::string* rows);

// DATA_LOSS where the row is none of ours.
absl::StatusOr<StoredRecord> ReadRecord(const postgres::Result& result, int row, int first_column = 0);
absl::StatusOr<Revision> ReadRevision(const postgres::Result& result, int row, int first_column = 0);

absl::string_view BytesOf(const calculator::RecordId& id);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_RECORD_ROW_H_
