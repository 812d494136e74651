#include "service/records/tenant_repricer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/calculator/calculator.h"
#include "service/engine/tier_window.h"
#include "service/records/stored_record.h"

namespace costs::records {
namespace {

using catalog::Location;
using catalog::PriceChanges;
using engine::Interval;

constexpr Interval kAlways{engine::kEarliest, engine::kLatest};
// How many stale locations to read at a time.
constexpr int kStaleLocations = 1000;

RevisionCause CauseOf(const PriceChanges& changes) {
  RevisionCause cause = RevisionCause::kIntensityChanged;
  for (const auto& change : changes.prices) {
    if (!change) continue;
    if (!change->by_market) return RevisionCause::kTariffChanged;
    cause = RevisionCause::kMarketPriceChanged;
  }
  return cause;
}

bool SameMoney(const Figures& a, const Figures& b) {
  return a.currency_code == b.currency_code && a.tariff.has_value() == b.tariff.has_value() &&
         (!a.tariff || (a.tariff->micros == b.tariff->micros && a.tariff->confidence == b.tariff->confidence));
}

bool SameCarbon(const Figures& a, const Figures& b) {
  return a.carbon.has_value() == b.carbon.has_value() &&
         (!a.carbon || (a.carbon->milligrams == b.carbon->milligrams && a.carbon->confidence == b.carbon->confidence));
}

// Marks of several changes are joined under one cause; the figures tell which of
// them it was.
RevisionCause CauseOf(const StaleRecords& stale, const Figures& before, const Figures& after) {
  if (SameMoney(before, after) && !SameCarbon(before, after)) return RevisionCause::kIntensityChanged;
  // No intensity changes a cost.
  return stale.cause == RevisionCause::kIntensityChanged ? RevisionCause::kUsageChanged : stale.cause;
}

// Whether the record counts towards the tiers of others as it did.
bool CountsAlike(const Figures& a, const Figures& b) {
  if (a.tier_windows_end != b.tier_windows_end) return false;
  if (b.tier_windows_end.ns == 0) return true;
  return a.first_day == b.first_day && a.energy_nwh == b.energy_nwh &&
         std::equal(a.days.begin(), a.days.end(), b.days.begin(), b.days.end(),
                    [](const calculator::DayPart& x, const calculator::DayPart& y) {
                      return x.day == y.day && x.energy_nwh == y.energy_nwh;
                    });
}

// With what follows in the windows that the interval touches. Of a record that was
// stored while its price list had no tiers the store cannot tell whose tiers it
// counts towards; by now it may even be gone.
Interval WithTierWindows(Interval interval, const Location& location) {
  const engine::Instant last{interval.end.ns - 1};
  if (interval.end >= engine::kLatest) return interval;
  for (const engine::PriceTimeline* prices : location.prices) {
    if (prices == nullptr) continue;
    for (const engine::TierWindow& window : prices->windows()) {
      interval.end = std::max(interval.end, engine::WindowAt(window, prices->zone(), last).interval.end);
    }
  }
  return interval;
}

RecordPosition PositionOf(const StoredRecord& record) {
  return {record.request.interval.start.ns / engine::kNanosPerSecond, record.id};
}

}  // namespace

TenantRepricer::TenantRepricer(Options options)
    : options_(std::move(options)), calculator_(&pricing_, options_.now, {}, &options_.store->usage()) {}

RepricingProgress TenantRepricer::progress() const {
  const SnapshotPtr snapshot = options_.catalogs->Find(options_.tenant.account_id, options_.tenant.live_mode);
  std::lock_guard<std::mutex> lock(mutex_);
  RepricingProgress progress = progress_;
  progress.catalog_version = snapshot == nullptr ? 0 : snapshot->version();
  return progress;
}

void TenantRepricer::Log(const std::string& text) const {
  options_.log(absl::StrCat(text, " (", options_.tenant.account_id, options_.tenant.live_mode ? ", live)" : ", test)"));
}

absl::StatusOr<bool> TenantRepricer::Work(const std::function<bool()>& enough) {
  const absl::StatusOr<bool> worked = Look(enough);
  if (worked.ok() && !*worked) End();
  return worked;
}

absl::StatusOr<bool> TenantRepricer::Look(const std::function<bool()>& enough) {
  const auto current = [this] {
    return options_.catalogs->Find(options_.tenant.account_id, options_.tenant.live_mode);
  };
  const SnapshotPtr now = current();
  if (now == nullptr) return false;
  const absl::StatusOr<bool> may = options_.store->MayReprice(options_.tenant);
  if (!may.ok()) return may.status();
  if (!*may) return false;
  const absl::StatusOr<StaleCount> count = options_.store->CountStale(options_.tenant);
  if (!count.ok()) return count.status();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    progress_.stale_locations = count->locations;
    progress_.marked_version = count->marked_version;
  }
  // Another replica is ahead of this one.
  if (now->version() < count->marked_version) return false;
  if (now->version() > count->marked_version) {
    if (absl::Status status = Mark(now, count->marked_version); !status.ok()) return status;
    return true;
  }
  marked_ = now;
  if (count->locations == 0) return false;
  pricing_.Set(now);
  Begin();
  if (under_way_ && under_way_->snapshot != now) under_way_.reset();
  if (under_way_) {
    const absl::StatusOr<bool> done = Reprice(enough);
    if (!done.ok()) return done.status();
    if (!*done || enough()) return true;
  }
  const absl::StatusOr<std::vector<StaleRecords>> stale = options_.store->Stale(options_.tenant, kStaleLocations);
  if (!stale.ok()) return stale.status();
  for (const StaleRecords& of_location : *stale) {
    Start(of_location);
    const absl::StatusOr<bool> done = Reprice(enough);
    if (!done.ok()) return done.status();
    // What changed meanwhile is marked before more is priced on what was.
    if (!*done || enough() || options_.stopping() || current() != now) break;
  }
  return !stale->empty();
}

// ---- marking ----------------------------------------------------------------

absl::Status TenantRepricer::Mark(const SnapshotPtr& now, uint64_t marked_version) {
  // From here on records that were priced on what was are marked by the store.
  if (absl::Status status = options_.store->Barrier(); !status.ok()) return status;
  if (marked_version == 0) {
    // For the store, which heeds it, a version is marked from the beginning; which
    // records there are was priced on whatever came before.
    marked_version = 1;
    if (absl::Status status = options_.store->MarkStale(options_.tenant, {}, marked_version); !status.ok()) {
      return status;
    }
    if (now->version() == marked_version) {
      marked_ = now;
      return absl::OkStatus();
    }
  }
  const bool known = marked_ != nullptr && marked_->version() == marked_version;
  const SnapshotPtr before = known ? marked_ : nullptr;
  catalog::PriceComparison comparison;
  int64_t locations = 0, marked = 0;
  for (std::string after;;) {
    if (options_.stopping()) return absl::OkStatus();
    const absl::StatusOr<std::vector<std::string>> page =
        options_.store->Locations(options_.tenant, after, options_.locations_per_page);
    if (!page.ok()) return page.status();
    absl::StatusOr<std::vector<StaleRecords>> stale = Compare(before.get(), *now, *page, &comparison);
    if (!stale.ok()) return stale.status();
    locations += static_cast<int64_t>(page->size());
    marked += static_cast<int64_t>(stale->size());
    const bool last = static_cast<int>(page->size()) < options_.locations_per_page;
    if (last || !stale->empty()) {
      const std::optional<uint64_t> version = last ? std::optional<uint64_t>(now->version()) : std::nullopt;
      if (absl::Status status = options_.store->MarkStale(options_.tenant, *stale, version); !status.ok()) {
        return status;
      }
    }
    if (last) break;
    after = page->back();
  }
  marked_ = now;
  if (marked == 0) return absl::OkStatus();
  Begin();
  told_ = true;
  Log(absl::StrCat("re-pricing after catalog version ", now->version(), ": records of ", marked, " of ", locations,
                   " locations", known ? " are touched" : " are all checked, for what the catalog was is not known"));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StaleRecords>> TenantRepricer::Compare(const catalog::Snapshot* before,
                                                                  const catalog::Snapshot& now,
                                                                  const std::vector<std::string>& locations,
                                                                  catalog::PriceComparison* comparison) {
  std::vector<StaleRecords> stale;
  for (const std::string& id : locations) {
    const Location* location = now.FindLocation(id);
    if (location == nullptr) continue;
    if (before == nullptr) {
      stale.push_back({id, kAlways, RevisionCause::kTariffChanged, 0});
      continue;
    }
    const PriceChanges changes = comparison->Compare(before->FindLocation(id), location);
    if (!changes.any()) continue;
    StaleRecords touched{id, changes.hull(), CauseOf(changes), 0};
    // Prices of tomorrow touch no record: a look costs less than a mark.
    const absl::StatusOr<std::vector<StoredRecord>> some =
        options_.store->ListToReprice(options_.tenant, id, touched.interval, std::nullopt, 1);
    if (!some.ok()) return some.status();
    if (!some->empty()) stale.push_back(std::move(touched));
  }
  return stale;
}

// ---- pricing ----------------------------------------------------------------

void TenantRepricer::Start(const StaleRecords& stale) {
  const Location* const location = marked_->FindLocation(stale.location_id);
  const Interval interval = location == nullptr ? stale.interval : WithTierWindows(stale.interval, *location);
  under_way_ = UnderWay{stale, interval, std::nullopt, false, marked_};
}

absl::StatusOr<bool> TenantRepricer::Reprice(const std::function<bool()>& enough) {
  const StaleRecords& stale = under_way_->stale;
  while (marked_->FindLocation(stale.location_id) != nullptr) {
    absl::StatusOr<std::vector<StoredRecord>> page = options_.store->ListToReprice(
        options_.tenant, stale.location_id, under_way_->interval, under_way_->position, options_.records_per_batch);
    if (!page.ok()) return page.status();
    const bool last = static_cast<int>(page->size()) < options_.records_per_batch;
    if (!page->empty()) {
      const RecordPosition position = PositionOf(page->back());
      const absl::StatusOr<bool> moved = RepriceBatch(stale, *std::move(page));
      if (!moved.ok()) return moved.status();
      under_way_->position = position;
      under_way_->moved = under_way_->moved || *moved;
    }
    if (last) {
      if (!under_way_->moved) break;
      // Once more where records came to count otherwise: what was priced, or what was
      // deleted and so marked nothing, while they did not yet, depends on it.
      under_way_->position.reset();
      under_way_->moved = false;
    }
    if (options_.stopping() || enough()) return false;
  }
  if (absl::Status status = options_.store->ClearStale(options_.tenant, stale); !status.ok()) return status;
  under_way_.reset();
  std::lock_guard<std::mutex> lock(mutex_);
  progress_.stale_locations = std::max<int64_t>(0, progress_.stale_locations - 1);
  return true;
}

absl::StatusOr<bool> TenantRepricer::RepriceBatch(const StaleRecords& stale, std::vector<StoredRecord> records) {
  std::vector<calculator::Submission> submissions;
  submissions.reserve(records.size());
  for (const StoredRecord& record : records) submissions.push_back(SubmissionOf(record.request));
  std::vector<calculator::Outcome> outcomes(records.size());
  calculator::Batch batch;
  batch.caller.account_id = options_.tenant.account_id;
  batch.caller.live_mode = options_.tenant.live_mode;
  batch.options.for_storage = true;
  batch.options.keep_unpriced = true;
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(outcomes);
  calculator_.Calculate(&batch, [] {});

  bool moved = false;
  std::vector<StoredRecord> changed;
  for (size_t i = 0; i < records.size(); ++i) {
    if (!outcomes[i].ok()) {
      const calculator::Failure& failure = *outcomes[i].failure;
      if (failure.code == absl::StatusCode::kInvalidArgument || failure.code == absl::StatusCode::kNotFound) continue;
      return absl::Status(failure.code, failure.message);
    }
    Revision& revision = records[i].revision;
    Figures figures = FiguresOf(outcomes[i].record);
    if (SameFigures(revision.figures, figures)) continue;
    moved = moved || !CountsAlike(revision.figures, figures);
    revision.cause = CauseOf(stale, revision.figures, figures);
    revision.catalog_version = batch.catalog_version;
    revision.priced_ns = absl::ToUnixNanos(batch.time_created);
    revision.figures = std::move(figures);
    changed.push_back(std::move(records[i]));
  }
  if (!changed.empty()) {
    if (absl::Status status = options_.store->Reprice(options_.tenant, changed); !status.ok()) return status;
  }
  std::lock_guard<std::mutex> lock(mutex_);
  progress_.records_checked += static_cast<int64_t>(records.size());
  progress_.records_repriced += static_cast<int64_t>(changed.size());
  return moved;
}

// ---- what is told of it -----------------------------------------------------

void TenantRepricer::Begin() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (progress_.running_since) return;
  progress_.running_since = options_.now();
  at_beginning_ = progress_;
}

void TenantRepricer::End() {
  RepricingProgress progress;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!progress_.running_since) return;
    progress = progress_;
    progress_.running_since.reset();
  }
  // Late records make little work, many times a day.
  if (!std::exchange(told_, false)) return;
  Log(absl::StrCat("re-pricing is done up to catalog version ", progress.marked_version, ": ",
                   progress.records_repriced - at_beginning_.records_repriced, " of ",
                   progress.records_checked - at_beginning_.records_checked,
                   " records checked cost something else, in ",
                   absl::FormatDuration(absl::Trunc(options_.now() - *progress.running_since, absl::Milliseconds(1)))));
}

}  // namespace costs::records
