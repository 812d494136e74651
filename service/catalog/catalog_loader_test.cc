#include "service/catalog/catalog_loader.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr absl::string_view kLocations = R"({
  "locations": [
    {
      "id": "loc_1",
      "timezone": "Europe/London",
      "currency_code": "GBP",
      "carbon_region": "gb",
      "tariff_elements": ["night", "wholesale"],
      "display_name": "Home", "reference_id": "A-17", "source": "made up"
    }
  ]
})";

constexpr absl::string_view kElements = R"({
  "elements": [
    {
      "id": "night", "direction": "IMPORT", "type": "NON_COMMODITY", "display_name": "Night",
      "currency_code": "GBP", "vat_included": true,
      "contract_start_date": "2023-01-01T00:00:00Z",
      "contract_end_date": "2024-01-01T00:00:00+01:00",
      "schedule": [{"months": ["All"], "days_and_hours": [{"days": ["All"], "hours": [
        {"valid_from": "23:30:00", "valid_to": "05:30:00", "rate": [{"fixed": 0.07}]},
        {"valid_from": "05:30:00", "valid_to": "23:30:00", "rate": [{"fixed": 0.28}]}]}]}],
      "comment": ["anything"]
    },
    {
      "id": "wholesale", "direction": "IMPORT", "type": "COMMODITY",
      "currency_code": "GBP", "vat_included": false,
      "market_rates": true,
      "market_series": "hourly"
    }
  ]
})";

constexpr absl::string_view kMarket =
    "start_time,end_time,price_per_kwh,currency_code\n"
    "2023-10-29T00:00:00Z,2023-10-29T01:00:00Z,-0.0124,GBP\n";
constexpr absl::string_view kCarbon =
    "start_time,end_time,forecast_g_per_kwh,actual_g_per_kwh\n"
    "2023-10-29T00:00:00Z,2023-10-29T01:00:00Z,61,\n";

// A directory of its own for each test, with a good catalog in it.
class CatalogLoaderTest : public ::testing::Test {
 protected:
  CatalogLoaderTest() {
    std::string name = (fs::path(::testing::TempDir()) / "catalogXXXXXX").string();
    root_ = mkdtemp(&name[0]);
    Write("locations.json", kLocations);
    Write("elements.json", kElements);
    Write("market/hourly.csv", kMarket);
    Write("carbon/gb.csv", kCarbon);
  }
  ~CatalogLoaderTest() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  void Write(const std::string& name, absl::string_view text) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << text;
  }

  // Writes the good text with a part of it replaced.
  void Change(const std::string& name, absl::string_view text, absl::string_view from, absl::string_view to) {
    ASSERT_THAT(std::string(text), HasSubstr(std::string(from)));
    Write(name, absl::StrReplaceAll(text, {{from, to}}));
  }

  absl::StatusOr<CatalogContent> Load(const LoadLimits& limits = {}) const {
    const absl::StatusOr<CatalogDocuments> documents = LoadCatalogDocuments(root_.string(), limits);
    if (!documents.ok()) return documents.status();
    return AssembleCatalog(*documents).content;
  }

  std::string Faults(const LoadLimits& limits = {}) const {
    const absl::StatusOr<CatalogContent> content = Load(limits);
    if (content.ok()) return "accepted";
    EXPECT_EQ(content.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(content.status().message());
  }

  fs::path root_;
};

TEST_F(CatalogLoaderTest, GoodFiles_AreReadInFull) {
  const absl::StatusOr<CatalogContent> content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  ASSERT_EQ(content->locations.size(), 1u);
  const LocationSpec& location = content->locations[0];
  EXPECT_EQ(location.id, "loc_1");
  EXPECT_EQ(location.timezone, "Europe/London");
  EXPECT_EQ(location.currency_code, "GBP");
  EXPECT_EQ(location.carbon_region, "gb");
  EXPECT_THAT(location.tariff_elements, ::testing::ElementsAre("night", "wholesale"));

  ASSERT_EQ(content->elements.size(), 2u);
  const engine::TariffElement& night = *content->elements[0];
  EXPECT_EQ(night.id, "night");
  EXPECT_EQ(night.tariff_rate, engine::TariffRate::kImport);
  EXPECT_EQ(night.type, engine::ElementType::kNonCommodity);
  EXPECT_EQ(night.display_name, "Night");
  EXPECT_TRUE(night.vat_included);
  EXPECT_EQ(night.contract_start.ns, 1'672'531'200 * engine::kNanosPerSecond);
  EXPECT_EQ(night.contract_end->ns, 1'704'063'600 * engine::kNanosPerSecond);
  EXPECT_EQ(night.market, nullptr);
  ASSERT_NE(night.schedule, nullptr);
  EXPECT_EQ(night.schedule->HoursOf(1, 0).size(), 3u);

  const engine::TariffElement& wholesale = *content->elements[1];
  EXPECT_EQ(wholesale.type, engine::ElementType::kCommodity);
  EXPECT_FALSE(wholesale.vat_included);
  EXPECT_EQ(wholesale.schedule, nullptr);
  ASSERT_NE(wholesale.market, nullptr);
  EXPECT_EQ(wholesale.market->id(), "hourly");
  EXPECT_TRUE(wholesale.contract_start == engine::kEarliest);
  EXPECT_FALSE(wholesale.contract_end.has_value());

  ASSERT_EQ(content->carbon.size(), 1u);
  EXPECT_EQ(content->carbon[0]->region(), "gb");
}

TEST_F(CatalogLoaderTest, GoodFiles_MakeASnapshot) {
  const absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = LoadCatalog(root_.string(), 7);
  ASSERT_TRUE(snapshot.ok()) << snapshot.status();
  EXPECT_EQ((*snapshot)->version(), 7u);
  EXPECT_EQ((*snapshot)->location_count(), 1u);
  EXPECT_EQ((*snapshot)->element_count(), 2u);
  const Location* location = (*snapshot)->FindLocation("loc_1");
  ASSERT_NE(location, nullptr);
  EXPECT_NE(location->PricesFor(engine::TariffRate::kImport), nullptr);
  EXPECT_EQ(location->PricesFor(engine::TariffRate::kExport), nullptr);
  EXPECT_NE(location->carbon, nullptr);
}

constexpr absl::string_view kCalendars = R"({
  "calendars": [
    {"id": "uk", "display_name": "England", "rules": [
      {"name": "Christmas", "fixed_date": {"month": 12, "day": 25}, "observance": "NEXT_FREE_WEEKDAY"},
      {"nth_weekday": {"month": 5, "weekday": 1, "nth": -1}, "first_year": 1971},
      {"easter": "WESTERN", "offset_days": -2},
      {"date": "2023-05-08", "source": "a coronation"}]}
  ]
})";

TEST_F(CatalogLoaderTest, TiersDaysAndSuccessors_AreRead) {
  Write("calendars.json", kCalendars);
  Write("elements.json", R"({"elements": [
      {"id": "v1", "direction": "IMPORT", "type": "COMMODITY", "currency_code": "GBP", "vat_included": true,
       "special_day_calendar": "uk", "tier_window": "BILLING_CYCLE", "billing_anchor_day": 15, "tier_unit": "KWH_DAILY",
       "schedule": [{"days_and_hours": [
         {"days": ["All"], "hours": [{"rate": [{"fixed": 0.1, "to_kwh": 8.5}, {"fixed": 0.2}]}]},
         {"days": ["Holiday"], "hours": [{"rate": [{"fixed": 0.05}]}]}]}]},
      {"id": "v2", "direction": "IMPORT", "type": "COMMODITY", "currency_code": "GBP", "vat_included": true,
       "supersedes": "v1", "contract_start_date": "2024-01-01T00:00:00Z",
       "schedule": [{"days_and_hours": [{"hours": [{"rate": [{"fixed": 0.3}]}]}]}]}]})");
  Change("locations.json", kLocations, "\"night\", \"wholesale\"", "\"v1\"");
  const absl::StatusOr<CatalogContent> content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  const engine::TariffElement& v1 = *content->elements[0];
  EXPECT_EQ(v1.tier_window.kind, engine::TierWindow::Kind::kBillingCycle);
  EXPECT_EQ(v1.tier_window.anchor_day, 15);
  EXPECT_EQ(v1.tier_unit, engine::TierUnit::kKwhDaily);
  EXPECT_EQ(v1.schedule->most_tiers(), 2);
  EXPECT_EQ(content->elements[1]->supersedes, "v1");
  const auto is_special = [&](int year, int month, int day) {
    return v1.special_days->Contains(absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1));
  };
  EXPECT_TRUE(is_special(2023, 12, 25));
  EXPECT_TRUE(is_special(2022, 12, 26) && !is_special(2022, 12, 25)) << "a Sunday's is kept on the Monday";
  EXPECT_TRUE(is_special(2023, 5, 29)) << "the last Monday of May";
  EXPECT_TRUE(is_special(2022, 4, 15) && is_special(2023, 4, 7)) << "Good Friday";
  EXPECT_TRUE(is_special(2023, 5, 8) && !is_special(2022, 5, 9));
  ASSERT_TRUE(LoadCatalog(root_.string(), 1).ok());
}

TEST_F(CatalogLoaderTest, BrokenCalendars_AreRefusedWithLineAndField) {
  struct Case {
    absl::string_view from;
    absl::string_view to;
    absl::string_view fault;
  };
  const std::vector<Case> cases = {
      {"\"month\": 12", "\"month\": 13",
       "calendars.json:4: calendars[0].rules[0].fixed_date.month: is 13; it must be 1 to 12"},
      {"\"day\": 25", "\"day\": 2.5", "rules[0].fixed_date.day: is \"2.5\"; write a whole number"},
      {"NEXT_FREE_WEEKDAY", "NEXT", "rules[0].observance: is \"NEXT\"; write ACTUAL_DAY, "},
      {"\"nth\": -1", "\"nth\": 0", "calendars.json:5: calendars[0].rules[1].nth_weekday.nth: is 0"},
      {"\"weekday\": 1", "\"weekday\": \"Someday\"", "nth_weekday.weekday: is \"Someday\"; write Mon"},
      {"1971", "1969", "rules[1].first_year: is 1969; it must be 1970 to 2099"},
      {"\"easter\": \"WESTERN\", ", "", "calendars.json:6: calendars[0].rules[2]: names no day"},
      {"\"offset_days\": -2", "\"date\": \"2023-01-01\"", "rules[2].date: does not go with another such member"},
      {"2023-05-08", "2023-02-29", "rules[3].date: is \"2023-02-29\"; write a date"},
      {"-2}", "-367}", "rules[2].offset_days: is -367; it must be -366 to 366"},
      {"\"display_name\"", "\"object\"", "calendars[0].object: is not known here"},
  };
  for (const Case& c : cases) {
    Change("calendars.json", kCalendars, c.from, c.to);
    EXPECT_THAT(Faults(), HasSubstr(std::string(c.fault))) << c.from << " -> " << c.to;
  }
}

TEST_F(CatalogLoaderTest, ReferencesOfElements_AreCheckedWithLineAndField) {
  const struct {
    absl::string_view member;
    absl::string_view fault;
  } cases[] = {
      {"\"special_day_calendar\": \"fr\"",
       "elements.json:5: elements[0].special_day_calendar: is \"fr\", but there is no such calendar"},
      {"\"supersedes\": \"wholesale\"", "elements.json:4: elements[0].type: is not that of the element it supersedes"},
      {"\"supersedes\": \"v0\"", "elements.json:5: elements[0].supersedes: is \"v0\", but there is no such element"},
      {"\"billing_anchor_day\": 5",
       "elements.json:5: elements[0].billing_anchor_day: goes with tier_window BILLING_CYCLE"},
      {"\"location_id\": \"loc_1\"", "elements.json:5: elements[0].location_id: is not known here"},
  };
  for (const auto& c : cases) {
    Change("elements.json", kElements, "\"vat_included\": true,",
           absl::StrCat("\"vat_included\": true, ", c.member, ","));
    EXPECT_THAT(Faults(), HasSubstr(std::string(c.fault))) << c.member;
  }
}

TEST_F(CatalogLoaderTest, PricesThatTheEngineCannotHold_AreRefusedAtTheLocation) {
  Change("market/hourly.csv", kMarket, "-0.0124", "999999999.123456789");
  Change("elements.json", kElements, "\"hourly\"",
         "\"hourly\", \"schedule\": [{\"days_and_hours\": [{\"hours\": [{\"rate\": "
         "[{\"surcharge_percentage\": 5.1234}]}]}]}]");
  const absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = LoadCatalog(root_.string(), 1);
  EXPECT_EQ(snapshot.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(snapshot.status().message()),
              HasSubstr("catalog: locations.json:8: locations[0].tariff_elements: location loc_1: "));
}

TEST_F(CatalogLoaderTest, ElementsInSeveralFiles_AreReadTogether) {
  fs::remove(root_ / "elements.json");
  const std::string text(kElements);
  const size_t second = text.find("    {\n      \"id\": \"wholesale\"");
  Write("elements/b.json", text.substr(0, text.rfind(',', second)) + "]}");
  Write("elements/a.json", "{\"elements\": [" + text.substr(second));
  const absl::StatusOr<CatalogContent> content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  ASSERT_EQ(content->elements.size(), 2u);
  EXPECT_EQ(content->elements[0]->id, "wholesale");
}

TEST_F(CatalogLoaderTest, DotFilesAndReadme_ArePassedOver) {
  Write(".git/config", "x");
  Write(".hidden", "x");
  Write("README.md", "# x");
  Write("README", "x");
  Write("market/README.md", "x");
  Write("market/.gitkeep", "");
  EXPECT_EQ(Faults(), "accepted");
}

TEST_F(CatalogLoaderTest, MountedConfigMap_IsReadThroughItsLinks) {
  // As the kubelet lays it out: a directory with the time in its name, "..data"
  // that points to it, and a link for each of the files.
  const fs::path data = root_ / "..2026_11_23_10_00_00.123456789";
  fs::create_directory(data);
  for (const char* name : {"locations.json", "elements.json", "market", "carbon"}) {
    fs::rename(root_ / name, data / name);
    fs::create_symlink(fs::path("..data") / name, root_ / name);
  }
  fs::create_directory_symlink(data.filename(), root_ / "..data");
  const absl::StatusOr<CatalogContent> content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_EQ(content->elements.size(), 2u);

  // After the swap the new one is read, and messages still give plain names.
  const fs::path next = root_ / "..2026_11_23_11_00_00.987654321";
  fs::copy(data, next, fs::copy_options::recursive);
  std::ofstream(next / "locations.json") << "{";
  fs::create_directory_symlink(next.filename(), root_ / "..data_tmp");
  fs::rename(root_ / "..data_tmp", root_ / "..data");
  EXPECT_THAT(Faults(), HasSubstr("catalog: locations.json:1: "));
}

TEST_F(CatalogLoaderTest, LinkedFilesAndFolders_AreFollowed) {
  fs::rename(root_ / "market", root_ / ".elsewhere");
  fs::create_directory_symlink(".elsewhere", root_ / "market");
  fs::rename(root_ / "locations.json", root_ / ".locations");
  fs::create_symlink(".locations", root_ / "locations.json");
  EXPECT_EQ(Faults(), "accepted");
}

TEST_F(CatalogLoaderTest, EmptyCatalog_IsGood) {
  for (const char* name : {"elements.json", "market", "carbon"}) fs::remove_all(root_ / name);
  Write("locations.json", "{\"locations\": []}");
  const absl::StatusOr<CatalogContent> content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_TRUE(content->locations.empty());
}

TEST_F(CatalogLoaderTest, FarContractDates_AreAsIfNone) {
  Change("elements.json", kElements, "2024-01-01T00:00:00+01:00", "9999-12-31T23:59:59Z");
  absl::StatusOr<CatalogContent> content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_TRUE(*content->elements[0]->contract_end == engine::kLatest);
  Change("elements.json", kElements, "2023-01-01T00:00:00Z", "1900-01-01T00:00:00Z");
  content = Load();
  ASSERT_TRUE(content.ok()) << content.status();
  EXPECT_TRUE(content->elements[0]->contract_start == engine::kEarliest);
}

TEST_F(CatalogLoaderTest, BrokenLocations_AreRefusedWithLineAndField) {
  struct Case {
    absl::string_view from;
    absl::string_view to;
    absl::string_view fault;
  };
  const std::vector<Case> cases = {
      {"loc_1", "", "catalog: locations.json:4: locations[0].id: is required"},
      {"loc_1", "loc_a b", "locations.json:4: locations[0].id: is \"loc_a b\""},
      {"loc_1", "loc_../x", "locations.json:4: locations[0].id: is \"loc_../x\""},
      {"\"loc_1\"", "17", "locations.json:4: locations[0].id: is a number"},
      {"\"id\": \"loc_1\",", "", "locations.json:3: locations[0].id: is missing"},
      {"Europe/London", "Europe/Londn",
       "locations.json:5: locations[0].timezone: is \"Europe/Londn\"; write a name of the IANA"},
      {"Europe/London", "", "locations.json:5: locations[0].timezone: is required"},
      {"Europe/London", "localtime", "locations.json:5: locations[0].timezone: is \"localtime\""},
      {"Europe/London", "/etc/localtime", "locations.json:5: locations[0].timezone"},
      {"Europe/London", "../zoneinfo/UTC", "locations.json:5: locations[0].timezone"},
      {"Europe/London", "Fixed/UTC+01:00:00", "locations.json:5: locations[0].timezone"},
      {"GBP", "gbp", "locations.json:6: locations[0].currency_code: is \"gbp\"; write an ISO 4217 code"},
      {"GBP", "POUND", "locations.json:6: locations[0].currency_code"},
      {"GBP", "EUR",
       "locations.json:8: locations[0].tariff_elements[0]: is \"night\", which is in GBP, but the location is in EUR"},
      {"\"gb\"", "\"fr\"", "locations.json:7: locations[0].carbon_region: is \"fr\", but there is no such series"},
      {"\"gb\"", "7", "locations.json:7: locations[0].carbon_region: is a number"},
      {"\"night\"", "\"nite\"",
       "locations.json:8: locations[0].tariff_elements[0]: is \"nite\", but no element has that"},
      {"\"wholesale\"", "\"night\"",
       "locations.json:8: locations[0].tariff_elements[1]: is \"night\", which is in this list already"},
      {"\"wholesale\"", "null", "locations.json:8: locations[0].tariff_elements[1]: is null; write a text"},
      {"[\"night\", \"wholesale\"]", "\"night\"", "locations.json:8: locations[0].tariff_elements: is a string"},
      {"display_name", "displayname",
       "locations.json:9: locations[0].displayname: is not known here; allowed: id, reference_id"},
      {"\"A-17\"", "5", "locations.json:9: locations[0].reference_id: is a number"},
      {"\"locations\"", "\"location\"", "locations.json:1: locations: is missing"},
      {"\"locations\"", "\"version\": 1, \"locations\"", "locations.json:2: version: is not known here"},
      {"\"timezone\"", "\"id\": 1, \"timezone\"", "locations.json:5: column 7: the name \"id\" is twice"},
      {"\"GBP\",", "\"GBP\"", "locations.json:7: column 7: not JSON"},
  };
  for (const Case& c : cases) {
    Change("locations.json", kLocations, c.from, c.to);
    EXPECT_THAT(Faults(), HasSubstr(std::string(c.fault))) << c.from << " -> " << c.to;
  }
}

TEST_F(CatalogLoaderTest, BrokenElements_AreRefusedWithLineAndField) {
  struct Case {
    absl::string_view from;
    absl::string_view to;
    absl::string_view fault;
  };
  const std::vector<Case> cases = {
      {"\"id\": \"night\"", "\"id\": \"a b\"", "catalog: elements.json:4: elements[0].id: is \"a b\"; write 1 to 64"},
      {"\"id\": \"night\"", "\"id\": \"wholesale\"",
       "elements.json:14: elements[1].id: is \"wholesale\", which is used already at elements.json:4"},
      {"\"id\": \"night\",", "", "elements.json:3: elements[0].id: is missing"},
      {"\"direction\": \"IMPORT\", \"type\": \"NON", "\"direction\": \"import\", \"type\": \"NON",
       "elements.json:4: elements[0].direction: is \"import\"; write IMPORT, EXPORT or LOCAL"},
      {"NON_COMMODITY", "FEE", "elements.json:4: elements[0].type: is \"FEE\"; write COMMODITY or NON_COMMODITY"},
      {"\"GBP\", \"vat_included\": true,", "\"GBP\",", "elements.json:3: elements[0].vat_included: is missing"},
      {"\"vat_included\": true", "\"vat_included\": \"yes\"", "elements.json:5: elements[0].vat_included: is a string"},
      {"\"currency_code\": \"GBP\", \"vat_included\": true", "\"vat_included\": true",
       "elements.json:3: elements[0].currency_code: is missing"},
      {"\"GBP\", \"vat_included\": true", "\"GB\", \"vat_included\": true",
       "elements.json:5: elements[0].currency_code: is \"GB\""},
      {"\"2023-01-01T00:00:00Z\"", "\"2023-01-01\"",
       "elements.json:6: elements[0].contract_start_date: is \"2023-01-01\"; write an RFC 3339 time"},
      {"\"2024-01-01T00:00:00+01:00\"", "\"2022-12-31T00:00:00Z\"",
       "elements.json:7: elements[0].contract_end_date: must be after contract_start_date"},
      {"\"2024-01-01T00:00:00+01:00\"", "2024", "elements.json:7: elements[0].contract_end_date: is a number"},
      {"\"All\"], \"days_and", "\"Alle\"], \"days_and",
       "elements.json:8: elements[0].schedule[0].months[0]: is \"Alle\""},
      {"05:30:00\", \"rate\": [{\"fixed\": 0.07", "05:00:00\", \"rate\": [{\"fixed\": 0.07",
       "elements.json:8: elements[0].schedule: is not right: Mon in Jan: the hours leave a gap from 05:00:00 to "
       "05:30:00"},
      {"0.07", "\"0.07\"",
       "elements.json:9: elements[0].schedule[0].days_and_hours[0].hours[0].rate[0].fixed: is a string"},
      {"0.28}]", "0.28, \"to_kwh\": 3}]", "hours[1].rate[0].to_kwh: must be left out of the last tier"},
      {"\"schedule\"", "\"shedule\"",
       "elements.json:8: elements[0].shedule: is not known here; allowed: id, direction"},
      {"\"schedule\"", "\"shedule\"", "elements.json:3: elements[0].schedule: is required"},
      {"\"market_rates\": true,", "", "elements.json:17: elements[1].market_series: goes with market_rates true"},
      {"\"market_rates\": true,", "\"market_rates\": 1,", "elements.json:16: elements[1].market_rates: is a number"},
      {"\"market_rates\": true,\n      \"market_series\": \"hourly\"", "\"market_rates\": true",
       "elements.json:13: elements[1].market_series: is required"},
      {"\"hourly\"", "\"daily\"",
       "elements.json:17: elements[1].market_series: is \"daily\", but there is no such series"},
      {"\"GBP\", \"vat_included\": false", "\"EUR\", \"vat_included\": false",
       "elements.json:17: elements[1].market_series: is in GBP, but the element is in EUR"},
      {"\"hourly\"",
       "\"hourly\", \"schedule\": [{\"days_and_hours\": [{\"hours\": [{\"rate\": [{\"surcharge_percentage\": "
       "5.12345}]}]}]}]",
       "elements.json:17: elements[1].schedule[0].days_and_hours[0].hours[0].rate[0].surcharge_percentage: is 5.12345; "
       "round it to 4 digits"},
      {"\"elements\": [", "\"elements\": [null,", "elements.json:2: elements[0]: is null; write an object"},
      {"0.28}]}]}]}]", "0.28}]}]}", "elements.json:"},
  };
  for (const Case& c : cases) {
    Change("elements.json", kElements, c.from, c.to);
    EXPECT_THAT(Faults(), HasSubstr(std::string(c.fault))) << c.from << " -> " << c.to;
  }
}

TEST_F(CatalogLoaderTest, BrokenDirectories_AreRefusedWithTheFile) {
  struct Case {
    absl::string_view name;
    absl::string_view text;
    absl::string_view fault;
  };
  const std::vector<Case> cases = {
      {"location.json", "{}", "catalog: location.json: is not a file of a catalog"},
      {"markets/x.csv", "", "catalog: markets: is not a file of a catalog"},
      {"elements/a.txt", "", "catalog: elements/a.txt: is not a file of a catalog; remove it, or name it *.json"},
      {"market/a.CSV", "", "catalog: market/a.CSV: is not a file of a catalog"},
      {"market/a b.csv", "", "catalog: market/a b.csv: the name before .csv is an id"},
      {"market/a.csv", "", "catalog: market/a.csv:1: the first line must be"},
      {"carbon/a.csv", "x", "catalog: carbon/a.csv:1: the first line must be"},
      {"carbon/a.csv/b", "x", "catalog: carbon/a.csv: is not a regular file"},
      {"elements/a.json", "", "catalog: elements/a.json:1: column 1: not JSON"},
      {"elements/a.json", "[]", "catalog: elements/a.json:1: is an array; write an object"},
  };
  for (const Case& c : cases) {
    Write(std::string(c.name), c.text);
    EXPECT_THAT(Faults(), HasSubstr(std::string(c.fault)));
    const fs::path written = std::string(c.name);
    fs::remove_all(root_ / written);
    if (c.name == "carbon/a.csv/b") fs::remove_all(root_ / "carbon/a.csv");
    if (*written.begin() == "markets" || *written.begin() == "elements") fs::remove_all(root_ / *written.begin());
  }
  EXPECT_EQ(Faults(), "accepted");
}

TEST_F(CatalogLoaderTest, MissingFiles_AreNamed) {
  fs::remove(root_ / "locations.json");
  EXPECT_THAT(Faults(), HasSubstr("catalog: locations.json: is missing in \""));
  fs::create_symlink("nowhere", root_ / "locations.json");
  EXPECT_THAT(Faults(), HasSubstr("catalog: locations.json: cannot be read: No such file"));
  fs::remove_all(root_);
  EXPECT_THAT(Faults(), HasSubstr("the directory cannot be read"));
}

TEST_F(CatalogLoaderTest, FileInPlaceOfAFolder_IsNamed) {
  fs::remove_all(root_ / "market");
  Write("market", "x");
  EXPECT_THAT(Faults(), HasSubstr("catalog: market: must be a directory of .csv files"));
}

TEST_F(CatalogLoaderTest, FaultsInSeveralFiles_AreAllShown) {
  Change("locations.json", kLocations, "Europe/London", "Mars/Base");
  Change("elements.json", kElements, "NON_COMMODITY", "FEE");
  Change("carbon/gb.csv", kCarbon, "61", "many");
  const std::string faults = Faults();
  EXPECT_THAT(faults, HasSubstr("carbon/gb.csv:2: forecast_g_per_kwh"));
  EXPECT_THAT(faults, HasSubstr("elements.json:4: elements[0].type"));
  EXPECT_THAT(faults, HasSubstr("locations.json:5: locations[0].timezone"));
}

TEST_F(CatalogLoaderTest, ReferenceToAFaultyThing_IsNotAFaultToo) {
  Change("market/hourly.csv", kMarket, "-0.0124", "free");
  EXPECT_THAT(Faults(), HasSubstr("market/hourly.csv:2"));
  EXPECT_THAT(Faults(), Not(HasSubstr("elements.json")));
  EXPECT_THAT(Faults(), Not(HasSubstr("locations.json")));
}

TEST_F(CatalogLoaderTest, ManyFaults_AreCutOff) {
  std::string locations;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&locations, i == 0 ? "" : ",\n", "{}");
  Write("locations.json", absl::StrCat("{\"locations\": [", locations, "]}"));
  const std::string faults = Faults();
  EXPECT_EQ(std::count(faults.begin(), faults.end(), '\n'), 20);
  EXPECT_THAT(faults, HasSubstr("more; mend these first"));
}

TEST_F(CatalogLoaderTest, SameLocationTwice_IsRefusedWithBothLines) {
  const std::string text(kLocations);
  const size_t begin = text.find("    {"), end = text.rfind("\n  ]");
  Write("locations.json", text.substr(0, end) + ",\n" + text.substr(begin));
  EXPECT_THAT(Faults(), HasSubstr("locations.json:12: locations[1].id: is \"loc_1\", which is used already at "
                                  "locations.json:4"));
}

TEST_F(CatalogLoaderTest, Limits_AreKept) {
  LoadLimits limits;
  limits.max_file_bytes = 100;
  EXPECT_THAT(Faults(limits), HasSubstr("catalog: elements.json: has "));
  EXPECT_THAT(Faults(limits), HasSubstr("at most 100 are read"));
  limits = {};
  limits.max_rows = 0;
  EXPECT_THAT(Faults(limits), HasSubstr("market/hourly.csv:2: has more than 0 rows"));
  limits = {};
  limits.json.max_depth = 3;
  EXPECT_THAT(Faults(limits), HasSubstr("nested more than 3 deep"));
}

}  // namespace
}  // namespace costs::catalog
