// The tables of meter records in PostgreSQL, and how older ones become the latest.
#ifndef SERVICE_RECORDS_POSTGRES_SCHEMA_H_
#define SERVICE_RECORDS_POSTGRES_SCHEMA_H_

#include "absl/status/status.h"
#include "service/postgres/connection.h"

namespace costs::records::pg {

// Makes the tables, or brings them up to date, in one transaction; of several
// processes that start together one does it, and the others wait.
// FAILED_PRECONDITION where a later version of the service has been there.
absl::Status MigrateRecordTables(postgres::Connection* connection);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_SCHEMA_H_
