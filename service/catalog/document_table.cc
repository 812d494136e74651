#include "service/catalog/document_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using sql::Query;

constexpr absl::string_view kOwned = " WHERE account_id = ?1 AND live_mode = ?2";
constexpr int kVisitedAtATime = 10'000;
constexpr absl::string_view kFields = "SELECT entry, created, id, document FROM ";

// No stored text has a U+0000, and some databases refuse to look for one.
bool HasNull(absl::string_view text) { return text.find('\0') != absl::string_view::npos; }
bool HasNull(const Column& column) {
  const auto* text = absl::get_if<std::string>(&column.value);
  return text != nullptr && HasNull(*text);
}

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

absl::StatusOr<std::optional<StoredDocument>> ReadOne(Query* query) {
  std::optional<StoredDocument> document;
  if (query->Next()) document = ReadRow(*query);
  if (!query->status().ok()) return query->status();
  return document;
}

}  // namespace

absl::StatusOr<std::optional<StoredDocument>> DocumentTable::Find(absl::string_view id) {
  if (HasNull(id)) return std::optional<StoredDocument>();
  Query query = database_->Prepare(absl::StrCat(kFields, table_, kOwned, " AND id = ?3"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id);
  return ReadOne(&query);
}

absl::StatusOr<std::optional<StoredDocument>> DocumentTable::FindEntry(int64_t entry) {
  Query query = database_->Prepare(absl::StrCat(kFields, table_, kOwned, " AND entry = ?3"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, entry);
  return ReadOne(&query);
}

absl::StatusOr<std::vector<StoredDocument>> DocumentTable::List(const std::vector<Column>& filters,
                                                                const std::optional<ListPosition>& after,
                                                                const std::optional<ListPosition>& before, int limit) {
  for (const Column& filter : filters) {
    if (HasNull(filter)) return std::vector<StoredDocument>();
  }
  constexpr int kFirstFilter = 4;
  // A database may want each parameter up to the last to be there.
  const int from_parameter = kFirstFilter + static_cast<int>(filters.size());
  const std::optional<ListPosition>& from = before ? before : after;
  const absl::string_view order = before ? "ASC" : "DESC";
  const std::string position = !from ? ""
                                     : absl::StrCat(" AND (created, id) ", before ? ">" : "<", " (?", from_parameter,
                                                    ", ?", from_parameter + 1, ")");
  Query query = database_->Prepare(absl::StrCat(kFields, table_, kOwned, Conditions(filters, kFirstFilter), position,
                                                " ORDER BY created ", order, ", id ", order, " LIMIT ?3"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, limit);
  for (size_t i = 0; i < filters.size(); ++i) BindColumn(kFirstFilter + static_cast<int>(i), filters[i], &query);
  if (from) query.Bind(from_parameter, from->created).Bind(from_parameter + 1, from->id);
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

absl::Status DocumentTable::VisitAll(absl::FunctionRef<absl::Status(const StoredDocument&)> visitor) {
  ListPosition last = {std::numeric_limits<int64_t>::min(), ""};
  for (;;) {
    Query query = database_->Prepare(
        absl::StrCat(kFields, table_, kOwned, " AND (created, id) > (?3, ?4) ORDER BY created, id LIMIT ?5"));
    query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode);
    query.Bind(3, last.created).Bind(4, last.id).Bind(5, kVisitedAtATime);
    int count = 0;
    for (; query.Next(); ++count) {
      StoredDocument document = ReadRow(query);
      if (absl::Status status = visitor(document); !status.ok()) return status;
      last = {document.created, std::move(document.id)};
    }
    if (!query.status().ok() || count < kVisitedAtATime) return query.status();
  }
}

absl::StatusOr<bool> DocumentTable::Empty() {
  Query query = database_->Prepare(absl::StrCat("SELECT 1 FROM ", table_, kOwned, " LIMIT 1"));
  const bool some = query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Next();
  if (!query.status().ok()) return query.status();
  return !some;
}

absl::StatusOr<int64_t> DocumentTable::Insert(absl::string_view id, int64_t created, const std::vector<Column>& columns,
                                              absl::string_view bytes) {
  constexpr int kFirstColumn = 7;
  std::string names, values;
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::StrAppend(&names, ", ", columns[i].name);
    absl::StrAppend(&values, ", ?", kFirstColumn + i);
  }
  const std::optional<int64_t> key = database_->NewKey();
  Query query = database_->Prepare(
      absl::StrCat("INSERT INTO ", table_, " (account_id, live_mode, id, created, document, entry", names,
                   ") VALUES (?1, ?2, ?3, ?4, ?5, ?6", values, ")", key ? "" : " RETURNING entry"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id).Bind(4, created).BindBlob(5, bytes);
  key ? query.Bind(6, *key) : query.BindNull(6);
  for (size_t i = 0; i < columns.size(); ++i) BindColumn(kFirstColumn + static_cast<int>(i), columns[i], &query);
  // A statement that gives no row need not be waited for.
  const int64_t entry = key ? *key : query.Next() ? query.Int(0) : 0;
  if (absl::Status status = query.Run(); !status.ok()) return status;
  return entry;
}

absl::Status DocumentTable::Update(absl::string_view id, const std::vector<Column>& columns, absl::string_view bytes) {
  constexpr int kFirstColumn = 5;
  std::string changes;
  for (size_t i = 0; i < columns.size(); ++i) {
    absl::StrAppend(&changes, ", ", columns[i].name, " = ?", kFirstColumn + i);
  }
  Query query =
      database_->Prepare(absl::StrCat("UPDATE ", table_, " SET document = ?4", changes, kOwned, " AND id = ?3"));
  query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id).BindBlob(4, bytes);
  for (size_t i = 0; i < columns.size(); ++i) BindColumn(kFirstColumn + static_cast<int>(i), columns[i], &query);
  return query.Run();
}

absl::Status DocumentTable::Remove(absl::string_view id) {
  return database_->Prepare(absl::StrCat("DELETE FROM ", table_, kOwned, " AND id = ?3"))
      .Bind(1, tenant_.account_id)
      .Bind(2, tenant_.live_mode)
      .Bind(3, id)
      .Run();
}

absl::Status DocumentTable::RemoveAll() {
  return database_->Prepare(absl::StrCat("DELETE FROM ", table_, kOwned))
      .Bind(1, tenant_.account_id)
      .Bind(2, tenant_.live_mode)
      .Run();
}

}  // namespace costs::catalog
