// What a transaction does to records, worked out in memory: which are new, changed or
// gone, their older revisions, and what becomes stale by it. The database is told
// when all is known.
//
//   RecordChanges changes(/*watch_usage=*/true);
//   changes.Load(record);             // what is there already, of the ids that matter
//   if (changes.Allows(write)) ...    // Delete() and Store() for what it holds
//   changes.Pending()                 // what the database must be told
//
// Records that are given to Store() are borrowed. Not
// thread-safe.
#ifndef SERVICE_RECORDS_POSTGRES_RECORD_CHANGES_H_
#define SERVICE_RECORDS_POSTGRES_RECORD_CHANGES_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

class RecordChanges {
 public:
  using IdBytes = std::array<uint8_t, 12>;
  // Usage is counted by location and tariff rate.
  using Place = std::pair<std::string, engine::TariffRate>;

  // The usage at a place changed from `start` on, and records in (start, windows_end)
  // may not have the figures that they should. Whether the database has such a record
  // is to be found out; those in gone()[0, gone) are none.
  struct UsageChange {
    Place place;
    engine::Instant start;
    engine::Instant windows_end;
    size_t gone = 0;
  };
  struct Gone {
    Place place;
    IdBytes id;
  };

  struct Versions {
    uint64_t catalog = 0;  // the present one
    uint64_t marked = 0;   // whose changes are marked (RecordStore::MarkStale); 0: none was
  };

  // A record to be written.
  struct Row {
    const StoredRecord* record;
    int32_t number;
    int64_t created_ns;
    const StoredRecord* before;  // as it is in the database; null: it is new
  };
  struct OldRevision {
    calculator::RecordId id;
    Revision revision;
  };
  // All in the order of ids.
  struct Output {
    std::vector<Row> rows;
    std::vector<const StoredRecord*> removed;  // from the database; no row takes their place
    std::vector<calculator::RecordId> wiped;   // whose revisions go
    std::vector<OldRevision> revisions;
  };

  // `watch_usage`: there are tiers somewhere, so that usage matters.
  explicit RecordChanges(bool watch_usage) : watch_usage_(watch_usage) {}

  void Load(StoredRecord record);
  // For what a record that was loaded says; before the first change.
  void WatchUsage() { watch_usage_ = true; }
  bool watches_usage() const { return watch_usage_; }

  // False: a record of the write has an id that another record has.
  bool Allows(const Write& write) const;
  void Delete(const calculator::RecordId& id);
  // Null where there is none.
  const StoredRecord* Find(const calculator::RecordId& id) const;
  int32_t NumberOf(const calculator::RecordId& id) const;
  // One priced with an older catalog is stale from the start, and so is one priced with
  // a later catalog than is marked.
  void Store(const StoredRecord& record, const Versions& versions);

  Output Pending() const;

  // By location, joined.
  void MarkStale(const StaleRecords& stale);
  const std::map<std::string, StaleRecords>& stale() const { return stale_; }
  const std::vector<UsageChange>& usage_changes() const { return usage_changes_; }
  const std::vector<Gone>& gone() const { return gone_; }

 private:
  struct Entry {
    std::unique_ptr<const StoredRecord> stored;  // as the database has it
    const StoredRecord* now = nullptr;           // null: there is none
    int32_t number = 0;                          // of `now`
    int64_t created_ns = 0;
    bool wiped = false;
    bool changed = false;         // or was, and then back
    bool gone = false;            // `stored` has left its place
    std::vector<Revision> older;  // that the database does not have
  };

  void Touch(const IdBytes& id, Entry* entry);
  // A record comes to its place, or leaves it.
  void Arrive(const StoredRecord& record);
  void Leave(Entry* entry);
  void NoteUsageChange(const StoredRecord& of, engine::Instant windows_end);

  bool watch_usage_;
  absl::flat_hash_map<IdBytes, Entry> entries_;
  std::vector<IdBytes> changed_;
  std::map<std::string, StaleRecords> stale_;

  // Where usage is watched. The starts of what has come and the database does not have.
  std::map<Place, std::multiset<int64_t>> arrived_;
  std::vector<Gone> gone_;
  std::vector<UsageChange> usage_changes_;
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_RECORD_CHANGES_H_
