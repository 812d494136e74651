// Catalog tests that run on each kind of store.
//
//   class ThingTest : public EachStoreTest { ... };
//   TEST_P(ThingTest, Condition_Result) { Open(); ... }
//   INSTANTIATE_TEST_SUITE_P(, ThingTest, EachStore(), NameOfStore);
//
// A test on PostgreSQL has a database of its own, on a server that all tests of the
// process share; it is skipped, loudly, where PostgreSQL is not installed.
#ifndef SERVICE_CATALOG_TESTING_EACH_STORE_H_
#define SERVICE_CATALOG_TESTING_EACH_STORE_H_

#include <gtest/gtest.h>

#include <string>

#include "service/catalog/testing/catalog_fixture.h"
#include "service/postgres/testing/postgres_server.h"

namespace costs::catalog::testing {

enum class StoreKind { kSqlite, kPostgres };

inline auto EachStore() { return ::testing::Values(StoreKind::kSqlite, StoreKind::kPostgres); }
std::string NameOfStore(const ::testing::TestParamInfo<StoreKind>& info);

// Started when it is first asked for, and stopped with the process.
postgres::PostgresServer& SharedServer();

// The URL of a new database there.
std::string NewDatabase();

class EachStoreTest : public CatalogTest, public ::testing::WithParamInterface<StoreKind> {
 protected:
  void SetUp() override;

  // Opens a new store; in memory, where it can be.
  void Open();
  // Opens a new store that can be reopened.
  void OpenKept();

 private:
  void OpenDatabase();
};

}  // namespace costs::catalog::testing

#endif  // SERVICE_CATALOG_TESTING_EACH_STORE_H_
