// The PostgreSQL database that a served catalog lives in: its schema, the
// connections to it, and the thread that hears of what other processes change, of
// all tenants that are followed.
//
// Any number of processes may share it. Of its tables a catalog has those of
// postgres_schema.cc, which have a version, and older ones are brought up to date
// when the store is opened, by one process at a time. A connection that is lost is
// made anew when it is next used.
//
// Thread-safe, as store.h.
#ifndef SERVICE_CATALOG_POSTGRES_STORE_H_
#define SERVICE_CATALOG_POSTGRES_STORE_H_

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/store.h"
#include "service/postgres/connection.h"
#include "service/sql/database.h"

namespace costs::catalog {

class PostgresStore final : public Store {
 public:
  // Of a URL. Errors as Catalog::Open's; they name the database, never a password.
  static absl::StatusOr<std::unique_ptr<PostgresStore>> Open(const std::string& url, FollowingState state = nullptr);
  ~PostgresStore() override;

  StoreConnection& writer() override { return writer_; }
  StoreConnection& reader() override { return reader_; }
  StoreConnection& loader() override { return loader_; }
  const std::string& name() const override { return name_; }
  bool shared() const override { return true; }
  absl::string_view revision_table() const override { return "catalog_revisions"; }
  absl::Status OnReplaced() override;
  // Not for two at a time who follow the same tenant.
  std::unique_ptr<Following> Follow(const Tenant& tenant, std::function<absl::Status(int64_t)> look) override;
  void OnFound(std::function<absl::Status(const Tenant&)> found) override;

 private:
  class Follower;

  PostgresStore(const std::string& url, const std::string& address, FollowingState state);
  absl::Status OpenConnections();
  Follower& follower();

  const std::string name_;
  const FollowingState state_;
  postgres::ConnectOptions options_;
  StoreConnection writer_;
  StoreConnection reader_;
  StoreConnection loader_;
  std::once_flag followed_;
  std::unique_ptr<Follower> follower_;  // from when it is first needed
};

// Brings the catalog's tables up to the latest schema; makes them where there are
// none. FAILED_PRECONDITION where they are of a later version of the service.
absl::Status MigratePostgresSchema(sql::Database* database);

// Of the schema that this version writes.
inline constexpr int kPostgresSchemaVersion = 1;

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_POSTGRES_STORE_H_
