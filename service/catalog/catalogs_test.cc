// The catalogs of many tenants in one store: nobody sees, changes or counts what is
// another's, whatever ids they have in common.
#include "service/catalog/catalogs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/catalog/testing/each_store.h"
#include "service/postgres/connection.h"

namespace costs::catalog {
namespace {

using testing::EachStore;
using testing::FlatElement;
using testing::From;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::NameOfStore;
using testing::NewDatabase;
using ::testing::Not;
using ::testing::SizeIs;
using testing::StoreKind;
using testing::TemporaryFolder;
using ::testing::UnorderedElementsAre;

// Far more than it takes, also on a busy machine.
constexpr absl::Duration kPatience = absl::Seconds(60);

const Tenant kA = {"acc_a", true};
const Tenant kTestA = {"acc_a", false};
const Tenant kB = {"acc_b", true};
const std::vector<Tenant> kAll = {kA, kTestA, kB};

template <typename Condition>
bool Await(Condition condition) {
  const absl::Time deadline = absl::Now() + kPatience;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

std::string NameOf(const Tenant& tenant) { return absl::StrCat(tenant.account_id, tenant.live_mode ? "" : " test"); }

// One location "home" at a rate, and one entry of every other kind.
absl::Status Fill(Catalog* catalog, const std::string& rate, const std::string& region = "region") {
  pb::CreateLocationRequest location;
  *location.mutable_location() =
      From<pb::Location>(absl::StrCat("id: 'home' timezone: 'UTC' currency_code: 'GBP' carbon_region: '", region, "'"));
  pb::Location created;
  absl::Status status = catalog->CreateLocation(location, &created);
  pb::CreateTariffElementRequest element;
  *element.mutable_tariff_element() =
      From<pb::TariffElement>(absl::StrCat(FlatElement(rate), "id: 'element' location_id: 'home'"));
  pb::TariffElement made;
  status.Update(catalog->CreateTariffElement(element, &made));
  pb::Device device;
  status.Update(catalog->CreateDevice(From<pb::CreateDeviceRequest>("device { id: 'car' }"), &device));
  pb::SpecialDayCalendar calendar;
  status.Update(catalog->CreateSpecialDayCalendar(
      From<pb::CreateSpecialDayCalendarRequest>(
          "special_day_calendar { id: 'uk' rules { fixed_date { month: 12 day: 25 } } }"),
      &calendar));
  return status;
}

// What a kWh costs at "home".
std::string RateAtHome(const Snapshot& snapshot) {
  const Location* const home = snapshot.FindLocation("home");
  if (home == nullptr) return "no location";
  const engine::PriceTimeline* const prices = home->PricesFor(engine::TariffRate::kImport);
  if (prices == nullptr) return "no element";
  const auto integral =
      prices->timeline().Integrate({engine::Instant::FromSeconds(0), engine::Instant::FromSeconds(1)});
  double scale = 1e9;
  for (int i = 0; i < prices->timeline().scale(); ++i) scale *= 10;
  return absl::StrCat(static_cast<double>(integral.area) / scale);
}

class CatalogsTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (GetParam() == StoreKind::kPostgres) {
      COSTS_REQUIRE_POSTGRES();
      store_ = NewDatabase();
    } else {
      store_ = (folder_.path / "catalog.db").string();
    }
    catalogs_ = Open();
  }

  std::unique_ptr<Catalogs> Open() {
    Catalogs::Options options;
    options.store = store_;
    options.on_published = [this](const Tenant& tenant) {
      const std::lock_guard<std::mutex> lock(mutex_);
      published_.push_back(NameOf(tenant));
    };
    options.log = [this](absl::string_view line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      absl::StrAppend(&log_, line, "\n");
    };
    absl::StatusOr<std::unique_ptr<Catalogs>> catalogs = Catalogs::Open(std::move(options));
    EXPECT_TRUE(catalogs.ok()) << catalogs.status();
    return catalogs.ok() ? *std::move(catalogs) : nullptr;
  }

  Catalog& Of(const Tenant& tenant) {
    absl::StatusOr<Catalog*> catalog = catalogs_->Get(tenant);
    EXPECT_TRUE(catalog.ok()) << catalog.status();
    return **catalog;
  }

  std::string RateOf(const Tenant& tenant) {
    const auto snapshot = catalogs_->Find(tenant.account_id, tenant.live_mode);
    return snapshot == nullptr ? "not open" : RateAtHome(*snapshot);
  }

  std::vector<std::string> published() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return published_;
  }
  std::string log() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return log_;
  }

  TemporaryFolder folder_;
  std::string store_;
  std::mutex mutex_;
  std::vector<std::string> published_;
  std::string log_;
  std::unique_ptr<Catalogs> catalogs_;  // the last, and so the first to go
};

INSTANTIATE_TEST_SUITE_P(, CatalogsTest, EachStore(), NameOfStore);

TEST_P(CatalogsTest, SameIds_EachHasHisOwn) {
  ASSERT_TRUE(Fill(&Of(kA), "0.1").ok());
  ASSERT_TRUE(Fill(&Of(kTestA), "0.2").ok());
  ASSERT_TRUE(Fill(&Of(kB), "0.3").ok());
  EXPECT_EQ(RateOf(kA), "0.1");
  EXPECT_EQ(RateOf(kTestA), "0.2");
  EXPECT_EQ(RateOf(kB), "0.3");
  pb::TariffElement element;
  ASSERT_TRUE(Of(kB)
                  .UpdateTariffElement(From<pb::UpdateTariffElementRequest>(
                                           absl::StrCat("tariff_element { id: 'element' ", FlatElement("0.5"),
                                                        "} update_mask { paths: 'schedule' }")),
                                       &element)
                  .ok());
  EXPECT_EQ(element.account_id(), "acc_b");
  EXPECT_EQ(RateOf(kB), "0.5");
  EXPECT_EQ(RateOf(kA), "0.1");
  ASSERT_TRUE(Of(kA).DeleteLocation(From<pb::DeleteLocationRequest>("id: 'home'")).ok());
  EXPECT_EQ(RateOf(kA), "no location");
  EXPECT_EQ(RateOf(kTestA), "0.2");
  pb::Location location;
  ASSERT_TRUE(Of(kTestA).GetLocation(From<pb::GetLocationRequest>("id: 'home'"), &location).ok());
  EXPECT_EQ(location.account_id(), "acc_a");
  EXPECT_FALSE(location.live_mode());
}

TEST_P(CatalogsTest, AnotherTenants_AreAsIfNotThere) {
  ASSERT_TRUE(Fill(&Of(kA), "0.1").ok());
  for (const Tenant& other : {kTestA, kB}) {
    Catalog& catalog = Of(other);
    EXPECT_TRUE(*catalog.Empty());
    pb::Location location;
    const absl::Status status = catalog.GetLocation(From<pb::GetLocationRequest>("id: 'home'"), &location);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ReasonOf(status), "LOCATION_NOT_FOUND");
    pb::ListLocationsResponse list;
    ASSERT_TRUE(catalog.ListLocations({}, &list).ok());
    EXPECT_THAT(list.data(), IsEmpty());
    EXPECT_EQ(ReasonOf(catalog.DeleteLocation(From<pb::DeleteLocationRequest>("id: 'home'"))), "LOCATION_NOT_FOUND");
    EXPECT_EQ(ReasonOf(catalog.DeleteDevice(From<pb::DeleteDeviceRequest>("id: 'car'"))), "DEVICE_NOT_FOUND");
    pb::TariffElement element;
    EXPECT_EQ(
        ReasonOf(catalog.CreateTariffElement(From<pb::CreateTariffElementRequest>(absl::StrCat(
                                                 "tariff_element { ", FlatElement("0.2"), " location_id: 'home' }")),
                                             &element)),
        "LOCATION_NOT_FOUND");
    EXPECT_EQ(ReasonOf(catalog.CreateTariffElement(
                  From<pb::CreateTariffElementRequest>(absl::StrCat(
                      "tariff_element { ", FlatElement("0.2"), " currency_code: 'GBP' special_day_calendar: 'uk' }")),
                  &element)),
              "CALENDAR_NOT_FOUND");
    EXPECT_TRUE(*catalog.Empty());
  }
  EXPECT_EQ(RateOf(kA), "0.1");
}

TEST_P(CatalogsTest, SameSeries_EachHasHisOwn) {
  for (const auto& [tenant, number] : {std::pair(kA, 100), std::pair(kB, 200)}) {
    ASSERT_TRUE(Fill(&Of(tenant), "0.1").ok());
    auto upload = Of(tenant).BeginIntensityUpload();
    ASSERT_TRUE(upload
                    ->Add(From<pb::UploadIntensitiesRequest>(absl::StrCat(
                        "region: 'region' intensities { valid_from { seconds: 0 } valid_to { seconds: 60 } actual: ",
                        number, " }")))
                    .ok());
    pb::UploadIntensitiesResponse response;
    ASSERT_TRUE(upload->Commit(&response).ok());
  }
  pb::ListIntensitiesResponse list;
  ASSERT_TRUE(Of(kB).ListIntensities(From<pb::ListIntensitiesRequest>("region: 'region'"), &list).ok());
  ASSERT_THAT(list.data(), SizeIs(1));
  EXPECT_EQ(list.data(0).actual(), 200);
  EXPECT_EQ(ReasonOf(Of(kTestA).ListIntensities(From<pb::ListIntensitiesRequest>("region: 'region'"), &list)),
            "CARBON_REGION_NOT_FOUND");
}

TEST_P(CatalogsTest, ReplacedCatalog_LeavesOthersAlone) {
  for (const Tenant& tenant : kAll) ASSERT_TRUE(Fill(&Of(tenant), "0.1").ok());
  ASSERT_TRUE(Of(kB).Replace({}).ok());
  EXPECT_TRUE(*Of(kB).Empty());
  EXPECT_EQ(RateOf(kB), "no location");
  EXPECT_EQ(RateOf(kA), "0.1");
  catalogs_ = nullptr;
  catalogs_ = Open();
  EXPECT_EQ(RateOf(kA), "0.1");
  EXPECT_EQ(RateOf(kTestA), "0.1");
}

TEST_P(CatalogsTest, NotOpened_IsNotFoundButOpenedByGet) {
  EXPECT_EQ(catalogs_->Find("acc_a", true), nullptr);
  Catalog* const catalog = &Of(kA);
  EXPECT_EQ(&Of(kA), catalog);
  ASSERT_NE(catalogs_->Find("acc_a", true), nullptr);
  EXPECT_EQ(catalogs_->Find("acc_a", true)->version(), 0u);
  EXPECT_EQ(catalogs_->Find("acc_a", false), nullptr);
  const auto opened = catalogs_->Open(kTestA);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(catalogs_->Find("acc_a", false), *opened);
}

TEST_P(CatalogsTest, Reopened_HasThoseWhoHaveEntriesAndTheirVersions) {
  for (const Tenant& tenant : kAll) ASSERT_TRUE(Fill(&Of(tenant), "0.1").ok());
  Of({"acc_onlooker", true});
  const uint64_t version = Of(kB).snapshots().Get()->version();
  catalogs_ = nullptr;
  published_.clear();
  catalogs_ = Open();
  std::vector<std::string> names;
  for (const Tenant& tenant : catalogs_->tenants()) names.push_back(NameOf(tenant));
  EXPECT_THAT(names, UnorderedElementsAre("acc_a", "acc_a test", "acc_b"));
  EXPECT_THAT(published(), IsEmpty());
  EXPECT_EQ(catalogs_->Find("acc_b", true)->version(), version);
}

TEST_P(CatalogsTest, Published_NamesTheTenant) {
  Of(kA);
  EXPECT_THAT(published(), IsEmpty()) << "nobody need look at a catalog without entries";
  ASSERT_TRUE(Fill(&Of(kB), "0.1").ok());
  EXPECT_THAT(published(), SizeIs(2));
  EXPECT_THAT(published(), ::testing::Each("acc_b"));
}

TEST_P(CatalogsTest, ManyThreads_OpenEachOnceAndKeepThemApart) {
  constexpr int kThreads = 4, kTenants = 12;
  std::vector<std::vector<Catalog*>> got(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < kTenants; ++j) got[i].push_back(&Of({absl::StrCat("acc_", j), true}));
      for (int j = i; j < kTenants; j += kThreads) ASSERT_TRUE(Fill(got[i][j], absl::StrCat("0.", j + 10)).ok());
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int i = 1; i < kThreads; ++i) EXPECT_EQ(got[i], got[0]);
  for (int j = 0; j < kTenants; ++j) {
    EXPECT_EQ(RateOf({absl::StrCat("acc_", j), true}), absl::StrCat(std::stod(absl::StrCat("0.", j + 10))));
  }
}

// Two processes on one database.
class CatalogsReplicasTest : public CatalogsTest {
 protected:
  void SetUp() override {
    CatalogsTest::SetUp();
    if (catalogs_ == nullptr) return;
    Catalogs::Options options;
    options.store = store_;
    options.on_following = [this](const absl::Status& status) { following_ = status.ok(); };
    absl::StatusOr<std::unique_ptr<Catalogs>> other = Catalogs::Open(std::move(options));
    ASSERT_TRUE(other.ok()) << other.status();
    other_ = *std::move(other);
  }

  std::string FollowedRate(const Tenant& tenant) {
    const auto snapshot = other_->Find(tenant.account_id, tenant.live_mode);
    return snapshot == nullptr ? "not open" : RateAtHome(*snapshot);
  }

  std::unique_ptr<postgres::Connection> Connect() {
    postgres::ConnectOptions options;
    options.conninfo = store_;
    auto connection = postgres::Connection::Open(options);
    EXPECT_TRUE(connection.ok()) << connection.status();
    return *std::move(connection);
  }

  std::atomic<bool> following_{true};
  std::unique_ptr<Catalogs> other_;
};

INSTANTIATE_TEST_SUITE_P(, CatalogsReplicasTest, ::testing::Values(StoreKind::kPostgres), NameOfStore);

TEST_P(CatalogsReplicasTest, TenantThatAnotherMade_IsThereUponItsFirstCall) {
  ASSERT_TRUE(Fill(&Of(kA), "0.1").ok());
  ASSERT_TRUE(other_->Get(kA).ok());
  EXPECT_TRUE(Await([&] { return FollowedRate(kA) == "0.1"; }));
}

TEST_P(CatalogsReplicasTest, TenantThatAnotherMade_IsFoundWithoutACall) {
  ASSERT_TRUE(Fill(&Of(kA), "0.1").ok());
  ASSERT_TRUE(Fill(&Of(kTestA), "0.2").ok());
  EXPECT_TRUE(Await([&] { return FollowedRate(kA) == "0.1" && FollowedRate(kTestA) == "0.2"; }));
}

TEST_P(CatalogsReplicasTest, ChangesOfEach_AreFollowed) {
  for (const Tenant& tenant : kAll) ASSERT_TRUE(other_->Get(tenant).ok());
  ASSERT_TRUE(Fill(&Of(kA), "0.1").ok());
  ASSERT_TRUE(Fill(&Of(kTestA), "0.2").ok());
  ASSERT_TRUE(Fill(&Of(kB), "0.3").ok());
  EXPECT_TRUE(
      Await([&] { return FollowedRate(kA) == "0.1" && FollowedRate(kTestA) == "0.2" && FollowedRate(kB) == "0.3"; }));
  ASSERT_TRUE(Of(kB).DeleteLocation(From<pb::DeleteLocationRequest>("id: 'home'")).ok());
  EXPECT_TRUE(Await([&] { return FollowedRate(kB) == "no location"; }));
  EXPECT_EQ(FollowedRate(kA), "0.1");
}

TEST_P(CatalogsReplicasTest, ManyTenants_AreFollowedByOneConnection) {
  const auto connections = [this] {
    const auto rows = Connect()->Query(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'costsd "
        "catalog'");
    return rows.ok() ? rows->Int(0, 0) : -1;
  };
  for (int i = 0; i < 20; ++i) {
    const Tenant tenant{absl::StrCat("acc_", i), i % 2 == 0};
    ASSERT_TRUE(other_->Get(tenant).ok());
    ASSERT_TRUE(Fill(&Of(tenant), absl::StrCat("0.", i + 10)).ok());
  }
  for (int i = 0; i < 20; ++i) {
    const Tenant tenant{absl::StrCat("acc_", i), i % 2 == 0};
    EXPECT_TRUE(Await([&] { return FollowedRate(tenant) == RateOf(tenant); }));
  }
  EXPECT_EQ(connections(), 8) << "of each process: one that writes, two that read, one that follows";
}

TEST_P(CatalogsReplicasTest, BrokenCatalogOfOne_IsToldAndKeepsNobodyElse) {
  for (const Tenant& tenant : kAll) {
    ASSERT_TRUE(Fill(&Of(tenant), "0.1").ok());
    ASSERT_TRUE(other_->Get(tenant).ok());
  }
  // A revision that no log explains: everything is read, and cannot be.
  ASSERT_TRUE(Connect()
                  ->Execute("UPDATE locations SET document = '\\xffff' WHERE account_id = 'acc_b'; "
                            "UPDATE catalog_revisions SET revision = revision + 1 WHERE account_id = 'acc_b'")
                  .ok());
  EXPECT_TRUE(Await([&] { return !following_; }));
  ASSERT_TRUE(Of(kA).DeleteLocation(From<pb::DeleteLocationRequest>("id: 'home'")).ok());
  EXPECT_TRUE(Await([&] { return FollowedRate(kA) == "no location"; }));
  EXPECT_EQ(FollowedRate(kB), "0.1") << "pricing goes on with what there was";

  // A process that starts now goes on without it, and does not tell callers why.
  catalogs_ = nullptr;
  catalogs_ = Open();
  EXPECT_EQ(RateOf(kTestA), "0.1");
  EXPECT_EQ(RateOf(kB), "not open");
  const absl::Status status = catalogs_->Get(kB).status();
  catalogs_->Get(kB).IgnoreError();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReasonOf(status), "STORE_BROKEN");
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("database")));
  EXPECT_THAT(log(), HasSubstr("the live catalog of acc_b cannot be opened: database "));
  EXPECT_EQ(log().find("acc_b"), log().rfind("acc_b")) << "told once";

  ASSERT_TRUE(Connect()->Execute("DELETE FROM locations WHERE account_id = 'acc_b'").ok());
  EXPECT_TRUE(Await([&] { return following_.load(); }));
  EXPECT_EQ(FollowedRate(kB), "no location");
  EXPECT_TRUE(catalogs_->Get(kB).ok());
}

TEST(CatalogsOutage, StoreAway_OpensNobodyAndSaysToTryAgain) {
  COSTS_REQUIRE_POSTGRES();
  auto server = postgres::PostgresServer::Start({"max_connections=50"});
  ASSERT_TRUE(server.ok()) << server.status();
  Catalogs::Options options;
  options.store = (*server)->url();
  auto catalogs = Catalogs::Open(std::move(options));
  ASSERT_TRUE(catalogs.ok()) << catalogs.status();
  absl::StatusOr<Catalog*> open = (*catalogs)->Get(kA);
  ASSERT_TRUE(open.ok()) << open.status();
  ASSERT_TRUE(Fill(*open, "0.1").ok());
  ASSERT_TRUE((*server)->Stop().ok());
  const absl::Status status = (*catalogs)->Open(kB).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "STORE_UNAVAILABLE");
  EXPECT_EQ(RetryAfterOf(status), absl::Seconds(1));
  EXPECT_EQ((*catalogs)->Find("acc_b", true), nullptr);
  EXPECT_EQ(RateAtHome(*(*catalogs)->Find("acc_a", true)), "0.1") << "pricing goes on";
  ASSERT_TRUE((*server)->Restart().ok());
  EXPECT_TRUE(Await([&] { return (*catalogs)->Open(kB).ok(); }));
}

}  // namespace
}  // namespace costs::catalog
