// PostgresRecordStore does what every store of records must.
#include <functional>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/postgres/connection.h"
#include "service/postgres/testing/postgres_server.h"
#include "service/records/postgres/postgres_record_store.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

void Administer(const postgres::PostgresServer& server, const std::string& sql) {
  postgres::ConnectOptions connect;
  connect.conninfo = server.url();
  auto connection = postgres::Connection::Open(connect);
  ASSERT_TRUE(connection.ok()) << connection.status();
  const absl::Status status = (*connection)->Execute(sql);
  EXPECT_TRUE(status.ok()) << sql << status;
}

// One for all tests, each of which has a database of its own. Null: there is none.
postgres::PostgresServer* SharedServer() {
  static const std::unique_ptr<postgres::PostgresServer> server = [] {
    if (const std::string missing = postgres::PostgresServer::Missing(); !missing.empty()) {
      std::cout << "SKIPPED: " << missing << "\n";
      return std::unique_ptr<postgres::PostgresServer>();
    }
    // The tests of faults sync; here it is only time.
    auto started = postgres::PostgresServer::Start({"fsync=off", "max_connections=50"});
    EXPECT_TRUE(started.ok()) << started.status();
    if (!started.ok()) return std::unique_ptr<postgres::PostgresServer>();
    // Of which the tests' databases are copies, since making many tables takes time.
    Administer(**started, "CREATE DATABASE made");
    PostgresRecordStore::Options options;
    options.connect.conninfo = (*started)->url("made");
    EXPECT_TRUE(PostgresRecordStore::Open(std::move(options)).ok());
    return *std::move(started);
  }();
  return server.get();
}

using CatalogVersion = std::function<uint64_t(const Tenant&)>;

class PostgresPlace final : public StorePlace {
 public:
  explicit PostgresPlace(CatalogVersion catalog_version) : catalog_version_(std::move(catalog_version)) {
    static int number = 0;
    database_ = absl::StrCat("conformance_", ++number);
    Administer(*SharedServer(), absl::StrCat("CREATE DATABASE ", database_, " TEMPLATE made STRATEGY file_copy"));
  }
  ~PostgresPlace() override { Administer(*SharedServer(), absl::StrCat("DROP DATABASE ", database_)); }

  absl::StatusOr<std::unique_ptr<RecordStore>> Open() override {
    PostgresRecordStore::Options options;
    options.connect.conninfo = SharedServer()->url(database_);
    options.catalog_version = catalog_version_;
    return PostgresRecordStore::Open(std::move(options));
  }

 private:
  const CatalogVersion catalog_version_;
  std::string database_;
};

INSTANTIATE_TEST_SUITE_P(Postgres, RecordStoreConformance,
                         ::testing::Values(StoreKind{"Server",
                                                     [](CatalogVersion catalog_version) -> std::unique_ptr<StorePlace> {
                                                       if (SharedServer() == nullptr) return nullptr;
                                                       return std::make_unique<PostgresPlace>(
                                                           std::move(catalog_version));
                                                     }}),
                         NameOfKind);

}  // namespace
}  // namespace costs::records::testing
