// What changes of the catalog touched, kept in a shared store: so that other
// processes make of their snapshot the next one without reading all there is.
//
// An entry names what changed, not how: a reader gets it from the tables. Every
// revision has at least one entry; the oldest revisions are dropped. For use with a
// connection's mutex held.
#ifndef SERVICE_CATALOG_CHANGE_LOG_H_
#define SERVICE_CATALOG_CHANGE_LOG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/store.h"
#include "service/engine/time.h"

namespace costs::catalog {

// As stored: never given another meaning.
enum class Touched : int {
  kEverything = 0,
  kLocation = 1,
  kElement = 2,
  kRemovedElement = 3,
  kMarketSeries = 4,
  kCarbonSeries = 5,
};

struct LoggedChange {
  Touched touched = Touched::kEverything;
  std::string id;
  engine::Interval interval;  // of a series: outside of it nothing changed
};

// What a change of `before` touches.
std::vector<LoggedChange> LogOf(const Snapshot& before, const CatalogChange& change);

class ChangeLog {
 public:
  // Revisions that are kept.
  static constexpr int64_t kKept = 10'000;
  // On which others are told that there is a new revision.
  static constexpr absl::string_view kChannel = "costs_catalog";

  // Both are borrowed.
  ChangeLog(sql::Database* database, const Tenant& tenant) : database_(database), tenant_(tenant) {}

  // Writes a revision's entries, and tells others once it is committed. `token`
  // tells this revision from another that may get the same number.
  absl::Status Append(int64_t revision, int64_t token, const std::vector<LoggedChange>& entries);

  // The entries of all revisions after `revision` up to `last`; null where some of
  // them are gone.
  absl::StatusOr<std::optional<std::vector<LoggedChange>>> Since(int64_t revision, int64_t last);

  // Whether the revision was committed with that token.
  absl::StatusOr<bool> Has(int64_t revision, int64_t token);

  // What a message on the channel says: whose catalog changed.
  static std::string MessageOf(const Tenant& tenant);

 private:
  absl::Status Trim(int64_t revision);

  sql::Database* const database_;
  const Tenant& tenant_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CHANGE_LOG_H_
