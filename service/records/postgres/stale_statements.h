// The statement that notes records as stale: joined with what is noted, under a new
// ticket.
#ifndef SERVICE_RECORDS_POSTGRES_STALE_STATEMENTS_H_
#define SERVICE_RECORDS_POSTGRES_STALE_STATEMENTS_H_

#include <map>
#include <string>

#include "service/postgres/connection.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// By location, in whose order the rows are locked; not empty.
postgres::Statement MarkStaleStatement(const Tenant& tenant, const std::map<std::string, StaleRecords>& stale);

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_STALE_STATEMENTS_H_
