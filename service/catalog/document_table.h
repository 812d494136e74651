// The documents of one kind and one tenant in a store: found by id, listed by
// their creation, the latest first. For use with a connection's mutex held.
#ifndef SERVICE_CATALOG_DOCUMENT_TABLE_H_
#define SERVICE_CATALOG_DOCUMENT_TABLE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/variant.h"
#include "service/catalog/tenant.h"
#include "service/sql/database.h"

namespace costs::catalog {

struct StoredDocument {
  int64_t entry = 0;  // the row
  int64_t created = 0;
  std::string id;
  std::string bytes;
};

// A field by which documents are looked for, beside their bytes.
struct Column {
  absl::string_view name;
  absl::variant<int64_t, std::string> value;
};

// Where in a list an entry is: by its creation, and its id where that is equal.
struct ListPosition {
  int64_t created = 0;
  std::string id;
};

class DocumentTable {
 public:
  // All are borrowed; `table` is a table of the schema.
  DocumentTable(sql::Database* database, absl::string_view table, const Tenant& tenant)
      : database_(database), table_(table), tenant_(tenant) {}

  absl::StatusOr<std::optional<StoredDocument>> Find(absl::string_view id);
  absl::StatusOr<std::optional<StoredDocument>> FindEntry(int64_t entry);
  // In their order in a list, those that have each of the columns' values; of them
  // at most `limit` after `after`, or the last ones before `before`.
  absl::StatusOr<std::vector<StoredDocument>> List(const std::vector<Column>& filters,
                                                   const std::optional<ListPosition>& after,
                                                   const std::optional<ListPosition>& before, int limit);
  // Each of those that have the columns' values, in no order; ends with the first
  // error of `visitor`, which may not use this table.
  absl::Status Visit(const std::vector<Column>& filters,
                     absl::FunctionRef<absl::Status(const StoredDocument&)> visitor);
  // Each of all, as Visit; a part at a time, so that they need not all be in memory.
  absl::Status VisitAll(absl::FunctionRef<absl::Status(const StoredDocument&)> visitor);
  absl::StatusOr<bool> Empty();

  // The new row.
  absl::StatusOr<int64_t> Insert(absl::string_view id, int64_t created, const std::vector<Column>& columns,
                                 absl::string_view bytes);
  absl::Status Update(absl::string_view id, const std::vector<Column>& columns, absl::string_view bytes);
  absl::Status Remove(absl::string_view id);
  absl::Status RemoveAll();

 private:
  sql::Database* const database_;
  const absl::string_view table_;
  const Tenant& tenant_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_DOCUMENT_TABLE_H_
