#include "service/catalog/catalog_impl.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "service/catalog/catalog_calls.h"
#include "service/catalog/documents.h"
#include "service/catalog/stored_snapshot.h"
#include "xxhash.h"

namespace costs::catalog {

template <>
const DocumentKind& KindOf<pb::Location>() {
  static const DocumentKind* const kind =
      new DocumentKind{"locations",       "loc_",         "location", "/locations", "location", "LOCATION_NOT_FOUND",
                       "LOCATION_EXISTS", LocationRules()};
  return *kind;
}

template <>
const DocumentKind& KindOf<pb::Device>() {
  static const DocumentKind* const kind = new DocumentKind{
      "devices", "dev_", "device", "/devices", "device", "DEVICE_NOT_FOUND", "DEVICE_EXISTS", DeviceRules()};
  return *kind;
}

template <>
const DocumentKind& KindOf<pb::TariffElement>() {
  static const DocumentKind* const kind = new DocumentKind{"elements",
                                                           "trf_",
                                                           "tariff",
                                                           "/tariffs/elements",
                                                           "tariff element",
                                                           "TARIFF_ELEMENT_NOT_FOUND",
                                                           "TARIFF_ELEMENT_EXISTS",
                                                           ElementRules()};
  return *kind;
}

template <>
const DocumentKind& KindOf<pb::SpecialDayCalendar>() {
  static const DocumentKind* const kind = new DocumentKind{"calendars",          "cal_",         "special_day_calendar",
                                                           "/tariffs/calendars", "calendar",     "CALENDAR_NOT_FOUND",
                                                           "CALENDAR_EXISTS",    CalendarRules()};
  return *kind;
}

std::vector<Column> ColumnsOf(const pb::Location& location) {
  return {{"reference_id", location.reference_id()}, {"customer_id", location.customer_id()}};
}

std::vector<Column> ColumnsOf(const pb::Device& device) { return {{"reference_id", device.reference_id()}}; }

std::vector<Column> ColumnsOf(const pb::TariffElement& element) {
  return {{"location_id", element.location_id()},
          {"direction", static_cast<int64_t>(element.direction())},
          {"type", static_cast<int64_t>(element.type())},
          {"calendar", element.special_day_calendar()},
          {"supersedes", element.supersedes()}};
}

std::vector<Column> ColumnsOf(const pb::SpecialDayCalendar&) { return {}; }

std::string EtagOf(absl::string_view bytes) {
  return absl::StrFormat("%016x", XXH3_64bits(bytes.data(), bytes.size()));
}

absl::Status NotFound(const DocumentKind& kind, absl::string_view id) {
  return Refuse(absl::StatusCode::kNotFound, kind.not_found,
                absl::StrCat("there is no ", kind.noun, " ", Quoted(id), " in this account"));
}

absl::Status CheckEtag(const DocumentKind& kind, absl::string_view wanted, absl::string_view bytes) {
  if (wanted.empty() || wanted == EtagOf(bytes)) return absl::OkStatus();
  return Refuse(absl::StatusCode::kAborted, "ETAG_MISMATCH",
                absl::StrCat("the ", kind.noun, " has changed since that etag; get it again, and decide anew"));
}

Catalog::Impl::Impl(Options options_in, std::shared_ptr<Store> store_in)
    : options(std::move(options_in)), store(std::move(store_in)) {}

absl::Status Catalog::Impl::Load() {
  {
    const std::lock_guard<std::mutex> lock(publishing);
    if (absl::Status status = Look(); !status.ok()) return status;
  }
  following_ = store->Follow(options.tenant, [this](int64_t revision) {
    if (snapshots.Get()->version() == static_cast<uint64_t>(revision)) return absl::OkStatus();
    // A change that is being made here publishes what others did before it. It may
    // take minutes, and other tenants do not wait for it.
    const std::unique_lock<std::mutex> lock(publishing, std::try_to_lock);
    return lock.owns_lock() ? Look() : absl::OkStatus();
  });
  return absl::OkStatus();
}

absl::Status Catalog::Impl::Look() {
  std::lock_guard<std::mutex> lock(store->loader().mutex);
  sql::Database* database = store->loader().database.get();
  sql::Transaction transaction(database, sql::Transaction::Kind::kRead);
  if (!transaction.status().ok()) return transaction.status();
  const absl::StatusOr<Revision> revision = RevisionTable(database, *store, options.tenant).Read();
  if (!revision.ok()) return revision.status();
  return CatchUp(database, *revision);
}

absl::Status Catalog::Impl::CatchUp(sql::Database* database, const Revision& revision) {
  const std::shared_ptr<const Snapshot> before = snapshots.Get();
  const auto version = static_cast<uint64_t>(revision.number);
  if (before != nullptr && before->version() == version) return absl::OkStatus();
  if (before == nullptr && revision.number == 0) {
    // Nothing that is priced was ever entered: accounts that only look cost no reading.
    Publish(Snapshot::Empty(), revision.changed_ns);
    return absl::OkStatus();
  }
  absl::StatusOr<std::shared_ptr<const Snapshot>> next = absl::InvalidArgumentError("there is none before");
  if (before != nullptr && before->version() < version) {
    const auto log =
        ChangeLog(database, options.tenant).Since(static_cast<int64_t>(before->version()), revision.number);
    if (!log.ok()) return log.status();
    if (*log) next = NextSnapshot(database, options.tenant, *before, version, **log);
  }
  // The log may not reach back, or say that all was replaced.
  if (next.status().code() == absl::StatusCode::kInvalidArgument) {
    next = LoadSnapshot(database, options.tenant, version);
  }
  if (!next.ok()) return next.status();
  Publish(*std::move(next), revision.changed_ns);
  return absl::OkStatus();
}

void Catalog::Impl::Publish(std::shared_ptr<const Snapshot> snapshot, int64_t changed_at_ns) {
  const bool first = snapshots.Get() == nullptr;
  changed_ns.store(changed_at_ns);
  snapshots.Set(std::move(snapshot));
  if (!first && options.on_published) options.on_published();
}

absl::Status CheckWritable(const Catalog::Impl& impl) {
  if (!impl.options.read_only) return absl::OkStatus();
  return Refuse(absl::StatusCode::kFailedPrecondition, "READ_ONLY_CATALOG",
                "the catalog is read from files; start costsd with --store");
}

Change::Change(Catalog::Impl* impl, Right right) : impl_(impl) {
  if (right != Right::kEvenIfReadOnly) status_ = CheckWritable(*impl);
  if (!status_.ok()) return;
  publishing_ = std::unique_lock<std::mutex>(impl->publishing);
  lock_ = std::unique_lock<std::mutex>(impl->store->writer().mutex);
  transaction_.emplace(database());
  absl::Status begun = transaction_->status();
  if (begun.ok() && impl->store->shared()) begun = CatchUp();
  if (!begun.ok()) status_ = StoreRefusal(begun);
  before_ = impl->snapshots.Get();
}

absl::Status Change::CatchUp() {
  const absl::StatusOr<Revision> revision = RevisionTable(database(), *impl_->store, tenant()).Lock();
  return revision.ok() ? impl_->CatchUp(database(), *revision) : revision.status();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> Change::Next() {
  if (content) return Snapshot::Create(next_version(), *std::move(content));
  const bool touches_snapshot = !parts.locations.empty() || !parts.removed_locations.empty() ||
                                !parts.elements.empty() || !parts.removed_elements.empty() || !parts.market.empty() ||
                                !parts.carbon.empty();
  if (!touches_snapshot) return before_;
  return before_->With(next_version(), parts);
}

absl::Status Change::WriteRevision(const Revision& revision, const std::vector<LoggedChange>& log, int64_t token) {
  const absl::Status written = RevisionTable(database(), *impl_->store, tenant()).Write(revision);
  if (!written.ok() || !impl_->store->shared()) return written;
  return ChangeLog(database(), tenant()).Append(revision.number, token, log);
}

absl::Status Change::FindOut(int64_t revision, int64_t token) {
  constexpr int kTries = 20;
  constexpr absl::Duration kPause = absl::Milliseconds(100);
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) absl::SleepFor(kPause);
    transaction_.reset();
    transaction_.emplace(database());
    if (!transaction_->status().ok()) continue;
    // The database may be at it still: then this waits.
    if (!RevisionTable(database(), *impl_->store, tenant()).Lock().ok()) continue;
    const absl::StatusOr<bool> made = ChangeLog(database(), tenant()).Has(revision, token);
    if (made.ok()) return *made ? absl::OkStatus() : absl::UnavailableError("the connection was lost");
  }
  return absl::UnknownError("the connection was lost");
}

absl::Status Change::Commit(absl::string_view blamed) {
  const bool everything = content.has_value();
  absl::StatusOr<std::shared_ptr<const Snapshot>> next = Next();
  if (!next.ok()) {
    if (next.status().code() != absl::StatusCode::kInvalidArgument) return next.status();
    return Invalid({{std::string(blamed), absl::StrCat("cannot be priced: ", next.status().message())}});
  }
  const bool changed = *next != before_;
  const Revision revision = {static_cast<int64_t>((*next)->version()), absl::ToUnixNanos(impl_->Now())};
  const int64_t token = database()->NewKey().value_or(0);
  if (changed) {
    std::vector<LoggedChange> log;
    if (impl_->store->shared()) log = everything ? std::vector<LoggedChange>{{}} : LogOf(*before_, parts);
    const absl::Status written = WriteRevision(revision, log, token);
    if (!written.ok()) return StoreRefusal(written);
  }
  absl::Status committed = transaction_->Commit();
  if (changed && committed.code() == absl::StatusCode::kUnknown) committed = FindOut(revision.number, token);
  if (!committed.ok()) return StoreRefusal(committed);
  if (changed) impl_->Publish(*std::move(next), revision.changed_ns);
  // Nobody need wait while the answer is made.
  transaction_.reset();
  lock_.unlock();
  publishing_.unlock();
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const engine::TariffElement>> MakeElement(const Change& change,
                                                                         const pb::TariffElement& element) {
  ElementParts parts;
  if (element.market_rates()) {
    parts.market = change.snapshot().FindMarket(element.market_series());
    if (parts.market == nullptr) {
      return Refuse(absl::StatusCode::kNotFound, "MARKET_SERIES_NOT_FOUND",
                    absl::StrCat("there is no market series ", Quoted(element.market_series()),
                                 " in this account; upload its prices first"));
    }
    if (parts.market->currency_code() != element.currency_code()) {
      return Invalid(
          {{"market_series", absl::StrCat("is in ", parts.market->currency_code(), ", but the element is in ",
                                          element.currency_code(), "; both must have the same currency")}});
    }
  }
  if (!element.special_day_calendar().empty()) {
    pb::SpecialDayCalendar calendar;
    const absl::StatusOr<StoredDocument> stored =
        Find(change.database(), change.tenant(), element.special_day_calendar(), &calendar);
    if (!stored.ok()) return stored.status();
    auto built = BuildCalendar(calendar);
    if (!built.ok()) return built.status();
    parts.special_days = *std::move(built);
  }
  return BuildElement(element, parts);
}

}  // namespace costs::catalog
