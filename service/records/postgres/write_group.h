// Writes that are done together, in one transaction as far as they can be: a write
// that is refused, or that the database cannot take, does not harm its neighbours.
#ifndef SERVICE_RECORDS_POSTGRES_WRITE_GROUP_H_
#define SERVICE_RECORDS_POSTGRES_WRITE_GROUP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "service/postgres/connection.h"
#include "service/records/postgres/thing_cache.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

// A write on its way; `result` is for its `done`. With records to re-price the write
// itself is empty but for the tenant.
struct WriteJob {
  std::unique_ptr<Write> write;
  std::vector<StoredRecord> reprice;
  absl::Status result;
  // Names the records that it touches, sorted: two jobs with a name in common are done
  // in order. (Some names stand for several records; that does no harm.)
  std::vector<uint64_t> names;

  size_t size() const { return write->records.size() + reprice.size(); }
};

// What it takes to do writes on a connection. Belongs to one thread.
class GroupWriter {
 public:
  // `catalog_version` may be null: it is asked of the catalog's table.
  GroupWriter(std::function<uint64_t(const Tenant&)> catalog_version, ThingCache* things)
      : catalog_version_(std::move(catalog_version)), things_(things) {}

  // Of one tenant. Fills each job's result, with OK or a refusal.
  void Run(postgres::Connection* connection, const std::vector<WriteJob*>& jobs);
  // With a new connection: the catalog may be there by now.
  void Forget() { has_catalog_table_ = false; }

  uint64_t transactions() const { return transactions_; }
  uint64_t failed_transactions() const { return failed_; }

 private:
  void RunTogether(postgres::Connection* connection, const std::vector<WriteJob*>& jobs);
  absl::Status Attempt(postgres::Connection* connection, const std::vector<WriteJob*>& jobs, bool all_new);
  void LookForCatalog(postgres::Connection* connection);
  bool MayAssumeNew(const std::vector<WriteJob*>& jobs) const;

  const std::function<uint64_t(const Tenant&)> catalog_version_;
  ThingCache* const things_;
  bool has_catalog_table_ = false;
  // How many groups are to look for what is there, since a record was there lately.
  int look_first_ = 0;
  uint64_t transactions_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_WRITE_GROUP_H_
