// What the calls of the Catalog rest on: its state, and a change under way.
// Private to the library of catalog.h; see there.
#ifndef SERVICE_CATALOG_CATALOG_IMPL_H_
#define SERVICE_CATALOG_CATALOG_IMPL_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "service/catalog/catalog.h"
#include "service/catalog/change_log.h"
#include "service/catalog/document_rules.h"
#include "service/catalog/document_table.h"
#include "service/catalog/field_mask.h"
#include "service/catalog/refusal.h"
#include "service/catalog/store.h"
#include "service/sql/database.h"

namespace costs::catalog {

// A kind of document: where it is kept, and how one speaks of it.
struct DocumentKind {
  absl::string_view table;
  absl::string_view prefix;  // of the ids that the service makes
  absl::string_view object;  // the field of that name
  absl::string_view url;     // of its list
  absl::string_view noun;    // "location"
  absl::string_view not_found;
  absl::string_view exists;
  const FieldRules& rules;
};

template <typename Document>
const DocumentKind& KindOf();
template <>
const DocumentKind& KindOf<pb::Location>();
template <>
const DocumentKind& KindOf<pb::Device>();
template <>
const DocumentKind& KindOf<pb::TariffElement>();
template <>
const DocumentKind& KindOf<pb::SpecialDayCalendar>();

// The fields by which a document is looked for.
std::vector<Column> ColumnsOf(const pb::Location& location);
std::vector<Column> ColumnsOf(const pb::Device& device);
std::vector<Column> ColumnsOf(const pb::TariffElement& element);
std::vector<Column> ColumnsOf(const pb::SpecialDayCalendar& calendar);

class Catalog::Impl {
 public:
  Impl(Options options_in, std::shared_ptr<Store> store_in);

  // Builds the snapshot of what is stored, and from then on of what others store.
  absl::Status Load();

  // Publishes what is stored under a revision, unless it is published. `publishing`
  // and the database's mutex are held, and in a transaction that is the tenant's
  // revision.
  absl::Status CatchUp(sql::Database* database, const Revision& revision);
  void Publish(std::shared_ptr<const Snapshot> snapshot, int64_t changed_at_ns);

  absl::Time Now() const { return options.now(); }

  // What the service sets, for an answer, beside etag and time_created.
  void SetOwn(pb::Location* location) const;
  void SetOwn(pb::Device* device) const;
  void SetOwn(pb::TariffElement* element) const;
  void SetOwn(pb::SpecialDayCalendar* calendar) const;

  const Options options;
  const std::shared_ptr<Store> store;
  // Of who makes the next snapshot, so that they come one after the other. Taken
  // before a connection's mutex.
  std::mutex publishing;
  SnapshotHolder snapshots;
  std::atomic<int64_t> changed_ns{0};

 private:
  // `publishing` is held.
  absl::Status Look();

  std::unique_ptr<Following> following_;  // the last: its thread uses all of this
};

// Opens the store of that name; see Catalog::Options.
absl::StatusOr<std::shared_ptr<Store>> OpenStore(const std::string& name, FollowingState state);

// A refusal where calls may change nothing.
absl::Status CheckWritable(const Catalog::Impl& impl);

// A change under way: has the writer to itself, in a transaction that is rolled
// back unless it is committed: one at a time in this process, whoever's it is. Of a
// shared store it has the tenant's entries to itself, among all processes.
class Change {
 public:
  enum class Right { kUnlessReadOnly, kEvenIfReadOnly };

  explicit Change(Catalog::Impl* impl, Right right = Right::kUnlessReadOnly);

  // A refusal where there can be no change now.
  const absl::Status& status() const { return status_; }

  const Catalog::Impl& impl() const { return *impl_; }
  const Tenant& tenant() const { return impl_->options.tenant; }
  sql::Database* database() const { return impl_->store->writer().database.get(); }
  DocumentTable Table(const DocumentKind& kind) const { return DocumentTable(database(), kind.table, tenant()); }
  // What the change is to.
  const Snapshot& snapshot() const { return *before_; }
  uint64_t next_version() const { return before_->version() + 1; }

  // What the next snapshot has that this one has not.
  CatalogChange parts;
  // Or the whole of it, in place of `parts`.
  std::optional<CatalogContent> content;

  // Tries the next snapshot, makes the change durable, and publishes it. Where the
  // snapshot refuses it, `blamed` is the field at fault.
  absl::Status Commit(absl::string_view blamed);

 private:
  absl::StatusOr<std::shared_ptr<const Snapshot>> Next();
  absl::Status CatchUp();
  // `token`: see ChangeLog::Append.
  absl::Status WriteRevision(const Revision& revision, const std::vector<LoggedChange>& log, int64_t token);
  // After the connection was lost during the commit: whether that was made. UNKNOWN
  // where that cannot be found out now.
  absl::Status FindOut(int64_t revision, int64_t token);

  Catalog::Impl* const impl_;
  std::unique_lock<std::mutex> publishing_;
  std::unique_lock<std::mutex> lock_;
  std::shared_ptr<const Snapshot> before_;
  std::optional<sql::Transaction> transaction_;
  absl::Status status_;
};

// The engine's element of a document, with the series and the calendar that it
// names, as they are in `change`. A refusal where one is not there.
absl::StatusOr<std::shared_ptr<const engine::TariffElement>> MakeElement(const Change& change,
                                                                         const pb::TariffElement& element);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_IMPL_H_
