// A random sequence of catalog calls, against a simple model in memory: the same
// calls are refused, the same entries are there, and the same prices are paid; also
// after the store was closed and opened, and where two processes share it.
//
// Calls: COSTS_RANDOM_CALLS, 600 where that is not set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/catalog/testing/each_store.h"
#include "service/engine/decimal.h"
#include "service/engine/price_timeline.h"

namespace costs::catalog {
namespace {

using testing::EachStoreTest;
using testing::FlatElement;
using testing::From;

constexpr int kDefaultCalls = 600;
constexpr int kIds = 6;          // of each kind; so few that calls meet each other
constexpr int kMostRate = 1000;  // thousandths of a pound
constexpr int kHours = 48;       // of the market, from 1970 on

int Calls() {
  int calls = 0;
  const char* text = std::getenv("COSTS_RANDOM_CALLS");
  return text != nullptr && absl::SimpleAtoi(text, &calls) && calls > 0 ? calls : kDefaultCalls;
}

// What the catalog should hold. Rates in thousandths.
struct Model {
  struct Element {
    std::string owner;
    int rate = 0;         // without a market
    bool market = false;  // then `rate` is a surcharge
  };
  std::map<std::string, std::vector<std::string>> locations;  // with their lists
  std::map<std::string, Element> elements;
  std::vector<int> prices = std::vector<int>(kHours, -1);  // -1: none

  bool HasMarket() const {
    return std::any_of(prices.begin(), prices.end(), [](int price) { return price >= 0; });
  }

  // Of a kWh in that hour; null where there is none.
  std::optional<int> PriceAt(const std::string& location, int hour) const {
    const std::vector<std::string>& list = locations.at(location);
    if (list.empty()) return std::nullopt;
    int sum = 0;
    for (const std::string& id : list) {
      const Element& element = elements.at(id);
      const int market = prices[static_cast<size_t>(hour)];
      if (element.market && market < 0) return std::nullopt;
      sum += element.rate + (element.market ? market : 0);
    }
    return sum;
  }
};

class CatalogRandomTest : public EachStoreTest {
 protected:
  int Random(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  std::string Id(const char* prefix) { return absl::StrCat(prefix, Random(kIds)); }
  static std::string Thousandths(int rate) {
    return absl::StrCat(rate / 1000, ".", absl::Dec(rate % 1000, absl::kZeroPad3));
  }

  void Expect(const absl::Status& status, bool good, absl::string_view call) {
    EXPECT_EQ(status.ok(), good) << call << ": " << status;
    EXPECT_TRUE(status.ok() || !ReasonOf(status).empty()) << call << ": a refusal has a reason: " << status;
  }

  void CreateLocation() {
    const std::string id = Id("l");
    std::vector<std::string> list;
    std::string text = absl::StrCat("id: '", id, "' timezone: 'Europe/London' currency_code: 'GBP' ");
    bool good = model_.locations.count(id) == 0;
    for (int i = Random(3); i > 0; --i) {
      const std::string element = Id("e");
      absl::StrAppend(&text, "tariff_elements: '", element, "' ");
      auto found = model_.elements.find(element);
      good = good && found != model_.elements.end() && found->second.owner.empty() &&
             std::count(list.begin(), list.end(), element) == 0;
      list.push_back(element);
    }
    pb::CreateLocationRequest request;
    *request.mutable_location() = From<pb::Location>(text);
    pb::Location location;
    Expect(catalog().CreateLocation(request, &location), good, "CreateLocation " + text);
    if (good) model_.locations[id] = list;
  }

  void UpdateList() {
    const std::string id = Id("l");
    std::vector<std::string> list;
    auto known = model_.locations.find(id);
    bool good = known != model_.locations.end();
    std::string text = absl::StrCat("location { id: '", id, "' ");
    for (int i = Random(4); i > 0; --i) {
      const std::string element = Id("e");
      absl::StrAppend(&text, "tariff_elements: '", element, "' ");
      auto found = model_.elements.find(element);
      good = good && found != model_.elements.end() && (found->second.owner.empty() || found->second.owner == id) &&
             std::count(list.begin(), list.end(), element) == 0;
      list.push_back(element);
    }
    absl::StrAppend(&text, "} update_mask { paths: 'tariff_elements' }");
    pb::Location location;
    Expect(catalog().UpdateLocation(From<pb::UpdateLocationRequest>(text), &location), good, text);
    if (good) known->second = list;
  }

  void DeleteLocation() {
    const std::string id = Id("l");
    const bool good = model_.locations.count(id) > 0;
    Expect(catalog().DeleteLocation(From<pb::DeleteLocationRequest>(absl::StrCat("id: '", id, "'"))), good,
           "DeleteLocation");
    if (!good) return;
    model_.locations.erase(id);
    for (auto it = model_.elements.begin(); it != model_.elements.end();) {
      it = it->second.owner == id ? model_.elements.erase(it) : std::next(it);
    }
  }

  std::string ElementText(const Model::Element& element) {
    if (!element.market) return FlatElement(Thousandths(element.rate));
    return absl::StrCat(
        "direction: IMPORT type: COMMODITY market_rates: true market_series: 'm' schedule { days_and_hours { hours { "
        "rate { surcharge_fixed: ",
        Thousandths(element.rate), " } } } } ");
  }

  void CreateElement() {
    const std::string id = Id("e");
    Model::Element element;
    element.rate = Random(kMostRate);
    element.market = Random(3) == 0;
    if (Random(2) == 0) element.owner = Id("l");
    bool good = model_.elements.count(id) == 0 && (!element.market || model_.HasMarket());
    good = good && (element.owner.empty() || model_.locations.count(element.owner) > 0);
    std::string text = absl::StrCat(ElementText(element), "id: '", id, "' ");
    absl::StrAppend(
        &text, element.owner.empty() ? "currency_code: 'GBP'" : absl::StrCat("location_id: '", element.owner, "'"));
    pb::CreateTariffElementRequest request;
    *request.mutable_tariff_element() = From<pb::TariffElement>(text);
    pb::TariffElement answer;
    Expect(catalog().CreateTariffElement(request, &answer), good, "CreateTariffElement " + text);
    if (!good) return;
    model_.elements[id] = element;
    if (!element.owner.empty()) model_.locations[element.owner].push_back(id);
  }

  void UpdateElement() {
    const std::string id = Id("e");
    auto known = model_.elements.find(id);
    Model::Element element = known == model_.elements.end() ? Model::Element() : known->second;
    element.rate = Random(kMostRate);
    const std::string text =
        absl::StrCat("tariff_element { id: '", id, "' ", ElementText(element), "} update_mask { paths: 'schedule' }");
    pb::TariffElement answer;
    const bool good = known != model_.elements.end();
    Expect(catalog().UpdateTariffElement(From<pb::UpdateTariffElementRequest>(text), &answer), good, text);
    if (good) known->second = element;
  }

  void DeleteElement() {
    const std::string id = Id("e");
    const bool good = model_.elements.erase(id) > 0;
    Expect(catalog().DeleteTariffElement(From<pb::DeleteTariffElementRequest>(absl::StrCat("id: '", id, "'"))), good,
           "DeleteTariffElement");
    for (auto& [location, list] : model_.locations) list.erase(std::remove(list.begin(), list.end(), id), list.end());
  }

  void UploadPrices() {
    const int from = Random(kHours), to = std::min(kHours, from + 1 + Random(8));
    const int price = Random(kMostRate);
    int changed = 0;
    std::string text = "market_series: 'm' currency_code: 'GBP'";
    for (int hour = from; hour < to; ++hour) {
      absl::StrAppend(&text, " prices { valid_from { seconds: ", hour * 3600,
                      " } valid_to { seconds: ", hour * 3600 + 3600, " } rate: ", Thousandths(price + hour), " }");
      int& stored = model_.prices[static_cast<size_t>(hour)];
      changed += stored != price + hour ? 1 : 0;
      stored = price + hour;
    }
    EXPECT_EQ(Upload(text).changed_count(), changed) << text;
  }

  void MakeCall() {
    switch (Random(8)) {
      case 0:
        CreateLocation();
        break;
      case 1:
        UpdateList();
        break;
      case 2:
        if (Random(2) == 0) DeleteLocation();
        break;
      case 3:
      case 4:
        CreateElement();
        break;
      case 5:
        UpdateElement();
        break;
      case 6:
        if (Random(2) == 0) DeleteElement();
        break;
      default:
        UploadPrices();
    }
  }

  // The catalog says what the model says.
  void Compare() {
    pb::ListLocationsResponse locations;
    ASSERT_TRUE(catalog().ListLocations({}, &locations).ok());
    std::set<std::string> ids;
    for (const pb::Location& location : locations.data()) {
      ids.insert(location.id());
      const std::vector<std::string> list(location.tariff_elements().begin(), location.tariff_elements().end());
      ASSERT_EQ(model_.locations.count(location.id()), 1u);
      EXPECT_EQ(list, model_.locations[location.id()]);
      ComparePrices(location.id());
    }
    EXPECT_EQ(ids.size(), model_.locations.size());
    pb::ListTariffElementsResponse elements;
    ASSERT_TRUE(catalog().ListTariffElements({}, &elements).ok());
    EXPECT_EQ(static_cast<size_t>(elements.data_size()), model_.elements.size());
    EXPECT_EQ(snapshot()->element_count(), model_.elements.size());
    EXPECT_EQ(snapshot()->location_count(), model_.locations.size());
  }

  void ComparePrices(const std::string& id) {
    const Location* location = snapshot()->FindLocation(id);
    ASSERT_NE(location, nullptr);
    const engine::PriceTimeline* prices = location->PricesFor(engine::TariffRate::kImport);
    ASSERT_EQ(prices == nullptr, model_.locations[id].empty());
    if (prices == nullptr) return;
    for (int hour = 0; hour < kHours; hour += 7) {
      const engine::Interval interval = {engine::Instant::FromSeconds(hour * 3600),
                                         engine::Instant::FromSeconds(hour * 3600 + 3600)};
      const engine::Timeline::Integral integral = prices->timeline().Integrate(interval);
      const std::optional<int> expected = model_.PriceAt(id, hour);
      ASSERT_EQ(integral.known, expected.has_value()) << id << " hour " << hour;
      if (!expected) continue;
      // rate * time, in 10^-scale and ns.
      const engine::Int128 hour_ns = engine::Int128{3600} * engine::kNanosPerSecond;
      EXPECT_TRUE(integral.area * 1000 == engine::PowerOfTen(prices->timeline().scale()) * hour_ns * *expected)
          << id << " hour " << hour;
    }
  }

  std::mt19937 random_{20261124};
  Model model_;
};

TEST_P(CatalogRandomTest, RandomCalls_DoAsTheModel) {
  OpenKept();
  for (int call = 0; call < Calls() && !HasFailure(); ++call) {
    MakeCall();
    if (call % 10 == 0) Compare();
    if (call % 50 == 0) {
      Reopen();
      Compare();
    }
  }
}

// Two catalogs on one database.
class CatalogRandomReplicasTest : public CatalogRandomTest {
 protected:
  void AwaitTheSame() {
    constexpr absl::Duration kPatience = absl::Seconds(60);
    const absl::Time deadline = absl::Now() + kPatience;
    while (snapshot()->version() != other_->snapshots().Get()->version() && absl::Now() < deadline) {
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  std::unique_ptr<Catalog> other_;
};

TEST_P(CatalogRandomReplicasTest, RandomCallsThroughEither_DoAsTheModel) {
  OpenKept();
  absl::StatusOr<std::unique_ptr<Catalog>> other = Catalog::Open(options_);
  ASSERT_TRUE(other.ok()) << other.status();
  other_ = *std::move(other);
  for (int call = 0; call < Calls() && !HasFailure(); ++call) {
    if (Random(2) == 0) std::swap(catalog_, other_);
    MakeCall();
    if (call % 10 != 0) continue;
    AwaitTheSame();
    Compare();
    std::swap(catalog_, other_);
    Compare();
  }
}

INSTANTIATE_TEST_SUITE_P(, CatalogRandomTest, testing::EachStore(), testing::NameOfStore);
INSTANTIATE_TEST_SUITE_P(, CatalogRandomReplicasTest, ::testing::Values(testing::StoreKind::kPostgres),
                         testing::NameOfStore);

}  // namespace
}  // namespace costs::catalog
