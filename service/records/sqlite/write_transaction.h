// One transaction of the writer: records, deletions and marks, and at its end the
// totals and marks that follow from them.
//
//   WriteTransaction transaction(database, &things, catalog_version);
//   absl::Status status = transaction.Apply(write);
//   status = transaction.Commit();
//
// Rolls back where it is not committed; `things` forget what was not kept. Belongs to
// the writer's thread.
#ifndef SERVICE_RECORDS_SQLITE_WRITE_TRANSACTION_H_
#define SERVICE_RECORDS_SQLITE_WRITE_TRANSACTION_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/records/record_store.h"
#include "service/records/sqlite/stale.h"
#include "service/records/sqlite/things.h"
#include "service/records/sqlite/totals.h"
#include "service/sqlite/database.h"

namespace costs::records {

// The version of a tenant's catalog at the moment.
using CatalogVersion = std::function<uint64_t(const Tenant&)>;

class WriteTransaction {
 public:
  // `catalog_version` may be null: then nothing was priced with an old catalog.
  WriteTransaction(sqlite::Database* database, ThingTable* things, const CatalogVersion& catalog_version);
  ~WriteTransaction();
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;

  // Each: a refusal is for a reason of the call's own, another error is one of the
  // store. After either the transaction is good for nothing.
  absl::Status Apply(Write* write);
  absl::Status Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records);
  absl::Status MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                         std::optional<uint64_t> marked_version);
  absl::Status ClearStale(const Tenant& tenant, const StaleRecords& stale);

  absl::Status Commit();

 private:
  class Usage;
  struct KnownTenant {
    const Tenant& tenant;
    int64_t number;
  };
  struct KnownRecord {
    StoredRecord record;
    int64_t thing = 0;
  };
  // What was priced with one version of the catalog in one location.
  struct PricedKey {
    int64_t tenant;
    std::string location_id;
    uint64_t version;

    friend bool operator==(const PricedKey& a, const PricedKey& b) {
      return a.tenant == b.tenant && a.version == b.version && a.location_id == b.location_id;
    }
    template <typename H>
    friend H AbslHashValue(H h, const PricedKey& key) {
      return H::combine(std::move(h), key.tenant, key.location_id, key.version);
    }
  };

  absl::StatusOr<KnownTenant> Find(const Tenant& tenant);
  absl::StatusOr<std::optional<KnownRecord>> FindRecord(int64_t tenant, const calculator::RecordId& id);

  absl::Status Delete(const KnownTenant& tenant, const calculator::RecordId& id);
  absl::Status Price(const KnownTenant& tenant, PendingRecord* pending, bool* stored);
  absl::Status Store(const KnownTenant& tenant, StoredRecord* record);
  absl::Status Insert(const KnownTenant& tenant, int64_t thing, StoredRecord* record, bool* is_new);
  absl::Status Overwrite(const KnownTenant& tenant, int64_t thing, const KnownRecord& old, StoredRecord* record);
  absl::Status StoreReadings(const KnownTenant& tenant, const Write& write);
  absl::Status StoreBatch(const KnownTenant& tenant, const Write& write);

  // The energy of a record came, went or changed.
  absl::Status NoteUsageChange(const KnownTenant& tenant, const RecordRequest& request, engine::Instant windows_end);
  void NotePricing(const KnownTenant& tenant, const StoredRecord& record);
  absl::Status MarkPricedWithOtherCatalogs();

  sqlite::Database* const database_;
  ThingTable* const things_;
  const CatalogVersion& catalog_version_;
  sqlite::Transaction transaction_;
  sqlite::Query insert_;
  GatheredTotals totals_;
  StaleMarks stale_;
  absl::flat_hash_map<PricedKey, engine::Interval> priced_;
  std::pair<const PricedKey, engine::Interval>* last_priced_ = nullptr;  // of priced_
  absl::flat_hash_map<int64_t, Tenant> tenants_;
  bool committed_ = false;
  std::string request_, revision_;  // of the record at hand
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_WRITE_TRANSACTION_H_
