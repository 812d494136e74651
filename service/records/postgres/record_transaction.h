// One transaction of the store's: writes, one after the other, worked out in memory
// and told to the database in few round trips.
//
//   RecordTransaction transaction(connection, tenant, options);
//   status = transaction.Begin(ids, usage_locks);
//   transaction.Apply(write)       // for each; a refusal concerns that write alone
//   status = transaction.Commit();
//
// Rolled back unless it was committed. Belongs to one thread; the writes must stay as
// they are until it is over.
#ifndef SERVICE_RECORDS_POSTGRES_RECORD_TRANSACTION_H_
#define SERVICE_RECORDS_POSTGRES_RECORD_TRANSACTION_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/postgres/connection.h"
#include "service/records/postgres/place_usage.h"
#include "service/records/postgres/record_changes.h"
#include "service/records/postgres/thing_cache.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

struct TransactionOptions {
  // Tells the catalog's version, once the lock is held for which Barrier() waits; null:
  // it is asked of the catalog's table in the same database, where there is one.
  std::function<uint64_t(const Tenant&)> catalog_version;
  bool has_catalog_table = false;
  // No record of these ids is thought to be there: they are not looked for. Where one
  // is, the transaction ends with ALREADY_EXISTS. Not for writes that delete or price.
  bool all_new = false;
  // Some price or some usage depends on what is stored.
  bool watch_usage = false;
  ThingCache* things = nullptr;  // outlives it
};

class RecordTransaction {
 public:
  RecordTransaction(postgres::Connection* connection, const Tenant& tenant, const TransactionOptions& options);
  RecordTransaction(const RecordTransaction&) = delete;
  RecordTransaction& operator=(const RecordTransaction&) = delete;

  // Every id that will matter, and the places whose usage will.
  absl::Status Begin(absl::Span<const calculator::RecordId> ids, const std::set<RecordChanges::Place>& places);

  // ALREADY_EXISTS with a refusal (RECORD_ID_TAKEN): nothing of the write is there, and
  // the transaction goes on. After another error it is to be given up.
  absl::Status Apply(const Write& write);
  // As RecordStore::Reprice.
  absl::Status Reprice(absl::Span<const StoredRecord> records);

  // UNKNOWN: whether it is durable is not known. ABORTED and ALREADY_EXISTS: another
  // transaction was in the way.
  absl::Status Commit();

 private:
  using ReadingKey = std::tuple<std::string, std::string, int, int, int64_t>;
  class Usage;

  postgres::Statement LockStatement(const std::set<RecordChanges::Place>& places) const;
  void Delete(const calculator::RecordId& id);
  void Store(const StoredRecord& record);
  PlaceUsage& UsageAt(const RecordChanges::Place& place);
  // Which changes of usage concern a record that the database has.
  absl::Status ResolveUsageChanges();
  absl::Status ResolvePlace(const std::vector<const RecordChanges::UsageChange*>& changes);
  absl::StatusOr<bool> HasLater(const RecordChanges::UsageChange& change);
  void AppendDeletions(const RecordChanges::Output& output, std::vector<postgres::Statement>* statements) const;
  absl::Status CopyRows(const RecordChanges::Output& output);
  void AppendThings(const RecordChanges::Output& output, std::vector<postgres::Statement>* statements);
  void AppendStale(std::vector<postgres::Statement>* statements) const;
  void AppendReadings(std::vector<postgres::Statement>* statements) const;
  void AppendBatches(std::vector<postgres::Statement>* statements) const;

  postgres::Transaction transaction_;
  const Tenant tenant_;
  const TransactionOptions options_;
  RecordChanges changes_;
  RecordChanges::Versions versions_;
  std::deque<StoredRecord> own_;                                    // what was priced here; changes_ borrows it
  std::map<std::pair<std::string, std::string>, int64_t> longest_;  // of things that are not known to be there
  std::map<RecordChanges::Place, PlaceUsage> usages_;               // where usage is watched
  std::map<ReadingKey, RegisterReading> readings_;
  std::map<std::string, std::string> batches_;
  absl::Status failure_;  // of what was done within a price
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_RECORD_TRANSACTION_H_
