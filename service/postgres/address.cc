#include "service/postgres/address.h"

#include <libpq-fe.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace costs::postgres {

bool IsUrl(absl::string_view text) {
  return absl::StartsWith(text, "postgres://") || absl::StartsWith(text, "postgresql://");
}

absl::StatusOr<std::string> AddressOf(const std::string& conninfo) {
  // What libpq says is wrong may repeat a password.
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), nullptr);
  if (options == nullptr) return absl::InvalidArgumentError("is not a URL that PostgreSQL's client reads");
  std::string host, port, name;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const absl::string_view keyword = option->keyword;
    if (keyword == "host" || (keyword == "hostaddr" && host.empty())) host = option->val;
    if (keyword == "port") port = option->val;
    if (keyword == "dbname") name = option->val;
  }
  PQconninfoFree(options);
  return absl::StrCat(host, port.empty() ? "" : ":", port, "/", name);
}

}  // namespace costs::postgres
