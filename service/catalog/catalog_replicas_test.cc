// Several catalogs that share one PostgreSQL database: what one changes the others
// use, without making anew what did not change; no change is lost; and a database
// that is away is waited for.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/catalog/testing/each_store.h"
#include "service/engine/price_timeline.h"
#include "service/postgres/connection.h"

namespace costs::catalog {
namespace {

using testing::CatalogTest;
using testing::FlatElement;
using testing::From;
using ::testing::HasSubstr;
using testing::NewDatabase;
using ::testing::Not;

// Far more than it takes, also on a busy machine.
constexpr absl::Duration kPatience = absl::Seconds(60);

const char kHome[] = R"(id: "home" timezone: "Europe/London" currency_code: "GBP" )";
const char kOther[] = R"(id: "other" timezone: "Europe/Paris" currency_code: "GBP" )";

template <typename Condition>
bool Await(Condition condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

// Ends the connection of this process that has that port of its own.
bool CutConnection(int64_t port) {
  constexpr int kMostFiles = 1024;
  for (int file = 0; file < kMostFiles; ++file) {
    sockaddr_in address{};
    socklen_t length = sizeof(address);
    if (getsockname(file, reinterpret_cast<sockaddr*>(&address), &length) != 0) continue;
    if (address.sin_family == AF_INET && ntohs(address.sin_port) == port) return shutdown(file, SHUT_RDWR) == 0;
  }
  return false;
}

// `catalog()` makes the changes, `other()` follows.
class CatalogReplicasTest : public CatalogTest {
 protected:
  void SetUp() override {
    COSTS_REQUIRE_POSTGRES();
    Open(Store());
    other_ = OpenAnother();
  }

  virtual std::string Store() { return NewDatabase(); }

  std::unique_ptr<Catalog> OpenAnother() {
    Catalog::Options options;
    options.store = options_.store;
    options.tenant = tenant_;
    options.on_published = [this] {
      ++published_;
      // A callback must not do this; here it stands for a follower that is late.
      while (held_) absl::SleepFor(absl::Milliseconds(1));
    };
    absl::StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(std::move(options));
    EXPECT_TRUE(catalog.ok()) << catalog.status();
    return *std::move(catalog);
  }

  std::shared_ptr<const Snapshot> followed() { return other_->snapshots().Get(); }

  // Waits until the other has what this one has.
  void Follow() {
    EXPECT_TRUE(Await([&] { return followed()->version() == snapshot()->version(); }))
        << "this one has version " << snapshot()->version() << ", the other " << followed()->version();
    EXPECT_EQ(other_->last_changed(), catalog().last_changed());
  }

  // Of a kWh, by the price at that second; "-" where there is none.
  static std::string Rate(const Snapshot& snapshot, const std::string& location, int64_t second) {
    const Location* found = snapshot.FindLocation(location);
    if (found == nullptr) return "no location";
    const engine::PriceTimeline* prices = found->PricesFor(engine::TariffRate::kImport);
    if (prices == nullptr) return "no element";
    const engine::Timeline::Integral integral =
        prices->timeline().Integrate({engine::Instant::FromSeconds(second), engine::Instant::FromSeconds(second + 1)});
    if (!integral.known) return "-";
    double scale = 1e9;
    for (int i = 0; i < prices->timeline().scale(); ++i) scale *= 10;
    return absl::StrCat(static_cast<double>(integral.area) / scale);
  }

  static const engine::PriceTimeline* Timeline(const Snapshot& snapshot, const std::string& location) {
    return snapshot.FindLocation(location)->PricesFor(engine::TariffRate::kImport);
  }

  std::unique_ptr<postgres::Connection> Connect() {
    postgres::ConnectOptions options;
    options.conninfo = options_.store;
    auto connection = postgres::Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }

  absl::Status CreateLocation(const std::string& text) {
    pb::CreateLocationRequest request;
    *request.mutable_location() = From<pb::Location>(text);
    pb::Location ignored;
    return catalog().CreateLocation(request, &ignored);
  }

  static std::string PriceText(int64_t from, int64_t to, const std::string& rate) {
    return absl::StrCat(" prices { valid_from { seconds: ", from, " } valid_to { seconds: ", to, " } rate: ", rate,
                        " }");
  }

  void UploadIntensities(const std::string& text) {
    std::unique_ptr<Catalog::IntensityUpload> upload = catalog().BeginIntensityUpload();
    ASSERT_TRUE(upload->Add(From<pb::UploadIntensitiesRequest>(text)).ok());
    pb::UploadIntensitiesResponse response;
    const absl::Status status = upload->Commit(&response);
    ASSERT_TRUE(status.ok()) << status;
  }

  std::string Intensities(const std::string& region) {
    std::string text;
    const auto series = followed()->FindCarbon(region);
    if (series == nullptr) return "none";
    for (const engine::CarbonIntensity& entry : series->intensities()) {
      absl::StrAppend(&text, entry.interval.start.ns / engine::kNanosPerSecond, "-",
                      entry.interval.end.ns / engine::kNanosPerSecond, ":");
      absl::StrAppend(&text, entry.forecast ? absl::StrCat(entry.forecast->ToDouble()) : "", "/",
                      entry.actual ? absl::StrCat(entry.actual->ToDouble()) : "", " ");
    }
    return text;
  }

  std::atomic<int> published_{0};
  std::atomic<bool> held_{false};
  std::unique_ptr<Catalog> other_;
};

TEST_F(CatalogReplicasTest, Locations_AreFollowed) {
  AddLocation(kHome);
  Follow();
  EXPECT_EQ(Rate(*followed(), "home", 0), "no element");
  EXPECT_EQ(published_, 1);
  pb::Location location;
  ASSERT_TRUE(catalog()
                  .UpdateLocation(
                      From<pb::UpdateLocationRequest>("location { id: 'home' timezone: 'Europe/Paris' } update_mask { "
                                                      "paths: 'timezone' }"),
                      &location)
                  .ok());
  Follow();
  EXPECT_EQ(followed()->FindLocation("home")->timezone, "Europe/Paris");
  ASSERT_TRUE(catalog().DeleteLocation(From<pb::DeleteLocationRequest>("id: 'home'")).ok());
  Follow();
  EXPECT_EQ(followed()->location_count(), 0u);
  EXPECT_EQ(published_, 3);
}

TEST_F(CatalogReplicasTest, Elements_AreFollowed) {
  AddLocation(kHome);
  AddElement(FlatElement("0.25") + "id: 'a' location_id: 'home'");
  AddElement(FlatElement("0.5") + "id: 'b' currency_code: 'GBP'");
  AddLocation(std::string(kOther) + "tariff_elements: 'b'");
  Follow();
  EXPECT_EQ(Rate(*followed(), "home", 0), "0.25");
  EXPECT_EQ(Rate(*followed(), "other", 0), "0.5");
  const auto before = followed();
  pb::TariffElement element;
  ASSERT_TRUE(catalog()
                  .UpdateTariffElement(
                      From<pb::UpdateTariffElementRequest>(absl::StrCat(
                          "tariff_element { id: 'a' ", FlatElement("0.75"), "} update_mask { paths: 'schedule' }")),
                      &element)
                  .ok());
  Follow();
  EXPECT_EQ(Rate(*followed(), "home", 0), "0.75");
  EXPECT_EQ(Timeline(*followed(), "other"), Timeline(*before, "other")) << "made anew without need";
  EXPECT_EQ(followed()->FindElement("b"), before->FindElement("b"));
  ASSERT_TRUE(catalog().DeleteTariffElement(From<pb::DeleteTariffElementRequest>("id: 'b'")).ok());
  Follow();
  EXPECT_EQ(Rate(*followed(), "other", 0), "no element");
  ASSERT_TRUE(catalog().DeleteLocation(From<pb::DeleteLocationRequest>("id: 'home'")).ok());
  Follow();
  EXPECT_EQ(followed()->element_count(), 0u) << "its own element goes with a location";
}

TEST_F(CatalogReplicasTest, Calendar_IsFollowed) {
  AddCalendar("id: 'uk' rules { fixed_date { month: 12 day: 25 } }");
  AddElement(FlatElement("0.25") + "id: 'a' currency_code: 'GBP' special_day_calendar: 'uk'");
  AddElement(FlatElement("0.25") + "id: 'b' currency_code: 'GBP'");
  Follow();
  const auto christmas = followed()->FindElement("a")->special_days;
  ASSERT_NE(christmas, nullptr);
  const auto before = followed();
  pb::SpecialDayCalendar calendar;
  ASSERT_TRUE(catalog()
                  .UpdateSpecialDayCalendar(From<pb::UpdateSpecialDayCalendarRequest>(
                                                "special_day_calendar { id: 'uk' rules { fixed_date { month: 12 day: "
                                                "26 } } } update_mask { paths: 'rules' }"),
                                            &calendar)
                  .ok());
  Follow();
  EXPECT_NE(followed()->FindElement("a")->special_days, christmas);
  EXPECT_EQ(followed()->FindElement("b"), before->FindElement("b"));
}

TEST_F(CatalogReplicasTest, MarketPrices_AreFollowedAndNoOtherYearMadeAnew) {
  constexpr int64_t kYear = 365 * 86'400;
  std::string text = "market_series: 'm' currency_code: 'GBP'";
  for (int i = 0; i < 4; ++i) absl::StrAppend(&text, PriceText(i * kYear, (i + 1) * kYear, absl::StrCat(i)));
  Upload(text);
  AddElement("id: 'm' direction: IMPORT type: COMMODITY market_rates: true market_series: 'm' currency_code: 'GBP'");
  AddElement(FlatElement("0.5") + "id: 'flat' currency_code: 'GBP'");
  AddLocation(std::string(kHome) + "tariff_elements: 'm'");
  AddLocation(std::string(kOther) + "tariff_elements: 'flat'");
  Follow();
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Rate(*followed(), "home", i * kYear + 86'400), absl::StrCat(i));
  const int compiled = Timeline(*followed(), "home")->timeline().compiled_years();
  ASSERT_GT(compiled, 1);
  const auto before = followed();
  Upload("market_series: 'm'" + PriceText(kYear + 86'400, kYear + 90'000, "7"));
  Follow();
  EXPECT_EQ(Timeline(*followed(), "home")->timeline().compiled_years(), compiled - 1);
  EXPECT_EQ(Timeline(*followed(), "other"), Timeline(*before, "other"));
  EXPECT_EQ(followed()->FindElement("flat"), before->FindElement("flat"));
  EXPECT_EQ(followed()->FindMarket("m")->size(), 6u);
  EXPECT_EQ(Rate(*followed(), "home", kYear + 86'399), "1");
  EXPECT_EQ(Rate(*followed(), "home", kYear + 86'400), "7");
  EXPECT_EQ(Rate(*followed(), "home", kYear + 90'000), "1");
  EXPECT_EQ(Rate(*before, "home", kYear + 86'400), "1") << "an old snapshot stays as it was";
}

TEST_F(CatalogReplicasTest, Intensities_AreFollowed) {
  UploadIntensities(
      "region: 'GB' intensities { valid_from { seconds: 0 } valid_to { seconds: 100 } forecast: 10 actual: 20 }");
  Follow();
  EXPECT_EQ(Intensities("GB"), "0-100:10/20 ");
  UploadIntensities("region: 'GB' intensities { valid_from { seconds: 20 } valid_to { seconds: 30 } actual: 5 }");
  Follow();
  EXPECT_EQ(Intensities("GB"), "0-20:10/20 20-30:/5 30-100:10/20 ");
  UploadIntensities("region: 'FR' intensities { valid_from { seconds: 0 } valid_to { seconds: 100 } forecast: 1 }");
  Follow();
  EXPECT_EQ(Intensities("FR"), "0-100:1/ ");
}

TEST_F(CatalogReplicasTest, SeveralChangesAtOnce_AreFollowed) {
  UploadIntensities(
      "region: 'GB' intensities { valid_from { seconds: 0 } valid_to { seconds: 100 } forecast: 10 actual: 20 }");
  AddElement(FlatElement("0.25") + "id: 'a' currency_code: 'GBP'");
  AddLocation(std::string(kHome) + "tariff_elements: 'a'");
  AddLocation(std::string(kOther) + "tariff_elements: 'a'");
  Follow();
  const int published = published_;
  held_ = true;
  AddLocation("id: 'third' timezone: 'UTC' currency_code: 'GBP'");
  ASSERT_TRUE(Await([&] { return published_ > published; }));
  // The figures of the first hundred seconds are replaced, and so have no actual.
  UploadIntensities("region: 'GB' intensities { valid_from { seconds: 0 } valid_to { seconds: 50 } forecast: 3 }");
  UploadIntensities("region: 'GB' intensities { valid_from { seconds: 0 } valid_to { seconds: 100 } forecast: 5 }");
  // The element is on no list any more, but on that of a location that is new.
  EXPECT_TRUE(catalog().DeleteTariffElement(From<pb::DeleteTariffElementRequest>("id: 'a'")).ok());
  AddElement(FlatElement("0.75") + "id: 'a' currency_code: 'GBP'");
  EXPECT_TRUE(catalog().DeleteLocation(From<pb::DeleteLocationRequest>("id: 'other'")).ok());
  AddLocation(std::string(kOther) + "tariff_elements: 'a'");
  held_ = false;
  Follow();
  EXPECT_EQ(published_, published + 2);
  EXPECT_EQ(Rate(*followed(), "home", 0), "no element") << "it was taken off the list";
  EXPECT_EQ(Rate(*followed(), "other", 0), "0.75");
  EXPECT_EQ(Intensities("GB"), "0-100:5/ ");
  EXPECT_EQ(Rate(*snapshot(), "home", 0), Rate(*followed(), "home", 0));
}

TEST_F(CatalogReplicasTest, Replaced_IsFollowed) {
  AddLocation("id: 'old' timezone: 'UTC' currency_code: 'GBP'");
  Follow();
  CatalogDocuments documents;
  documents.locations.push_back(From<pb::Location>(std::string(kHome) + "tariff_elements: 'a'"));
  documents.elements.push_back(From<pb::TariffElement>(FlatElement("1") + "id: 'a' currency_code: 'GBP'"));
  ASSERT_TRUE(catalog().Replace(documents).ok());
  Follow();
  EXPECT_EQ(followed()->location_count(), 1u);
  EXPECT_EQ(Rate(*followed(), "home", 0), "1");
}

TEST_F(CatalogReplicasTest, ChangeNobodyToldOfAndThatIsNotInTheLog_IsFollowed) {
  AddLocation(kHome);
  AddLocation(kOther);
  Follow();
  ASSERT_TRUE(Connect()
                  ->Execute("BEGIN; DELETE FROM locations WHERE id = 'other'; "
                            "UPDATE catalog_revisions SET revision = revision + 5; COMMIT")
                  .ok());
  EXPECT_TRUE(Await([&] { return followed()->location_count() == 1; }));
  // A change goes on from there.
  AddElement(FlatElement("0.25") + "id: 'a' location_id: 'home'");
  EXPECT_EQ(snapshot()->version(), 8u);
  EXPECT_EQ(snapshot()->location_count(), 1u);
  Follow();
  EXPECT_EQ(Rate(*followed(), "home", 0), "0.25");
}

TEST_F(CatalogReplicasTest, Change_BeginsWithWhatOthersChanged) {
  AddLocation(kHome);
  // At once, whether that is followed already or not.
  pb::CreateTariffElementRequest request;
  *request.mutable_tariff_element() = From<pb::TariffElement>(FlatElement("0.25") + "id: 'a' location_id: 'home'");
  pb::TariffElement element;
  const absl::Status status = other_->CreateTariffElement(request, &element);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(followed()->version(), 2u);
  EXPECT_EQ(ReasonOf(CreateLocation(kHome)), "LOCATION_EXISTS");
  EXPECT_EQ(GetLocation("home").tariff_elements_size(), 1);
  Follow();
  EXPECT_EQ(Rate(*snapshot(), "home", 0), "0.25") << "what was refused had caught up all the same";
}

TEST_F(CatalogReplicasTest, OtherAccountsChanges_AreNotSeen) {
  AddLocation(kHome);
  Follow();
  Catalog::Options options;
  options.store = options_.store;
  options.tenant = {"acc_1", false};
  auto catalog_of_test_mode = Catalog::Open(options);
  ASSERT_TRUE(catalog_of_test_mode.ok()) << catalog_of_test_mode.status();
  EXPECT_EQ((*catalog_of_test_mode)->snapshots().Get()->location_count(), 0u);
  pb::CreateLocationRequest request;
  *request.mutable_location() = From<pb::Location>(kHome);
  pb::Location location;
  ASSERT_TRUE((*catalog_of_test_mode)->CreateLocation(request, &location).ok());
  AddLocation(kOther);
  Follow();
  EXPECT_EQ(followed()->version(), 2u);
}

TEST_F(CatalogReplicasTest, ManyUpdatesThroughBoth_LoseNone) {
  AddLocation(kHome);
  constexpr int kThreads = 2, kRounds = 10;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2 * kThreads; ++i) {
    threads.emplace_back([&, i] {
      Catalog* catalog = i % 2 == 0 ? catalog_.get() : other_.get();
      for (int round = 0; round < kRounds; ++round) {
        pb::CreateLocationRequest create;
        *create.mutable_location() =
            From<pb::Location>(absl::StrCat("id: 'l", i, "-", round, "' timezone: 'UTC' currency_code: 'GBP'"));
        pb::Location location;
        EXPECT_TRUE(catalog->CreateLocation(create, &location).ok());
        pb::GetLocationRequest get;
        get.set_id("home");
        pb::UpdateLocationRequest update;
        ASSERT_TRUE(catalog->GetLocation(get, update.mutable_location()).ok());
        update.mutable_location()->set_reference_id(absl::StrCat(update.location().reference_id(), "x"));
        const absl::Status status = catalog->UpdateLocation(update, &location);
        EXPECT_TRUE(status.ok() || ReasonOf(status) == "ETAG_MISMATCH") << status;
        if (status.ok()) ++made;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(GetLocation("home").reference_id().size(), static_cast<size_t>(made));
  EXPECT_TRUE(Await([&] { return followed()->location_count() == 2 * kThreads * kRounds + 1; }));
  EXPECT_TRUE(Await([&] { return snapshot()->location_count() == 2 * kThreads * kRounds + 1; }));
  EXPECT_TRUE(Await([&] { return snapshot()->version() == followed()->version(); }));
}

TEST_F(CatalogReplicasTest, CommitOfALostConnection_IsFoundOut) {
  auto connection = Connect();
  ASSERT_TRUE(connection
                  ->Execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
                            "$$ BEGIN PERFORM pg_sleep(0.5); RETURN NULL; END $$; "
                            "CREATE CONSTRAINT TRIGGER slow AFTER INSERT OR UPDATE ON catalog_revisions "
                            "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait()")
                  .ok());
  constexpr absl::string_view kCommitting =
      "SELECT pid, client_port FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
  for (const bool is_made : {true, false}) {
    absl::Status status;
    std::thread change([&] { status = CreateLocation(is_made ? kHome : kOther); });
    int64_t pid = 0, port = 0;
    EXPECT_TRUE(Await([&] {
      auto row = connection->Query(kCommitting);
      if (!row.ok() || row->rows() == 0) return false;
      pid = row->Int(0, 0);
      port = row->Int(0, 1);
      return true;
    }));
    if (is_made) {
      EXPECT_TRUE(CutConnection(port));
    } else {
      EXPECT_TRUE(connection->Query("SELECT pg_terminate_backend($1::int)", postgres::Params().Int(pid)).ok());
    }
    change.join();
    EXPECT_EQ(status.ok(), is_made) << status;
    if (!is_made) {
      EXPECT_EQ(ReasonOf(status), "STORE_UNAVAILABLE");
    }
  }
  EXPECT_EQ(snapshot()->location_count(), 1u);
  EXPECT_NE(snapshot()->FindLocation("home"), nullptr);
  ASSERT_TRUE(connection->Execute("DROP TRIGGER slow ON catalog_revisions").ok());
  AddLocation(kOther);
  Follow();
  EXPECT_EQ(followed()->location_count(), 2u);
}

TEST_F(CatalogReplicasTest, LaterSchema_IsRefusedAndLeftAlone) {
  AddLocation(kHome);
  ASSERT_TRUE(Connect()->Execute("UPDATE costs_schema_versions SET version = 2 WHERE part = 'catalog'").ok());
  const absl::Status status = Catalog::Open(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has schema 2"));
}

TEST_F(CatalogReplicasTest, BrokenDocument_IsDataLossAndNamed) {
  AddLocation(kHome);
  ASSERT_TRUE(Connect()->Execute("UPDATE locations SET document = '\\xffff'").ok());
  const absl::Status status = Catalog::Open(options_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("location home"));
}

TEST_F(CatalogReplicasTest, NoSuchDatabase_IsUnavailableAndNamedWithoutPassword) {
  Catalog::Options options;
  options.store = "postgres://costs:secret@127.0.0.1:1/prices?connect_timeout=5";
  const absl::Status status = Catalog::Open(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("database 127.0.0.1:1/prices: "));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

// With a server that is stopped and started.
class CatalogOutageTest : public CatalogReplicasTest {
 protected:
  std::string Store() override {
    auto server = postgres::PostgresServer::Start({"max_connections=50"});
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    return server_->url();
  }

  void TearDown() override {
    other_.reset();
    catalog_.reset();
  }

  std::unique_ptr<postgres::PostgresServer> server_;
};

TEST_F(CatalogOutageTest, ServerAwayAndBack_RefusesMeanwhileAndGoesOn) {
  AddLocation(kHome);
  AddElement(FlatElement("0.25") + "id: 'a' location_id: 'home'");
  Follow();
  for (const bool in_good_order : {true, false}) {
    ASSERT_TRUE((in_good_order ? server_->Stop() : server_->Kill()).ok());
    const std::string id = in_good_order ? "first" : "second";
    const std::string text = absl::StrCat("id: '", id, "' timezone: 'UTC' currency_code: 'GBP'");
    const absl::Status status = CreateLocation(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), "STORE_UNAVAILABLE");
    pb::Location location;
    pb::GetLocationRequest get;
    get.set_id("home");
    EXPECT_EQ(ReasonOf(catalog().GetLocation(get, &location)), "STORE_UNAVAILABLE");
    EXPECT_EQ(ReasonOf(other_->Empty().status()), "STORE_UNAVAILABLE");
    EXPECT_EQ(Rate(*followed(), "home", 0), "0.25") << "pricing goes on";
    ASSERT_TRUE(server_->Restart().ok());
    EXPECT_TRUE(Await([&] { return CreateLocation(text).ok(); }));
    Follow();
    EXPECT_NE(followed()->FindLocation(id), nullptr);
  }
  EXPECT_EQ(followed()->version(), 4u);
}

}  // namespace
}  // namespace costs::catalog
