#include "service/records/repricer.h"

#include <algorithm>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace costs::records {

Repricer::Repricer(Options options) : options_(std::move(options)) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Tenant& tenant : options_.tenants) PlaceOf(tenant);
  }
  thread_ = std::thread([this] { Run(); });
}

Repricer::~Repricer() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Repricer::Changed(const Tenant& tenant) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Place* const place = PlaceOf(tenant);
    place->changed = true;
    if (place->waiting && !place->failed) Schedule(place, std::min(place->due, Clock::now()));
  }
  wake_.notify_all();
}

Repricer::Place* Repricer::PlaceOf(const Tenant& tenant) {
  std::unique_ptr<Place>& place = places_[std::make_pair(tenant.account_id, tenant.live_mode)];
  if (place != nullptr) return place.get();
  TenantRepricer::Options options;
  options.tenant = tenant;
  options.store = options_.store;
  options.catalogs = options_.catalogs;
  options.now = options_.now;
  options.log = [this](absl::string_view line) { options_.log(line); };
  options.stopping = [this] { return stopping(); };
  options.locations_per_page = options_.locations_per_page;
  options.records_per_batch = options_.records_per_batch;
  place = std::make_unique<Place>();
  place->worker = std::make_unique<TenantRepricer>(std::move(options));
  place->wait = options_.first_wait;
  Schedule(place.get(), Clock::now());
  return place.get();
}

void Repricer::Schedule(Place* place, Clock::time_point due) {
  if (place->waiting) agenda_.erase({place->due, place});
  place->due = due;
  place->waiting = true;
  agenda_.insert({due, place});
}

absl::Duration Repricer::Poll() const {
  const auto tenants = static_cast<int64_t>(places_.size());
  return std::max(options_.poll, absl::Seconds(1) * tenants / options_.most_polls_per_second);
}

RepricingProgress Repricer::progress() const {
  std::lock_guard<std::mutex> lock(mutex_);
  RepricingProgress sum;
  sum.failures = failures_;
  for (const auto& [tenant, place] : places_) {
    const RepricingProgress one = place->worker->progress();
    sum.catalog_version += one.catalog_version;
    sum.marked_version += one.marked_version;
    sum.stale_locations += one.stale_locations;
    sum.records_checked += one.records_checked;
    sum.records_repriced += one.records_repriced;
    if (!one.running_since) continue;
    sum.running_since = sum.running_since ? std::min(*sum.running_since, *one.running_since) : one.running_since;
  }
  return sum;
}

bool Repricer::stopping() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return stop_;
}

void Repricer::Run() {
  while (Place* const place = NextTurn()) TakeTurn(place);
}

Repricer::Place* Repricer::NextTurn() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    if (stop_) return nullptr;
    if (agenda_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto [due, place] = *agenda_.begin();
    if (due > Clock::now()) {
      wake_.wait_until(lock, due);
      continue;
    }
    agenda_.erase(agenda_.begin());
    place->waiting = false;
    place->failed = false;
    place->changed = false;
    return place;
  }
}

void Repricer::TakeTurn(Place* place) {
  const Clock::time_point end = Clock::now() + absl::ToChronoNanoseconds(options_.turn);
  const absl::StatusOr<bool> worked = place->worker->Work([end] { return Clock::now() >= end; });
  absl::Duration pause = absl::ZeroDuration();
  if (worked.ok()) {
    place->wait = options_.first_wait;
    if (!place->failure.empty()) told_failure_.clear();
    place->failure.clear();
  } else {
    // A store that is down says the same again and again, of all tenants.
    if (place->failure != worked.status().message() && told_failure_ != worked.status().message()) {
      told_failure_ = std::string(worked.status().message());
      options_.log(absl::StrCat("re-pricing waits for the store and tries again: ", told_failure_));
    }
    place->failure = std::string(worked.status().message());
    pause = std::exchange(place->wait, std::min(2 * place->wait, options_.longest_wait));
  }
  std::lock_guard<std::mutex> lock(mutex_);
  if (!worked.ok()) {
    ++failures_;
    place->failed = true;
  } else if (!*worked && !place->changed) {
    pause = Poll();
  }
  Schedule(place, Clock::now() + absl::ToChronoNanoseconds(pause));
}

}  // namespace costs::records
