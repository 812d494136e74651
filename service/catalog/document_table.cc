#include "service/catalog/document_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using sqlite::Query;

constexpr absl::string_view kOwned = " WHERE account_id = ?1 AND live_mode = ?2";
constexpr absl::string_view kFields = "SELECT entry, created, id, document FROM ";

void BindColumn(int parameter, const Column& column, Query* query) {
  if (const auto* number = absl::get_if<int64_t>(&column.value)) {
    query->Bind(parameter, *number);
  } else {
    query->Bind(parameter, absl::get<std::string>(column.value));
  }
}

// " AND reference_id = ?7 AND reference_id <> ''", the latter so that the index,
// which has no rows of empty fields, is of use. Parameters from `first`.
std::string Conditions(const std::vector<Column>& filters, int first) {
  std::string sql;
  for (const Column& filter : filters) {
    absl::StrAppend(&sql, " AND ", filter.name, " = ?", first++);
    if (absl::holds_alternative<std::string>(filter.value)) absl::StrAppend(&sql, " AND ", filter.name, " <> ''");
  }
  return sql;
}

StoredDocument ReadRow(const Query& query) {
  return {query.Int(0), query.Int(1), std::string(query.Text(2)), std::string(query.Blob(3))};
}

absl::StatusOr<std::vector<StoredDocument>> Read(Query* query) {
  std::vector<StoredDocument> documents;
  while (query->Next()) documents.push_back(ReadRow(*query));
  if (!query->status().ok()) return query->status();
  return documents;
}

}  // namespace

absl::StatusOr<std::optional<StoredDocument>> DocumentTable::Find(absl::string_view id) {
  Query query = database_->Prepare(absl::StrCat(kFields, table_, kOwned, " AND id = ?3"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id);
  absl::StatusOr<std::vector<StoredDocument>> found = Read(&query);
  if (!found.ok()) return found.status();
  if (found->empty()) return std::optional<StoredDocument>();
  return std::optional<StoredDocument>(std::move(found->front()));
}

absl::StatusOr<std::vector<StoredDocument>> DocumentTable::List(const std::vector<Column>& filters,
                                                                const std::optional<ListPosition>& after,
                                                                const std::optional<ListPosition>& before, int limit) {
  const std::optional<ListPosition>& from = before ? before : after;
  const absl::string_view order = before ? "ASC" : "DESC";
  const absl::string_view position = !from    ? ""
                                     : before ? " AND (created, id) > (?4, ?5)"
                                              : " AND (created, id) < (?4, ?5)";
  constexpr int kFirstFilter = 6;
  Query query = database_->Prepare(absl::StrCat(kFields, table_, kOwned, Conditions(filters, kFirstFilter), position,
                                                " ORDER BY created ", order, ", id ", order, " LIMIT ?3"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, limit);
  if (from) query.Bind(4, from->created).Bind(5, from->id);
  for (size_t i = 0; i < filters.size(); ++i) BindColumn(kFirstFilter + static_cast<int>(i), filters[i], &query);
  absl::StatusOr<std::vector<StoredDocument>> documents = Read(&query);
  if (documents.ok() && before) std::reverse(documents->begin(), documents->end());
  return documents;
}

absl::Status DocumentTable::Visit(const std::vector<Column>& filters,
                                  absl::FunctionRef<absl::Status(const StoredDocument&)> visitor) {
  constexpr int kFirstFilter = 3;
  Query query = database_->Prepare(absl::StrCat(kFields, table_, kOwned, Conditions(filters, kFirstFilter)));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode);
  for (size_t i = 0; i < filters.size(); ++i) BindColumn(kFirstFilter + static_cast<int>(i), filters[i], &query);
  while (query.Next()) {
    if (absl::Status status = visitor(ReadRow(query)); !status.ok()) return status;
  }
  return query.status();
}

absl::StatusOr<bool> DocumentTable::Empty() {
  Query query = database_->Prepare(absl::StrCat("SELECT 1 FROM ", table_, kOwned, " LIMIT 1"));
  const bool some = query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Next();
  if (!query.status().ok()) return query.status();
  return !some;
}

absl::StatusOr<int64_t> DocumentTable::Insert(absl::string_view id, int64_t created, const std::vector<Column>& columns,
                                              absl::string_view bytes) {
  constexpr int kFirstColumn = 6;
  std::string names, values;
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::StrAppend(&names, ", ", columns[i].name);
    absl::StrAppend(&values, ", ?", kFirstColumn + i);
  }
  Query query =
      database_->Prepare(absl::StrCat("INSERT INTO ", table_, " (account_id, live_mode, id, created, document", names,
                                      ") VALUES (?1, ?2, ?3, ?4, ?5", values, ")"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id).Bind(4, created).BindBlob(5, bytes);
  for (size_t i = 0; i < columns.size(); ++i) BindColumn(kFirstColumn + static_cast<int>(i), columns[i], &query);
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return database_->last_rowid();
}

absl::Status DocumentTable::Update(int64_t entry, const std::vector<Column>& columns, absl::string_view bytes) {
  constexpr int kFirstColumn = 3;
  std::string changes;
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::StrAppend(&changes, ", ", columns[i].name, " = ?", kFirstColumn + i);
  }
  Query query = database_->Prepare(absl::StrCat("UPDATE ", table_, " SET document = ?2", changes, " WHERE entry = ?1"));
  query.Bind(1, entry).BindBlob(2, bytes);
  for (size_t i = 0; i < columns.size(); ++i) BindColumn(kFirstColumn + static_cast<int>(i), columns[i], &query);
  return query.Run();
}

absl::Status DocumentTable::Remove(int64_t entry) {
  return database_->Prepare(absl::StrCat("DELETE FROM ", table_, " WHERE entry = ?1")).Bind(1, entry).Run();
}

absl::Status DocumentTable::RemoveAll() {
  return database_->Prepare(absl::StrCat("DELETE FROM ", table_, kOwned))
      .Bind(1, tenant_.account_id)
      .Bind(2, tenant_.live_mode)
      .Run();
}

}  // namespace costs::catalog
