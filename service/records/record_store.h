// Where meter records are kept: the interface that each store meets, and that
// record_store_conformance.h tests.
//
//   store->Submit(std::move(write));      // runs write->done when it is on disk
//   store->List(tenant, filter, ...)      // blocks: not for an event thread
//
// What a store does by itself, in the transaction of the write:
//   - A record whose id is known is overwritten: same id and created_ns, the next
//     revision number; what was, stays as an older revision. Where neither the
//     request nor the figures differ, nothing changes at all.
//   - Totals by day and by session are kept up to date, so that reports and usage
//     need no look at each record.
//   - Where the energy of a record with tiers changes, comes or goes, and later
//     records of its location and tariff_rate start before its tier_windows_end,
//     these are noted as stale (kUsageChanged).
//   - A record that was priced with an older catalog than the current one is noted
//     as stale (kTariffChanged): it may have missed the marking of that change. So
//     is one priced with a later catalog than is marked (marked_version, where that
//     is not 0): what is marked next may be what a still later catalog changed back.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_RECORD_STORE_H_
#define SERVICE_RECORDS_RECORD_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/tenant.h"
#include "service/records/stored_record.h"

namespace costs::records {

using catalog::Tenant;

// What a record belongs to: a device, or a location itself where device_id is
// empty. With a device_id an empty location_id stands for all of its locations.
struct Thing {
  std::string location_id;
  std::string device_id;

  friend bool operator==(const Thing& a, const Thing& b) {
    return a.location_id == b.location_id && a.device_id == b.device_id;
  }
};

// The register of a meter: what cumulative readings are readings of.
struct Register {
  Thing thing;  // with a location_id
  engine::Direction direction = engine::Direction::kImport;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
};

struct RegisterReading {
  int64_t time_s = 0;     // since 1970
  int64_t value_mwh = 0;  // 10^-3 Wh
  std::string session_reference_id;
  std::string record_reference_id;
};

// A record on its way into the store.
struct PendingRecord {
  // `revision.number` and `created_ns` are the store's to set; created_ns is used
  // where the record is new.
  StoredRecord record;
  // Where the price depends on the usage before the record, not null: called within
  // the transaction, with a source that knows all that was written before, earlier
  // records of the same write included; and called again, with the record as it left
  // it, where a transaction is rolled back and done again. Sets the figures; false:
  // the record is not stored. The source is good for the call only.
  std::function<bool(const calculator::UsageSource& usage, StoredRecord* record)> price;
};

// One transaction's worth, or a part of one: whole or not at all.
struct Write {
  Tenant tenant;
  std::vector<calculator::RecordId> deletions;  // done first; one that is not there is no fault
  std::vector<PendingRecord> records;           // in order: of two with one id the later rules
  // Of one register.
  std::optional<Register> reading_register;
  std::vector<RegisterReading> readings;  // one per time; a later one replaces an earlier one
  // An answer to a bulk submission, kept under its id.
  std::string batch_id;  // empty: none
  std::string batch_document;

  // Not begun once passed or true.
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;  // null: never

  // Runs once, on a thread of the store's, when all of it is durable, or with why
  // none of it is there. Must not block. UNAVAILABLE (STORE_UNAVAILABLE) and
  // RESOURCE_EXHAUSTED (STORE_FULL) may be tried again; DEADLINE_EXCEEDED or
  // CANCELLED: not begun. ALREADY_EXISTS (RECORD_ID_TAKEN): a record of another key
  // has the same id, which is as good as impossible. All are refusals (refusal.h).
  std::function<void(const absl::Status&)> done;
};

// Which records to list; a record must pass every filter that is set.
struct RecordFilter {
  std::string location_id;  // records of its devices included
  std::string device_id;
  std::string session_reference_id;
  std::string record_reference_id;
  std::optional<engine::Direction> direction;
  std::optional<engine::TariffRate> tariff_rate;
  std::optional<engine::Instant> ends_after;
  std::optional<engine::Instant> starts_before;
};

// Where in a list a record is: by the second of its start, then by its id.
struct RecordPosition {
  int64_t start_s = 0;
  calculator::RecordId id;
};

// A sum over records, or parts of records, that are alike in all this.
struct Total {
  std::string location_id;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
  std::string currency_code;
  std::optional<engine::Confidence> tariff_confidence;  // none: these have no price
  std::optional<engine::Confidence> carbon_confidence;  // none: these have no intensity
  int64_t records = 0;
  int64_t energy_wh = 0;
  engine::MoneyMicros cost = 0;
  engine::CarbonMilligrams carbon = 0;
};

struct DayTotal {
  int32_t day = 0;  // days since 1970-01-01 on the clock of its location
  Total total;
};

struct SessionTotals {
  std::vector<Total> totals;  // empty: there is no such session with that direction
  engine::Interval interval;  // from the first start to the last end
  // Of the record that starts last.
  Thing thing;
};

// Records of a location that may not have the figures that they should.
struct StaleRecords {
  std::string location_id;
  engine::Interval interval;  // those that have a part within
  RevisionCause cause = RevisionCause::kTariffChanged;
  int64_t ticket = 0;  // the store's: which marking this is
};

struct StaleCount {
  int64_t locations = 0;        // that have stale records
  uint64_t marked_version = 0;  // see MarkStale
};

class RecordStore {
 public:
  virtual ~RecordStore() = default;

  // Takes a write in; never blocks. Refused at once with UNAVAILABLE (OVERLOADED)
  // where too much waits. Writes of the same record are done in the order in which they
  // were submitted; others in any order, and many in one transaction.
  virtual void Submit(std::unique_ptr<Write> write) = 0;

  // ---- Reading. What is committed when the call begins is seen. A thing or session
  // that is not known has no records.
  virtual absl::StatusOr<std::optional<StoredRecord>> Get(const Tenant& tenant, const calculator::RecordId& id) = 0;
  // By the second of their start and their id, ascending, or descending where
  // newest_first; at most `limit` after a position. record_reference_id needs one of
  // the first three filters beside it (INVALID_ARGUMENT).
  virtual absl::StatusOr<std::vector<StoredRecord>> List(const Tenant& tenant, const RecordFilter& filter,
                                                         const std::optional<RecordPosition>& after, bool newest_first,
                                                         int limit) = 0;
  // The latest first, at most `limit` below a number (none: from the present one on).
  virtual absl::StatusOr<std::vector<Revision>> Revisions(const Tenant& tenant, const calculator::RecordId& id,
                                                          std::optional<int32_t> below, int limit) = 0;
  // Of the thing alone: a location's are those of its own records. Days in
  // [first, last], in order.
  virtual absl::StatusOr<std::vector<DayTotal>> DayTotals(const Tenant& tenant, const Thing& thing,
                                                          engine::Direction direction, int32_t first, int32_t last) = 0;
  virtual absl::StatusOr<SessionTotals> TotalsOfSession(const Tenant& tenant, absl::string_view session_reference_id,
                                                        engine::Direction direction) = 0;
  // Where a device has records, the location of the record that starts last first.
  virtual absl::StatusOr<std::vector<std::string>> LocationsOf(const Tenant& tenant, absl::string_view device_id) = 0;
  virtual absl::StatusOr<std::optional<std::string>> BatchDocument(const Tenant& tenant,
                                                                   absl::string_view batch_id) = 0;
  // The readings in [first_s, last_s] and the nearest one on either side, in order.
  virtual absl::StatusOr<std::vector<RegisterReading>> Readings(const Tenant& tenant, const Register& of,
                                                                int64_t first_s, int64_t last_s) = 0;
  // What is committed. Blocks.
  virtual const calculator::UsageSource& usage() const = 0;

  // ---- Re-pricing.
  // Locations that have records, their devices' included, in order of id.
  virtual absl::StatusOr<std::vector<std::string>> Locations(const Tenant& tenant, absl::string_view after,
                                                             int limit) = 0;
  // Every write that was begun before is over when this returns.
  virtual absl::Status Barrier() = 0;
  // Notes records as stale, durably; of a location that is noted already the
  // intervals are joined. `marked_version`, if any: all changes of the catalog up to
  // that version have been marked with this.
  virtual absl::Status MarkStale(const Tenant& tenant, absl::Span<const StaleRecords> stale,
                                 std::optional<uint64_t> marked_version) = 0;
  virtual absl::StatusOr<std::vector<StaleRecords>> Stale(const Tenant& tenant, int limit) = 0;
  virtual absl::StatusOr<StaleCount> CountStale(const Tenant& tenant) = 0;
  // They are priced again. What was marked since the ticket stays.
  virtual absl::Status ClearStale(const Tenant& tenant, const StaleRecords& stale) = 0;
  // The records of a location that have a part in the interval, its devices'
  // included; order and position as List's, ascending.
  virtual absl::StatusOr<std::vector<StoredRecord>> ListToReprice(const Tenant& tenant, absl::string_view location_id,
                                                                  engine::Interval interval,
                                                                  const std::optional<RecordPosition>& after,
                                                                  int limit) = 0;
  // Gives records, as listed, new figures (revision.figures, cause, catalog_version,
  // priced_ns): the next revision, in one transaction. One that has another revision
  // number by now, or is gone, is left alone: it was priced anew. Blocks; durable.
  virtual absl::Status Reprice(const Tenant& tenant, absl::Span<const StoredRecord> records) = 0;
  // May this process re-price? Of several on one store only one may at a time.
  virtual absl::StatusOr<bool> MayReprice(const Tenant& tenant) = 0;

  // ---- Figures for the operator, since the start.
  struct Counters {
    uint64_t records_written = 0;  // new, changed or the same
    uint64_t transactions = 0;
    uint64_t failed_transactions = 0;
    uint64_t records_waiting = 0;  // now
  };
  virtual Counters counters() const = 0;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_RECORD_STORE_H_
