// Tenants and things (devices, and locations themselves) by number: what the rows of
// records and totals have instead of their texts.
//
// A thing's row says also how long its longest record is, ever: a record that
// reaches into an interval starts at most that long before it.
//
// Everything here belongs to the one thread that uses the connection at the time.
#ifndef SERVICE_RECORDS_SQLITE_THINGS_H_
#define SERVICE_RECORDS_SQLITE_THINGS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/tenant.h"
#include "service/sqlite/database.h"

namespace costs::records {

struct KnownThing {
  int64_t thing = 0;
  std::string location_id;
  std::string device_id;
  int64_t longest_ns = 0;
};

// ---- Reading. Tenant 0, and a thing that is none, have no rows.
absl::StatusOr<int64_t> FindTenant(sqlite::Database* database, absl::string_view account_id, bool live_mode);
absl::StatusOr<std::optional<KnownThing>> FindThing(sqlite::Database* database, int64_t tenant,
                                                    absl::string_view location_id, absl::string_view device_id);
// The location itself and its devices.
absl::StatusOr<std::vector<KnownThing>> ThingsAt(sqlite::Database* database, int64_t tenant,
                                                 absl::string_view location_id);
// A device, once for each of its locations.
absl::StatusOr<std::vector<KnownThing>> ThingsOf(sqlite::Database* database, int64_t tenant,
                                                 absl::string_view device_id);
absl::StatusOr<std::vector<KnownThing>> AllThings(sqlite::Database* database, int64_t tenant);

// ---- Writing: makes numbers, and remembers them, so that a record of a known thing
// needs no look at the tables.
class ThingTable {
 public:
  explicit ThingTable(sqlite::Database* database) : database_(database) {}

  absl::StatusOr<int64_t> NumberOf(const catalog::Tenant& tenant);
  // Notes that it has, or has had, a record of that length.
  absl::StatusOr<int64_t> NumberOf(int64_t tenant, absl::string_view location_id, absl::string_view device_id,
                                   int64_t length_ns);

  // After a transaction that was rolled back.
  void Forget();
  // Keeps the memory that it takes within bounds; between transactions.
  void Trim();

 private:
  struct View {
    int64_t tenant;
    absl::string_view location_id;
    absl::string_view device_id;

    template <typename H>
    friend H AbslHashValue(H h, const View& view) {
      return H::combine(std::move(h), view.tenant, view.location_id, view.device_id);
    }
  };
  struct Key {
    int64_t tenant;
    std::string location_id;
    std::string device_id;

    operator View() const { return {tenant, location_id, device_id}; }  // NOLINT: a key as it is looked for
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const View& view) const { return absl::Hash<View>()(view); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const View& a, const View& b) const {
      return a.tenant == b.tenant && a.location_id == b.location_id && a.device_id == b.device_id;
    }
  };
  struct Entry {
    int64_t thing;
    int64_t longest_ns;
  };

  absl::StatusOr<Entry> FindOrMake(int64_t tenant, absl::string_view location_id, absl::string_view device_id);

  sqlite::Database* const database_;
  absl::flat_hash_map<std::pair<std::string, bool>, int64_t> tenants_;
  absl::flat_hash_map<Key, Entry, Hash, Equal> things_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_THINGS_H_
