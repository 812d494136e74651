// What PostgreSQL's error codes (SQLSTATE) mean to this service.
//
//   UNAVAILABLE          it cannot be reached, shuts down or starts, is short of
//                        memory or connections, reads only, or took too long
//   RESOURCE_EXHAUSTED   its disk is full
//   ABORTED              lost against another transaction: the whole one may be tried again
//   ALREADY_EXISTS       a broken uniqueness
//   FAILED_PRECONDITION  another broken constraint
//   DATA_LOSS            it found its data broken
//   INTERNAL             the rest
//
// Pure functions. A status tells the code and what it means in general, never SQL,
// data, names or addresses.
#ifndef SERVICE_POSTGRES_SQL_STATE_H_
#define SERVICE_POSTGRES_SQL_STATE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace costs::postgres {

// Of a code of five characters; empty where the server gave none.
absl::Status StatusOfSqlState(absl::string_view sql_state);

// The code that a status was made of; empty where it was made of none.
std::string SqlStateOf(const absl::Status& status);

// A relation or a schema that is not there.
inline constexpr absl::string_view kUndefinedTable = "42P01";

// A lock was waited for until lock_timeout.
inline constexpr absl::string_view kLockNotAvailable = "55P03";

// Whether with this answer to a COMMIT it is not known what became of it.
bool LeavesCommitUnknown(absl::string_view sql_state);

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_SQL_STATE_H_
