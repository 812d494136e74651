#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/postgres/connection.h"
#include "service/postgres/testing/postgres_server.h"
#include "service/postgres/wire.h"
#include "service/records/postgres/postgres_record_store.h"
#include "service/records/postgres/record_row.h"
#include "service/records/postgres/schema.h"
#include "service/records/testing/record_builder.h"
#include "tests/bench/bench_store.h"

namespace costs::bench {
namespace {

using postgres::Connection;
using postgres::PostgresServer;

// A server of its own, with what Debian's has by default but for the address; a
// database for the store and one for the rows.
class PostgresBenchStore final : public BenchStore {
 public:
  absl::StatusOr<std::unique_ptr<records::RecordStore>> Open() override {
    if (absl::Status status = Serve(); !status.ok()) return status;
    records::PostgresRecordStore::Options options;
    options.connect = Connect("postgres");
    options.catalog_version = [](const records::Tenant&) { return uint64_t{1}; };
    return records::PostgresRecordStore::Open(std::move(options));
  }

  std::string address() const override { return server_->url(); }

  absl::Status Settle() override {
    auto connection = Connection::Open(Connect("postgres"));
    if (!connection.ok()) return connection.status();
    if (absl::Status status = (*connection)->Execute("VACUUM (ANALYZE)"); !status.ok()) return status;
    return (*connection)->Execute("CHECKPOINT");
  }

  absl::StatusOr<absl::Duration> BulkInsert(absl::Span<const records::StoredRecord> records,
                                            std::string* description) override {
    *description = "one COPY in binary, fsync and synchronous_commit on, the store's table and indexes";
    if (absl::Status status = Serve(); !status.ok()) return status;
    auto connection = Connection::Open(Connect("postgres"));
    if (!connection.ok()) return connection.status();
    if (absl::Status status = records::pg::MigrateRecordTables(connection->get()); !status.ok()) return status;
    std::string rows = postgres::CopyHeader();
    for (const records::StoredRecord& record : records) {
      records::pg::AppendRecordRow(records::testing::TestTenant(), record, 1, record.created_ns, &rows);
    }
    absl::StrAppend(&rows, postgres::kCopyTrailer);
    const absl::Time begin = absl::Now();
    if (absl::Status status = (*connection)->CopyIn(records::pg::kCopyRecords, rows); !status.ok()) return status;
    return absl::Now() - begin;
  }

 private:
  absl::Status Serve() {
    if (server_ != nullptr) return absl::OkStatus();
    if (const std::string missing = PostgresServer::Missing(); !missing.empty()) {
      return absl::FailedPreconditionError(missing);
    }
    auto started = PostgresServer::Start({"shared_buffers=128MB"});
    if (!started.ok()) return started.status();
    server_ = *std::move(started);
    return absl::OkStatus();
  }

  postgres::ConnectOptions Connect(const std::string& database) const {
    postgres::ConnectOptions connect;
    connect.conninfo = server_->url(database);
    connect.statement_timeout = absl::Minutes(10);  // for all rows at once
    return connect;
  }

  std::unique_ptr<PostgresServer> server_;
};

}  // namespace

std::unique_ptr<BenchStore> MakePostgresBenchStore() { return std::make_unique<PostgresBenchStore>(); }

}  // namespace costs::bench
