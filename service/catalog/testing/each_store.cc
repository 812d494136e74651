#include "service/catalog/testing/each_store.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "service/postgres/connection.h"

namespace costs::catalog::testing {

std::string NameOfStore(const ::testing::TestParamInfo<StoreKind>& info) {
  return info.param == StoreKind::kSqlite ? "Sqlite" : "Postgres";
}

postgres::PostgresServer& SharedServer() {
  // No machine stops during these tests, so nothing is synced.
  static const auto server = [] {
    absl::StatusOr<std::unique_ptr<postgres::PostgresServer>> started =
        postgres::PostgresServer::Start({"fsync=off", "max_connections=100"});
    if (!started.ok()) {
      ADD_FAILURE() << started.status();
      abort();
    }
    return *std::move(started);
  }();
  return *server;
}

std::string NewDatabase() {
  static int count = 0;
  const std::string name = absl::StrCat("catalog_", ++count);
  postgres::ConnectOptions options;
  options.conninfo = SharedServer().url();
  auto connection = postgres::Connection::Open(options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  const absl::Status made = (*connection)->Execute(absl::StrCat("CREATE DATABASE ", name));
  EXPECT_TRUE(made.ok()) << made;
  return SharedServer().url(name);
}

void EachStoreTest::SetUp() {
  if (GetParam() == StoreKind::kPostgres) COSTS_REQUIRE_POSTGRES();
}

void EachStoreTest::Open() { GetParam() == StoreKind::kSqlite ? CatalogTest::Open() : OpenDatabase(); }

void EachStoreTest::OpenKept() {
  GetParam() == StoreKind::kSqlite ? CatalogTest::Open((folder_.path / "catalog.db").string()) : OpenDatabase();
}

void EachStoreTest::OpenDatabase() {
  // SetUp says so.
  if (postgres::PostgresServer::Missing().empty()) CatalogTest::Open(NewDatabase());
}

}  // namespace costs::catalog::testing
