// Where a PostgreSQL database is, as far as one may tell: never a password. Pure
// functions.
#ifndef SERVICE_POSTGRES_ADDRESS_H_
#define SERVICE_POSTGRES_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::postgres {

// Whether a text is a URL of PostgreSQL's: postgres:// or postgresql://.
bool IsUrl(absl::string_view text);

// "HOST:PORT/DATABASE" of a URL or `key=value ...`, without what it does not name.
// INVALID_ARGUMENT where libpq cannot read it.
absl::StatusOr<std::string> AddressOf(const std::string& conninfo);

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_ADDRESS_H_
