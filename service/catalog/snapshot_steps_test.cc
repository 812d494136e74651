// Snapshots made in steps (With): the same answers as one made at once of the
// same content, old ones as they were, and no more made anew than what changed.
#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/utc_year.h"

namespace costs::catalog {
namespace {

using engine::CarbonSeries;
using engine::Instant;
using engine::Interval;
using engine::MarketPrice;
using engine::MarketSeries;
using engine::TariffElement;
using engine::TariffRate;
using engine::Timeline;
using engine::testing::At;
using engine::testing::Between;
using engine::testing::D;
using engine::testing::Flat;
using ::testing::HasSubstr;

constexpr TariffRate kRates[] = {TariffRate::kImport, TariffRate::kExport, TariffRate::kLocal};
constexpr int64_t kDay = 86'400;
const int64_t kFirstDay = At("2021-12-20T00:00:00Z").ns / engine::kNanosPerDay;

std::shared_ptr<const MarketSeries> Market(const std::string& id, const std::vector<MarketPrice>& prices) {
  return std::make_shared<const MarketSeries>(*MarketSeries::Create(id, "GBP", prices));
}

std::shared_ptr<TariffElement> Element(const std::string& id, const std::string& per_kwh) {
  engine::testing::ElementSpec spec = Flat(per_kwh);
  spec.id = id;
  return std::make_shared<TariffElement>(*engine::testing::Build(spec));
}

std::shared_ptr<TariffElement> Following(const std::string& id, std::shared_ptr<const MarketSeries> market) {
  std::shared_ptr<TariffElement> element = Element(id, "0");
  element->schedule = nullptr;
  element->market = std::move(market);
  return element;
}

// ---- the same as made at once ----------------------------------------------

// Figures at the finest scale, so that those of timelines of different scales compare.
std::string TextOf(const Timeline::Integral& integral, int scale) {
  if (!integral.known) return absl::StrCat("gap ", integral.gap.ns);
  engine::Int128 area = integral.area;
  for (; scale < Timeline::kMaxScale; ++scale) area *= 10;
  return absl::StrCat(static_cast<int64_t>(area / 1'000'000'000'000'000), "|",
                      static_cast<int64_t>(area % 1'000'000'000'000'000), "@", integral.confidence);
}

const std::vector<Interval>& Probes() {
  static const auto* const probes = new std::vector<Interval>{
      Between("2021-12-22T12:00:00Z", "2021-12-22T13:00:00Z"), Between("2021-12-31T18:00:00Z", "2022-01-01T05:00:00Z"),
      Between("2022-01-05T00:00:00Z", "2022-01-06T00:00:00Z"), Between("2021-12-20T00:00:00Z", "2022-01-10T00:00:00Z"),
      Between("2023-06-01T00:00:00Z", "2023-06-02T00:00:00Z")};
  return *probes;
}

constexpr int kLocations = 25;
constexpr int kElements = 12;
constexpr int kSeries = 3;

std::string LocationId(int i) { return absl::StrCat("loc_", i); }
std::string ElementId(int i) { return absl::StrCat("te_", i); }
std::string SeriesId(int i) { return absl::StrCat("market_", i); }
std::string RegionId(int i) { return absl::StrCat("region_", i); }

// Everything that a snapshot can be asked.
std::vector<std::string> Answers(const Snapshot& snapshot) {
  std::vector<std::string> answers = {absl::StrCat(snapshot.location_count(), " ", snapshot.element_count())};
  for (int i = 0; i < kLocations; ++i) {
    std::string answer = LocationId(i);
    const Location* location = snapshot.FindLocation(LocationId(i));
    if (location != nullptr) {
      absl::StrAppend(&answer, " ", location->timezone, " ", location->zone.name(), " ", location->currency_code, " ",
                      location->carbon_region);
      for (const TariffRate rate : kRates) {
        const engine::PriceTimeline* prices = location->PricesFor(rate);
        absl::StrAppend(&answer, "\n  ", static_cast<int>(rate));
        if (prices == nullptr) continue;
        for (const auto& element : prices->elements()) absl::StrAppend(&answer, " ", element->id);
        for (const Interval& probe : Probes()) {
          absl::StrAppend(&answer, " ", TextOf(prices->timeline().Integrate(probe), prices->timeline().scale()));
        }
      }
      if (location->carbon != nullptr) {
        const Timeline& carbon = location->carbon->timeline();
        absl::StrAppend(&answer, "\n  carbon");
        for (const Interval& probe : Probes()) {
          absl::StrAppend(&answer, " ", TextOf(carbon.Integrate(probe), carbon.scale()));
        }
      }
    }
    answers.push_back(answer);
  }
  for (int i = 0; i < kElements; ++i) {
    const auto element = snapshot.FindElement(ElementId(i));
    if (element == nullptr) continue;
    answers.push_back(absl::StrCat(ElementId(i), " ", element->display_name));
    if (element->market == nullptr) continue;
    EXPECT_EQ(element->market, snapshot.FindMarket(element->market->id()));
  }
  for (int i = 0; i < kSeries; ++i) {
    const auto series = snapshot.FindMarket(SeriesId(i));
    const auto carbon = snapshot.FindCarbon(RegionId(i));
    answers.push_back(
        absl::StrCat(i, " ", series == nullptr ? 0 : series->size(), " ", carbon == nullptr ? 0 : carbon->size()));
  }
  return answers;
}

// A catalog as its entries, which a random change is applied to.
class World {
 public:
  explicit World(uint32_t seed) : random_(seed) {}

  int Below(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }

  // Changes the entries and says how.
  CatalogChange Change() {
    CatalogChange change;
    for (int i = 0; i < kSeries; ++i) {
      if (OneIn(3)) change.market.push_back(market_[SeriesId(i)] = NextMarket(SeriesId(i)));
      if (OneIn(4)) change.carbon.push_back(carbon_[RegionId(i)] = NextCarbon(RegionId(i)));
    }
    for (auto& [id, element] : elements_) {
      if (element->market != nullptr) element = WithMarket(*element, market_[element->market->id()]);
    }
    std::set<std::string> removed;
    if (OneIn(3)) removed.insert(ElementId(Below(kElements)));
    for (const std::string& id : removed) {
      change.removed_elements.push_back(id);
      elements_.erase(id);
      for (auto& [name, location] : locations_) {
        auto& list = location.tariff_elements;
        list.erase(std::remove(list.begin(), list.end(), id), list.end());
      }
    }
    for (int i = Below(3); i > 0; --i) {
      const std::string id = ElementId(Below(kElements));
      if (elements_.count(id) != 0 && !OneIn(3)) continue;
      const bool given = std::any_of(change.elements.begin(), change.elements.end(),
                                     [&](const auto& element) { return element->id == id; });
      if (!given) change.elements.push_back(elements_[id] = NewElement(id));
    }
    std::set<int> touched;
    for (int i = Below(4); i > 0; --i) touched.insert(Below(kLocations));
    for (const int i : touched) {
      if (OneIn(4)) {
        change.removed_locations.push_back(LocationId(i));
        locations_.erase(LocationId(i));
      } else {
        change.locations.push_back(locations_[LocationId(i)] = NewLocation(LocationId(i)));
      }
    }
    return change;
  }

  CatalogContent Content() const {
    CatalogContent content;
    for (const auto& [id, location] : locations_) content.locations.push_back(location);
    for (const auto& [id, element] : elements_) content.elements.push_back(element);
    for (const auto& [id, series] : market_) {
      if (series != nullptr) content.market.push_back(series);
    }
    for (const auto& [id, series] : carbon_) content.carbon.push_back(series);
    return content;
  }

 private:
  static std::shared_ptr<const TariffElement> WithMarket(const TariffElement& element,
                                                         std::shared_ptr<const MarketSeries> market) {
    auto remade = std::make_shared<TariffElement>(element);
    remade->market = std::move(market);
    return remade;
  }

  Interval RandomDays() {
    const int64_t start = kFirstDay + Below(24);
    return {{start * engine::kNanosPerDay}, {(start + 1 + Below(6)) * engine::kNanosPerDay}};
  }

  engine::Decimal RandomPrice() { return engine::Decimal::FromUnits(Below(2000) - 500, OneIn(20) ? 5 : 3); }

  std::shared_ptr<const MarketSeries> NextMarket(const std::string& id) {
    std::shared_ptr<const MarketSeries> series = market_[id];
    if (series == nullptr) {
      std::vector<MarketPrice> prices;
      for (int day = 0; day < 24; ++day) {
        const int64_t start = (kFirstDay + day) * kDay;
        prices.push_back({{Instant::FromSeconds(start), Instant::FromSeconds(start + kDay)}, RandomPrice()});
      }
      series = Market(id, prices);
    }
    return std::make_shared<const MarketSeries>(*series->With({{RandomDays(), RandomPrice()}}, nullptr));
  }

  std::shared_ptr<const CarbonSeries> NextCarbon(const std::string& region) {
    std::shared_ptr<const CarbonSeries> series = carbon_[region];
    if (series == nullptr) series = std::make_shared<const CarbonSeries>(*CarbonSeries::Create(region, {}));
    std::optional<engine::Decimal> forecast, actual;
    forecast = engine::Decimal::FromInteger(Below(500));
    if (OneIn(2)) actual = engine::Decimal::FromInteger(Below(500));
    return std::make_shared<const CarbonSeries>(*series->With({{RandomDays(), forecast, actual}}, nullptr));
  }

  std::shared_ptr<const TariffElement> NewElement(const std::string& id) {
    std::shared_ptr<TariffElement> element = Element(id, absl::StrCat("0.", 10 + Below(90)));
    element->display_name = absl::StrCat("of step ", ++made_);
    if (OneIn(2)) {
      element->market = market_[SeriesId(Below(kSeries))];
      if (OneIn(2) && element->market != nullptr) element->schedule = nullptr;
    }
    if (OneIn(5)) element->tariff_rate = kRates[Below(3)];
    if (OneIn(40)) element->currency_code = "EUR";
    if (OneIn(2)) {
      element->supersedes = ElementId(Below(kElements));
      element->contract_start = {(kFirstDay + Below(24)) * engine::kNanosPerDay};
    }
    return element;
  }

  LocationSpec NewLocation(const std::string& id) {
    LocationSpec location{id, OneIn(2) ? "Europe/London" : "Asia/Kathmandu", "GBP", "", {}};
    if (OneIn(60)) location.timezone = "Nowhere";
    if (OneIn(2)) location.carbon_region = RegionId(Below(kSeries + 1));  // the last has no series
    std::set<std::string> list;
    for (const auto& [element, unused] : elements_) {
      if (OneIn(4)) list.insert(element);
    }
    if (OneIn(40)) list.insert("te_nowhere");
    location.tariff_elements = {list.begin(), list.end()};
    return location;
  }

  std::mt19937 random_;
  int made_ = 0;
  std::map<std::string, LocationSpec> locations_;
  std::map<std::string, std::shared_ptr<const TariffElement>> elements_;
  std::map<std::string, std::shared_ptr<const MarketSeries>> market_;
  std::map<std::string, std::shared_ptr<const CarbonSeries>> carbon_;
};

TEST(SnapshotSteps, RandomChanges_EqualASnapshotMadeAtOnce) {
  int accepted = 0, refused = 0;
  for (uint32_t seed = 1; seed <= 25; ++seed) {
    World world(seed);
    std::shared_ptr<const Snapshot> snapshot = *Snapshot::Create(0, {});
    std::vector<std::pair<std::shared_ptr<const Snapshot>, std::vector<std::string>>> old;
    for (uint64_t step = 1; step <= 60; ++step) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << ", step " << step);
      World next = world;
      const CatalogChange change = next.Change();
      const auto whole = Snapshot::Create(step, next.Content());
      const auto with = snapshot->With(step, change);
      ASSERT_EQ(with.ok(), whole.ok()) << "with: " << with.status() << "\nwhole: " << whole.status();
      ++(with.ok() ? accepted : refused);
      // On from where the last good change left off, and with other random numbers.
      if (!with.ok()) {
        EXPECT_EQ(with.status().code(), whole.status().code());
        world.Below(2);
        continue;
      }
      world = next;
      EXPECT_EQ((*with)->version(), step);
      const std::vector<std::string> answers = Answers(**with);
      ASSERT_EQ(answers, Answers(**whole));
      snapshot = *with;
      if (step % 10 == 0) old.emplace_back(snapshot, answers);
    }
    for (const auto& [then, answers] : old) EXPECT_EQ(Answers(*then), answers);
  }
  EXPECT_GT(accepted, 800);
  EXPECT_GT(refused, 100);
}

// ---- no more than what changed ---------------------------------------------

// A thousand series of four years, each followed by an element that a place has.
constexpr int kMarkets = 1000;
constexpr int kYears = 4;

std::vector<MarketPrice> DaysOf(int first_year, int years) {
  std::vector<MarketPrice> prices;
  for (int64_t at = engine::kUtcYearStarts[static_cast<size_t>(first_year - 1970)];
       at < engine::kUtcYearStarts[static_cast<size_t>(first_year + years - 1970)]; at += kDay) {
    prices.push_back({{Instant::FromSeconds(at), Instant::FromSeconds(at + kDay)}, D("0.25")});
  }
  return prices;
}

TEST(SnapshotSteps, UploadOfADay_RebuildsTheYearOfTheSeriesAndNothingElse) {
  CatalogContent content;
  const std::vector<MarketPrice> prices = DaysOf(2020, kYears);
  for (int i = 0; i < kMarkets; ++i) {
    const std::string id = std::to_string(i);
    content.elements.push_back(Following("te_" + id, Market("m_" + id, prices)));
    content.locations.push_back({"loc_" + id, "Europe/London", "GBP", "", {"te_" + id}});
  }
  content.locations.push_back({"loc_same", "Europe/London", "GBP", "", {"te_0"}});
  const auto before = *Snapshot::Create(1, std::move(content));
  auto timeline = [](const Snapshot& snapshot, int i) {
    return &snapshot.FindLocation("loc_" + std::to_string(i))->PricesFor(TariffRate::kImport)->timeline();
  };
  for (int i = 0; i < kMarkets; ++i) {
    for (int year = 2020; year < 2020 + kYears; ++year) {
      timeline(*before, i)
          ->Integrate({At(absl::StrCat(year, "-03-01T00:00:00Z")), At(absl::StrCat(year, "-03-02T00:00:00Z"))});
    }
    ASSERT_EQ(timeline(*before, i)->compiled_years(), kYears);
  }

  // The last day again, of every tenth series.
  CatalogChange change;
  for (int i = 0; i < kMarkets; i += 10) {
    const auto series = before->FindMarket("m_" + std::to_string(i));
    change.market.push_back(
        std::make_shared<const MarketSeries>(*series->With({{prices.back().interval, D("0.75")}}, nullptr)));
  }
  const auto after = *before->With(2, change);
  for (int i = 0; i < kMarkets; ++i) {
    if (i % 10 != 0) {
      ASSERT_EQ(timeline(*after, i), timeline(*before, i)) << i;
      continue;
    }
    EXPECT_EQ(timeline(*after, i)->compiled_years(), kYears - 1) << i;
    const auto& old_chunks = before->FindMarket("m_" + std::to_string(i))->chunks().chunks();
    const auto& new_chunks = after->FindMarket("m_" + std::to_string(i))->chunks().chunks();
    ASSERT_EQ(new_chunks.size(), old_chunks.size());
    for (size_t year = 0; year + 1 < old_chunks.size(); ++year) EXPECT_EQ(new_chunks[year], old_chunks[year]);
    EXPECT_NE(new_chunks.back(), old_chunks.back());
  }
  EXPECT_EQ(after->FindLocation("loc_0"), after->FindLocation("loc_same")) << "alike, and still one";
}

TEST(SnapshotSteps, NewLocation_SharesTheTimelineOfThoseLikeIt) {
  CatalogContent content;
  content.elements = {Element("te_1", "0.3")};
  content.locations = {{"loc_1", "Europe/London", "GBP", "", {"te_1"}}};
  const auto before = *Snapshot::Create(1, std::move(content));
  CatalogChange change;
  change.locations = {{"loc_2", "Europe/London", "GBP", "", {"te_1"}},
                      {"loc_3", "Europe/London", "GBP", "GB", {"te_1"}}};
  const auto after = *before->With(2, change);
  const engine::PriceTimeline* prices = before->FindLocation("loc_1")->PricesFor(TariffRate::kImport);
  for (const char* id : {"loc_1", "loc_2", "loc_3"}) {
    EXPECT_EQ(after->FindLocation(id)->PricesFor(TariffRate::kImport), prices) << id;
  }
  EXPECT_EQ(before->FindLocation("loc_2"), nullptr);
  EXPECT_EQ(before->location_count(), 1u);
  EXPECT_EQ(after->location_count(), 3u);
}

// Without users, groups and timelines go; else a catalog that changes would grow
// for ever.
TEST(SnapshotSteps, ChangesForALongTime_LeaveNothingBehind) {
  std::weak_ptr<const TariffElement> gone;
  std::shared_ptr<const Snapshot> snapshot = *Snapshot::Create(0, {});
  for (uint64_t step = 1; step <= 300; ++step) {
    CatalogChange change;
    const std::string id = absl::StrCat("te_", step);
    change.elements = {Element(id, "0.3")};
    if (step > 1) change.removed_elements = {absl::StrCat("te_", step - 1)};
    change.locations = {{"loc_1", "Europe/London", "GBP", "GB", {id}}};
    if (step == 100) gone = change.elements[0];
    snapshot = *snapshot->With(step, change);
  }
  EXPECT_TRUE(gone.expired());
  EXPECT_EQ(snapshot->element_count(), 1u);
}

// ---- succession ------------------------------------------------------------

TEST(SnapshotSteps, ListedElement_IsPricedWithAllThatFollowIt) {
  auto version = [](const std::string& id, const std::string& per_kwh, const std::string& supersedes,
                    const char* start) {
    auto element = Element(id, per_kwh);
    element->supersedes = supersedes;
    if (start != nullptr) element->contract_start = At(start);
    return element;
  };
  CatalogContent content;
  content.elements = {version("te_a", "0.1", "", nullptr)};
  content.locations = {{"loc_1", "Europe/London", "GBP", "", {"te_a"}}, {"loc_2", "Europe/London", "GBP", "", {}}};
  std::shared_ptr<const Snapshot> snapshot = *Snapshot::Create(1, std::move(content));
  auto rate_in = [&](const char* id, int year) -> std::string {
    const engine::PriceTimeline* prices = snapshot->FindLocation(id)->PricesFor(TariffRate::kImport);
    if (prices == nullptr) return "none";
    const Instant at = At(absl::StrCat(year, "-06-01T00:00:00Z"));
    const auto integral = prices->timeline().Integrate({at, {at.ns + engine::kNanosPerSecond}});
    if (!integral.known) return "gap";
    return engine::Decimal::FromUnits(static_cast<int64_t>(integral.area / engine::kNanosPerSecond),
                                      prices->timeline().scale())
        .ToString();
  };
  auto step = [&](const CatalogChange& change) {
    const auto next = snapshot->With(snapshot->version() + 1, change);
    ASSERT_TRUE(next.ok()) << next.status();
    snapshot = *next;
  };
  CatalogChange change;
  change.elements = {version("te_c", "0.3", "te_b", "2023-01-01T00:00:00Z")};
  step(change);  // follows one that is not there
  EXPECT_EQ(rate_in("loc_1", 2023), "0.1");
  change.elements = {version("te_b", "0.2", "te_a", "2022-01-01T00:00:00Z")};
  step(change);
  EXPECT_EQ(rate_in("loc_1", 2021), "0.1");
  EXPECT_EQ(rate_in("loc_1", 2022), "0.2");
  EXPECT_EQ(rate_in("loc_1", 2023), "0.3");
  change = {};
  change.locations = {{"loc_2", "Europe/London", "GBP", "", {"te_b"}}};
  step(change);
  EXPECT_EQ(rate_in("loc_2", 2021), "gap");
  EXPECT_EQ(rate_in("loc_2", 2022), "0.2");
  EXPECT_EQ(rate_in("loc_2", 2023), "0.3");
  change = {};
  change.removed_elements = {"te_b"};
  step(change);
  EXPECT_EQ(rate_in("loc_1", 2022), "0.1");
  EXPECT_EQ(rate_in("loc_1", 2023), "0.1");
  EXPECT_EQ(rate_in("loc_2", 2022), "none") << "it is off the list";
}

TEST(SnapshotSteps, WrongSuccession_IsRefused) {
  auto element = [](const std::string& id, const std::string& supersedes, const char* start) {
    auto made = Element(id, "0.1");
    made->supersedes = supersedes;
    made->contract_start = At(start);
    return made;
  };
  const auto before = *Snapshot::Create(
      1, {{}, {element("te_a", "", "2020-01-01T00:00:00Z"), element("te_b", "te_a", "2021-01-01T00:00:00Z")}, {}, {}});
  auto exporting = element("te_c", "te_b", "2022-01-01T00:00:00Z");
  exporting->tariff_rate = TariffRate::kExport;
  auto euro = element("te_c", "te_b", "2022-01-01T00:00:00Z");
  euro->currency_code = "EUR";
  struct {
    std::shared_ptr<const TariffElement> element;
    const char* says;
  } const cases[] = {
      {element("te_c", "te_a", "2022-01-01T00:00:00Z"), "supersedes te_a, which te_b supersedes already"},
      {element("te_c", "te_b", "2021-01-01T00:00:00Z"), "supersedes te_b, so its contract_start_date must be later"},
      {element("te_b", "te_a", "2020-01-01T00:00:00Z"), "supersedes te_a, so its contract_start_date must be later"},
      {element("te_a", "te_b", "2022-01-01T00:00:00Z"), "te_a"},
      {element("te_c", "te_c", "2022-01-01T00:00:00Z"), "te_c"},
      {exporting, "supersedes te_b, which has another direction"},
      {euro, "supersedes te_b, which is in another currency"},
  };
  for (const auto& c : cases) {
    CatalogChange change;
    change.elements = {c.element};
    const auto after = before->With(2, change);
    ASSERT_EQ(after.status().code(), absl::StatusCode::kInvalidArgument) << c.says;
    EXPECT_THAT(std::string(after.status().message()), HasSubstr(c.says));
  }
  // A change may turn the two round.
  CatalogChange change;
  change.elements = {element("te_a", "te_b", "2022-01-01T00:00:00Z"), element("te_b", "", "2021-01-01T00:00:00Z")};
  EXPECT_TRUE(before->With(2, change).ok());
}

TEST(SnapshotSteps, Circle_IsRefused) {
  // Whose starts are no hindrance, since no two neighbours are there together but
  // the last pair.
  std::vector<std::shared_ptr<const TariffElement>> elements;
  constexpr int kLength = 2000;
  for (int i = 0; i < kLength; ++i) {
    auto element = Element(absl::StrCat("te_", i), "0.1");
    element->supersedes = absl::StrCat("te_", (i + 1) % kLength);
    element->contract_start = Instant::FromSeconds(1'000'000 - i);
    elements.push_back(element);
  }
  const auto snapshot = Snapshot::Create(1, {{}, elements, {}, {}});
  ASSERT_EQ(snapshot.status().code(), absl::StatusCode::kInvalidArgument);
  elements.pop_back();
  EXPECT_TRUE(Snapshot::Create(1, {{}, elements, {}, {}}).ok());
}

// ---- faults of a change ----------------------------------------------------

TEST(SnapshotSteps, FaultOfAChange_NamesTheEntry) {
  CatalogContent content;
  content.elements = {Element("te_1", "0.1"), Following("te_m", Market("m", DaysOf(2022, 1)))};
  content.locations = {{"loc_1", "Europe/London", "GBP", "", {"te_1", "te_m"}}};
  const auto before = *Snapshot::Create(1, std::move(content));
  auto refusal = [&](const CatalogChange& change) {
    const auto after = before->With(2, change);
    EXPECT_EQ(after.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(after.status().message());
  };
  CatalogChange change;
  auto euro = Element("te_1", "0.1");
  euro->currency_code = "EUR";
  change.elements = {euro};
  EXPECT_THAT(refusal(change), ::testing::AllOf(HasSubstr("location loc_1"), HasSubstr("te_1 is in EUR")));
  change = {};
  change.market = {std::make_shared<const MarketSeries>(*MarketSeries::Create("m", "EUR", {}))};
  EXPECT_THAT(refusal(change), HasSubstr("tariff element te_m: is in GBP, but its market series m is in EUR"));
  change = {};
  change.market = {Market("m", {}), Market("m", {})};
  EXPECT_THAT(refusal(change), HasSubstr("market series m: the id is used twice"));
  change = {};
  change.elements = {Following("te_2", Market("m", {})), Following("te_3", Market("m", {}))};
  EXPECT_THAT(refusal(change), HasSubstr("te_3: brings other prices of market series m"));
  change = {};
  change.removed_elements = {"te_1"};
  change.locations = {{"loc_2", "Europe/London", "GBP", "", {"te_1", "te_m"}}};
  EXPECT_THAT(refusal(change), HasSubstr("location loc_2: tariff_elements: there is no element te_1"));
  change = {};
  change.locations = {{std::string(300, 'x'), "Europe/London", "GBP", "", {}}};
  EXPECT_THAT(refusal(change), HasSubstr("longer than 255"));
  // More digits than a timeline holds, by way of prices that change.
  auto surcharged = std::make_shared<TariffElement>(*Following("te_s", before->FindMarket("m")));
  engine::testing::ElementSpec spec;
  spec.seasons = engine::testing::EveryDay({{0, engine::testing::Surcharge("0", "0.0001")}});
  spec.market.emplace();
  surcharged->schedule = engine::testing::Build(spec)->schedule;
  change = {};
  change.elements = {surcharged};
  change.locations = {{"loc_s", "Europe/London", "GBP", "", {"te_s"}}};
  const auto with = before->With(2, change);
  ASSERT_TRUE(with.ok()) << with.status();
  change = {};
  change.market = {Market("m", {{Between("2022-01-01T00:00:00Z", "2022-01-02T00:00:00Z"), D("999999999.123456789")}})};
  const auto after = (*with)->With(3, change);
  ASSERT_EQ(after.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(after.status().message()), HasSubstr("location loc_"));
}

TEST(SnapshotSteps, RegionWithoutSeries_GetsItsFiguresWithIt) {
  CatalogContent content;
  content.locations = {{"loc_1", "Europe/London", "GBP", "GB", {}}};
  const auto before = *Snapshot::Create(1, std::move(content));
  EXPECT_EQ(before->FindLocation("loc_1")->carbon, nullptr);
  EXPECT_EQ(before->FindCarbon("GB"), nullptr);
  CatalogChange change;
  const Interval day = Between("2022-01-01T00:00:00Z", "2022-01-02T00:00:00Z");
  change.carbon = {std::make_shared<const CarbonSeries>(*CarbonSeries::Create("GB", {{day, D("120"), {}}}))};
  const auto after = *before->With(2, change);
  ASSERT_NE(after->FindLocation("loc_1")->carbon, nullptr);
  EXPECT_TRUE(after->FindLocation("loc_1")->carbon->timeline().Integrate(day).known);
  EXPECT_EQ(before->FindLocation("loc_1")->carbon, nullptr);
}

}  // namespace
}  // namespace costs::catalog
