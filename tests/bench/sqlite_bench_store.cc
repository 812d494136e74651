#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/records/sqlite/connections.h"
#include "service/records/sqlite/encoding.h"
#include "service/records/sqlite/schema.h"
#include "service/records/sqlite/sqlite_record_store.h"
#include "service/sqlite/database.h"
#include "tests/bench/bench_store.h"

namespace costs::bench {
namespace {

namespace fs = std::filesystem;
using records::StoredRecord;
using sqlite::Database;
using sqlite::Query;

constexpr int kRowsOfTransaction = 1'000;

struct Row {
  const StoredRecord* record;
  int64_t thing;
  std::string request, revision;
};

std::vector<Row> RowsOf(absl::Span<const StoredRecord> records) {
  std::map<std::pair<std::string, std::string>, int64_t> things;
  std::vector<Row> rows;
  rows.reserve(records.size());
  for (const StoredRecord& record : records) {
    const auto key = std::make_pair(record.request.location_id, record.request.device_id);
    const auto thing = things.emplace(key, static_cast<int64_t>(things.size()) + 1).first;
    Row& row = rows.emplace_back(Row{&record, thing->second, "", ""});
    records::EncodeRequest(record.request, &row.request);
    records::EncodeRevision(record.revision, &row.revision);
  }
  return rows;
}

absl::Status Insert(const Row& row, Query* query) {
  const records::RecordRequest& request = row.record->request;
  const auto& id = row.record->id.bytes;
  return query->Bind(1, 1)
      .BindBlob(2, {reinterpret_cast<const char*>(id.data()), id.size()})
      .Bind(3, row.thing)
      .Bind(4, static_cast<int>(request.direction))
      .Bind(5, static_cast<int>(request.tariff_rate))
      .Bind(6, request.interval.start.ns)
      .Bind(7, request.interval.end.ns)
      .Bind(8, request.session_reference_id)
      .Bind(9, request.record_reference_id)
      .Bind(10, row.record->created_ns)
      .BindBlob(11, row.request)
      .BindBlob(12, row.revision)
      .Run();
}

class SqliteBenchStore final : public BenchStore {
 public:
  SqliteBenchStore() {
    std::string name = (fs::temp_directory_path() / "recordsXXXXXX").string();
    folder_ = mkdtemp(&name[0]);
  }
  ~SqliteBenchStore() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  absl::StatusOr<std::unique_ptr<records::RecordStore>> Open() override {
    records::SqliteRecordStore::Options options;
    options.path = absl::StrCat(address(), ".records");  // where costsd has it
    options.writer.catalog_version = [](const records::Tenant&) { return uint64_t{1}; };
    return records::SqliteRecordStore::Open(std::move(options));
  }

  std::string address() const override { return (folder_ / "store").string(); }

  // What the kernel still has to write, which the next syncs would wait for.
  absl::Status Settle() override {
    sync();
    return absl::OkStatus();
  }

  absl::StatusOr<absl::Duration> BulkInsert(absl::Span<const StoredRecord> records, std::string* description) override {
    *description = absl::StrCat("a prepared statement in transactions of ", kRowsOfTransaction,
                                ", synchronous = FULL, WAL, the store's table, indexes and settings");
    const std::string path = (folder_ / "bulk").string();
    for (const char* end : {"", "-wal", "-shm"}) fs::remove(path + end);
    auto database = Database::Open(path, sqlite::Access::kReadWrite);
    if (!database.ok()) return database.status();
    if (absl::Status status = records::MigrateSchema(database->get()); !status.ok()) return status;
    if (absl::Status status = records::SetUpWriter(database->get()); !status.ok()) return status;
    const std::vector<Row> rows = RowsOf(records);
    const absl::Time begin = absl::Now();
    Query query = (*database)->Prepare(
        "INSERT INTO records (tenant, id, thing, direction, tariff_rate, starts, ends, session, reference, created, "
        "request, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    for (size_t i = 0; i < rows.size();) {
      sqlite::Transaction transaction(database->get());
      for (int n = 0; n < kRowsOfTransaction && i < rows.size(); ++n, ++i) {
        if (absl::Status status = Insert(rows[i], &query); !status.ok()) return status;
      }
      if (absl::Status status = transaction.Commit(); !status.ok()) return status;
    }
    return absl::Now() - begin;
  }

 private:
  fs::path folder_;
};

}  // namespace

std::unique_ptr<BenchStore> MakeSqliteBenchStore() { return std::make_unique<SqliteBenchStore>(); }

}  // namespace costs::bench
