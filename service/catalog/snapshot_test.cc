#include "service/catalog/snapshot.h"

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::catalog {
namespace {

using engine::TariffRate;
using engine::testing::Build;
using engine::testing::ElementSpec;
using engine::testing::Flat;
using ::testing::HasSubstr;

std::shared_ptr<const engine::TariffElement> Element(const std::string& id, TariffRate rate = TariffRate::kImport) {
  ElementSpec spec = Flat("0.3");
  spec.id = id;
  spec.tariff_rate = rate;
  return Build(spec);
}

std::shared_ptr<const engine::CarbonSeries> Carbon(const std::string& region) {
  return std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create(region, {}));
}

CatalogContent Content() {
  CatalogContent content;
  content.elements = {Element("te_1"), Element("te_2"), Element("te_out", TariffRate::kExport)};
  content.carbon = {Carbon("GB"), Carbon("CAISO")};
  content.locations = {
      {"loc_1", "Europe/London", "GBP", "GB", {"te_1", "te_2", "te_out"}},
      {"loc_2", "Europe/London", "GBP", "", {"te_2", "te_1"}},
      {"loc_3", "Europe/Dublin", "GBP", "GB", {"te_1", "te_2"}},
      {"loc_4", "Europe/London", "GBP", "CAISO", {"te_1"}},
      {"loc_5", "UTC", "EUR", "", {}},
  };
  return content;
}

TEST(Snapshot, Content_IsFound) {
  const auto snapshot = Snapshot::Create(7, Content());
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->version(), 7u);
  EXPECT_EQ((*snapshot)->location_count(), 5u);
  EXPECT_EQ((*snapshot)->element_count(), 3u);
  const Location* location = (*snapshot)->FindLocation("loc_1");
  ASSERT_NE(location, nullptr);
  EXPECT_EQ(location->timezone, "Europe/London");
  EXPECT_EQ(location->currency_code, "GBP");
  EXPECT_EQ(location->carbon_region, "GB");
  ASSERT_NE(location->PricesFor(TariffRate::kImport), nullptr);
  EXPECT_EQ(location->PricesFor(TariffRate::kImport)->elements().size(), 2u);
  ASSERT_NE(location->PricesFor(TariffRate::kExport), nullptr);
  EXPECT_EQ(location->PricesFor(TariffRate::kExport)->elements().size(), 1u);
  EXPECT_EQ(location->PricesFor(TariffRate::kLocal), nullptr);
  EXPECT_NE(location->carbon, nullptr);
  for (const char* id : {"", "loc", "loc_", "loc_11", "LOC_1", "te_1"}) {
    EXPECT_EQ((*snapshot)->FindLocation(id), nullptr) << id;
  }
  const Location* bare = (*snapshot)->FindLocation("loc_5");
  ASSERT_NE(bare, nullptr);
  EXPECT_EQ(bare->PricesFor(TariffRate::kImport), nullptr);
  EXPECT_EQ(bare->carbon, nullptr);
}

TEST(Snapshot, SameElementsAndZone_ShareTheirTimeline) {
  const auto snapshot = *Snapshot::Create(1, Content());
  auto prices = [&](const char* id) { return snapshot->FindLocation(id)->PricesFor(TariffRate::kImport); };
  EXPECT_EQ(prices("loc_1"), prices("loc_2"));  // in another order
  EXPECT_NE(prices("loc_1"), prices("loc_3"));  // in another zone
  EXPECT_NE(prices("loc_1"), prices("loc_4"));  // fewer elements
  EXPECT_EQ(snapshot->FindLocation("loc_1")->carbon, snapshot->FindLocation("loc_3")->carbon);
  EXPECT_NE(snapshot->FindLocation("loc_1")->carbon, snapshot->FindLocation("loc_4")->carbon);
}

TEST(Snapshot, Nothing_IsACatalogToo) {
  const auto snapshot = Snapshot::Create(1, {});
  ASSERT_TRUE(snapshot.ok());
  EXPECT_EQ((*snapshot)->location_count(), 0u);
  EXPECT_EQ((*snapshot)->FindLocation("loc_1"), nullptr);
}

TEST(Snapshot, Fault_NamesTheEntry) {
  struct {
    std::vector<std::string> says;
    std::function<void(CatalogContent*)> spoil;
  } const cases[] = {
      {{"location loc_1", "used twice"}, [](CatalogContent* c) { c->locations[1].id = "loc_1"; }},
      {{"tariff element te_1", "used twice"}, [](CatalogContent* c) { c->elements[1] = Element("te_1"); }},
      {{"carbon region GB", "used twice"}, [](CatalogContent* c) { c->carbon[1] = Carbon("GB"); }},
      {{"location loc_2", "no element te_9"},
       [](CatalogContent* c) { c->locations[1].tariff_elements.push_back("te_9"); }},
      {{"location loc_2", "te_1", "named twice"},
       [](CatalogContent* c) { c->locations[1].tariff_elements.push_back("te_1"); }},
      {{"location loc_2", "is in EUR", "te_1 is in GBP"},
       [](CatalogContent* c) { c->locations[1].currency_code = "EUR"; }},
      {{"tariff element ", "needs a schedule"},
       [](CatalogContent* c) { c->elements.push_back(std::make_shared<const engine::TariffElement>()); }},
  };
  for (const auto& c : cases) {
    CatalogContent content = Content();
    c.spoil(&content);
    const auto snapshot = Snapshot::Create(1, std::move(content));
    ASSERT_EQ(snapshot.status().code(), absl::StatusCode::kInvalidArgument) << c.says[0];
    for (const std::string& part : c.says) EXPECT_THAT(std::string(snapshot.status().message()), HasSubstr(part));
  }
}

TEST(Snapshot, ZoneThatIsNoPlace_IsRefused) {
  for (const char* zone : {"", "localtime", "Europe/Londonn", "Mars/Olympus", "Fixed/UTC+01:00:00",
                           "Fixed/UTC-00:30:00", "/usr/share/zoneinfo/Europe/London", "../zoneinfo/Europe/London",
                           "file:Europe/London", "right/Europe/London", "Europe", "zone.tab", " Europe/London"}) {
    CatalogContent content = Content();
    content.locations[1].timezone = zone;
    const auto snapshot = Snapshot::Create(1, std::move(content));
    ASSERT_EQ(snapshot.status().code(), absl::StatusCode::kInvalidArgument) << "'" << zone << "'";
    EXPECT_THAT(std::string(snapshot.status().message()), HasSubstr("location loc_2: timezone"));
  }
  for (const char* zone : {"UTC", "Etc/GMT-1", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "GB"}) {
    CatalogContent content = Content();
    content.locations[1].timezone = zone;
    EXPECT_TRUE(Snapshot::Create(1, std::move(content)).ok()) << zone;
  }
}

TEST(SnapshotHolder, Set_ReplacesAndOldReadersKeepTheirs) {
  SnapshotHolder holder;
  EXPECT_EQ(holder.Get(), nullptr);
  holder.Set(*Snapshot::Create(1, Content()));
  const auto first = holder.Get();
  holder.Set(*Snapshot::Create(2, {}));
  EXPECT_EQ(first->version(), 1u);
  EXPECT_NE(first->FindLocation("loc_1"), nullptr);
  EXPECT_EQ(holder.Get()->version(), 2u);
}

}  // namespace
}  // namespace costs::catalog
