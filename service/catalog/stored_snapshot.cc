#include "service/catalog/stored_snapshot.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/catalog_calls.h"
#include "service/catalog/catalog_impl.h"
#include "service/catalog/documents.h"
#include "service/catalog/series_table.h"

namespace costs::catalog {
namespace {

// Reads all that a store has of a tenant.
class Loader {
 public:
  Loader(sql::Database* database, const Tenant& tenant) : database_(database), tenant_(tenant) {}

  absl::StatusOr<CatalogContent> Run() {
    SeriesTable series(database_, tenant_);
    auto market = series.Market();
    if (!market.ok()) return market.status();
    auto carbon = series.Carbon();
    if (!carbon.ok()) return carbon.status();
    content_.carbon = *std::move(carbon);
    for (const auto& one : *market) market_.emplace(one->id(), one);
    content_.market = *std::move(market);
    absl::Status status = Each<pb::SpecialDayCalendar>([this](const auto& document) { return Add(document); });
    if (status.ok()) status = Each<pb::TariffElement>([this](const auto& document) { return Add(document); });
    if (status.ok()) status = Each<pb::Location>([this](const auto& document) { return Add(document); });
    if (!status.ok()) return status;
    return std::move(content_);
  }

 private:
  template <typename Document, typename Adder>
  absl::Status Each(Adder add) {
    const DocumentKind& kind = KindOf<Document>();
    return DocumentTable(database_, kind.table, tenant_).VisitAll([&](const StoredDocument& stored) {
      Document document;
      absl::Status status = Parse(stored, &document);
      if (status.ok()) status = add(document);
      if (status.ok()) return status;
      return absl::DataLossError(absl::StrCat(kind.noun, " ", stored.id, ": ", status.message()));
    });
  }

  absl::Status Add(const pb::SpecialDayCalendar& document) {
    auto calendar = BuildCalendar(document);
    if (calendar.ok()) calendars_.emplace(document.id(), *std::move(calendar));
    return calendar.status();
  }

  absl::Status Add(const pb::TariffElement& document) {
    ElementParts parts;
    auto market = market_.find(document.market_series());
    if (document.market_rates() && market != market_.end()) parts.market = market->second;
    auto calendar = calendars_.find(document.special_day_calendar());
    if (calendar != calendars_.end()) parts.special_days = calendar->second;
    auto element = BuildElement(document, parts);
    if (element.ok()) content_.elements.push_back(*std::move(element));
    return element.status();
  }

  absl::Status Add(const pb::Location& document) {
    content_.locations.push_back(SpecOf(document));
    return absl::OkStatus();
  }

  sql::Database* const database_;
  const Tenant& tenant_;
  CatalogContent content_;
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::MarketSeries>> market_;
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::SpecialDayCalendar>> calendars_;
};

// Makes of the entries of a log what they stand for.
class Reader {
 public:
  Reader(sql::Database* database, const Tenant& tenant, const Snapshot& before)
      : database_(database), tenant_(tenant), before_(before), series_(database, tenant) {}

  absl::StatusOr<std::shared_ptr<const Snapshot>> Run(uint64_t version, const std::vector<LoggedChange>& log) {
    for (const LoggedChange& entry : log) Sort(entry);
    absl::Status status = ReadSeries();
    if (status.ok()) status = ReadElements();
    if (status.ok()) status = ReadLocations();
    if (!status.ok()) return status;
    CatalogChange first;
    for (const std::string& id : removed_elements_) {
      if (made_again_.contains(id)) first.removed_elements.push_back(id);
    }
    if (first.removed_elements.empty()) return before_.With(version, change_);
    // One that was removed and made again is on no list that it was on before.
    const auto without = before_.With(version, first);
    if (!without.ok()) return without.status();
    return (*without)->With(version, change_);
  }

 private:
  void Sort(const LoggedChange& entry) {
    switch (entry.touched) {
      case Touched::kLocation:
        locations_.insert(entry.id);
        return;
      case Touched::kElement:
        elements_.insert(entry.id);
        return;
      case Touched::kRemovedElement:
        elements_.insert(entry.id);
        removed_elements_.insert(entry.id);
        return;
      case Touched::kMarketSeries:
        Join(entry, &market_);
        return;
      case Touched::kCarbonSeries:
        Join(entry, &carbon_);
        return;
      case Touched::kEverything:
        break;
    }
    everything_ = true;
  }

  using Hulls = absl::btree_map<std::string, engine::Interval>;

  static void Join(const LoggedChange& entry, Hulls* hulls) {
    auto [hull, is_new] = hulls->emplace(entry.id, entry.interval);
    if (is_new) return;
    hull->second.start = std::min(hull->second.start, entry.interval.start);
    hull->second.end = std::max(hull->second.end, entry.interval.end);
  }

  static bool Same(const engine::MarketPrice& a, const engine::MarketPrice& b) {
    return a.interval == b.interval && a.per_kwh == b.per_kwh;
  }
  static bool Same(const engine::CarbonIntensity& a, const engine::CarbonIntensity& b) {
    return a.interval == b.interval && a.forecast == b.forecast && a.actual == b.actual;
  }

  absl::Status ReadSeries() {
    if (everything_) return absl::InvalidArgumentError("the log says that everything changed");
    for (const auto& [id, hull] : market_) {
      auto series = NextSeries(
          before_.FindMarket(id), hull, [&] { return series_.Prices(id, hull); },
          [&] { return series_.FindMarket(id); },
          [](const engine::MarketSeries& s, const engine::Interval& interval) { return s.PricesIn(interval); });
      if (!series.ok()) return series.status();
      change_.market.push_back(*std::move(series));
    }
    for (const auto& [region, hull] : carbon_) {
      auto series = NextSeries(
          before_.FindCarbon(region), hull, [&] { return series_.Intensities(region, hull); },
          [&] { return series_.FindCarbon(region); },
          [](const engine::CarbonSeries& s, const engine::Interval& interval) { return s.IntensitiesIn(interval); });
      if (!series.ok()) return series.status();
      change_.carbon.push_back(*std::move(series));
    }
    return absl::OkStatus();
  }

  // The known series with what the store has in the interval; or all of it, where
  // that is not the same, as it is not where entries were replaced more than once.
  template <typename Series, typename ReadPart, typename ReadAll, typename EntriesIn>
  absl::StatusOr<std::shared_ptr<const Series>> NextSeries(const std::shared_ptr<const Series>& known,
                                                           const engine::Interval& hull, ReadPart read_part,
                                                           ReadAll read_all, EntriesIn entries_in) {
    if (known != nullptr) {
      const auto part = read_part();
      if (!part.ok()) return part.status();
      absl::StatusOr<Series> next = known->With(*part, nullptr);
      if (next.ok()) {
        const auto result = entries_in(*next, hull);
        const bool same = std::equal(result.begin(), result.end(), part->begin(), part->end(),
                                     [](const auto& a, const auto& b) { return Same(a, b); });
        if (same) return std::make_shared<const Series>(*std::move(next));
      }
    }
    absl::StatusOr<std::shared_ptr<const Series>> all = read_all();
    if (all.ok() && *all == nullptr) return absl::InvalidArgumentError("the log names a series that is not there");
    return all;
  }

  absl::Status ReadElements() {
    for (const std::string& id : elements_) {
      const auto stored = DocumentTable(database_, KindOf<pb::TariffElement>().table, tenant_).Find(id);
      if (!stored.ok()) return stored.status();
      if (!*stored) {
        change_.removed_elements.push_back(id);
        continue;
      }
      made_again_.insert(id);
      pb::TariffElement document;
      if (absl::Status status = Parse(**stored, &document); !status.ok()) return status;
      ElementParts parts;
      if (document.market_rates()) parts.market = FindMarket(document.market_series());
      if (!document.special_day_calendar().empty()) {
        auto calendar = FindCalendar(document.special_day_calendar());
        if (!calendar.ok()) return calendar.status();
        parts.special_days = *std::move(calendar);
      }
      auto element = BuildElement(document, parts);
      if (!element.ok()) return element.status();
      change_.elements.push_back(*std::move(element));
    }
    return absl::OkStatus();
  }

  std::shared_ptr<const engine::MarketSeries> FindMarket(const std::string& id) const {
    for (const auto& series : change_.market) {
      if (series->id() == id) return series;
    }
    return before_.FindMarket(id);
  }

  absl::StatusOr<std::shared_ptr<const engine::SpecialDayCalendar>> FindCalendar(const std::string& id) {
    auto known = calendars_.find(id);
    if (known != calendars_.end()) return known->second;
    pb::SpecialDayCalendar document;
    const absl::StatusOr<StoredDocument> stored = Find(database_, tenant_, id, &document);
    if (!stored.ok()) return stored.status();
    auto calendar = BuildCalendar(document);
    if (calendar.ok()) calendars_.emplace(id, *calendar);
    return calendar;
  }

  absl::Status ReadLocations() {
    for (const std::string& id : locations_) {
      const auto stored = DocumentTable(database_, KindOf<pb::Location>().table, tenant_).Find(id);
      if (!stored.ok()) return stored.status();
      if (!*stored) {
        change_.removed_locations.push_back(id);
        continue;
      }
      pb::Location document;
      if (absl::Status status = Parse(**stored, &document); !status.ok()) return status;
      change_.locations.push_back(SpecOf(document));
    }
    return absl::OkStatus();
  }

  sql::Database* const database_;
  const Tenant& tenant_;
  const Snapshot& before_;
  SeriesTable series_;
  bool everything_ = false;
  absl::btree_set<std::string> locations_, elements_, removed_elements_;
  absl::btree_set<std::string> made_again_;  // of `elements_`: those that are there
  Hulls market_, carbon_;
  CatalogChange change_;
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::SpecialDayCalendar>> calendars_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> LoadSnapshot(sql::Database* database, const Tenant& tenant,
                                                             uint64_t version) {
  absl::StatusOr<CatalogContent> content = Loader(database, tenant).Run();
  if (!content.ok()) return content.status();
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = Snapshot::Create(version, *std::move(content));
  if (!snapshot.ok()) return absl::DataLossError(snapshot.status().message());
  return snapshot;
}

absl::StatusOr<std::shared_ptr<const Snapshot>> NextSnapshot(sql::Database* database, const Tenant& tenant,
                                                             const Snapshot& before, uint64_t version,
                                                             const std::vector<LoggedChange>& log) {
  return Reader(database, tenant, before).Run(version, log);
}

}  // namespace costs::catalog
