// A record as a row of its table.
#ifndef SERVICE_RECORDS_SQLITE_RECORD_ROW_H_
#define SERVICE_RECORDS_SQLITE_RECORD_ROW_H_

#include "absl/status/status.h"
#include "service/records/record_store.h"
#include "service/records/stored_record.h"
#include "service/sqlite/database.h"

namespace costs::records {

// The columns of a record, as ReadRecordRow and PassesFilter know them by their
// numbers; the last one is the number of the thing. For `records r` joined with
// `things t`.
#define COSTS_RECORD_COLUMNS                                                                                 \
  "r.id, t.location_id, t.device_id, r.session, r.reference, r.direction, r.tariff_rate, r.starts, r.ends, " \
  "r.created, r.request, r.revision, r.thing"
inline constexpr int kThingColumn = 12;

// DATA_LOSS where the row is none that this service wrote.
absl::Status ReadRecordRow(const sqlite::Query& row, StoredRecord* record);

// Whether a row passes all of a filter; without reading the rest of it.
bool PassesFilter(const sqlite::Query& row, const RecordFilter& filter);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_RECORD_ROW_H_
