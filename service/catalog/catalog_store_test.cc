// The Catalog in an SQLite file: what is refused, and that a change is there whole
// or not at all. See catalog_stores_test.cc for what all stores have in common.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "service/catalog/refusal.h"
#include "service/catalog/sqlite_store.h"
#include "service/catalog/testing/catalog_fixture.h"
#include "service/sqlite/database.h"

namespace costs::catalog {
namespace {

namespace fs = std::filesystem;
using testing::CatalogTest;
using testing::FlatElement;
using testing::From;
using ::testing::HasSubstr;
using ::testing::Not;

const char kHome[] = R"(id: "home" timezone: "Europe/London" currency_code: "GBP" )";

// A limit on the size of files stands for a disk that is full or fails.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

class CatalogStoreTest : public CatalogTest {
 protected:
  CatalogStoreTest() : path_((folder_.path / "catalog.db").string()) {}

  absl::Status OpenError() { return Catalog::Open(options_).status(); }

  const std::string path_;
};

TEST_F(CatalogStoreTest, NewStore_IsEmptyAndItsOwners) {
  Open(path_);
  EXPECT_TRUE(*catalog().Empty());
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(CatalogStoreTest, SecondServer_IsRefused) {
  Open(path_);
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is in use by another process"));
  AddLocation(kHome);
  catalog_.reset();
  EXPECT_TRUE(OpenError().ok()) << "the lock goes with the catalog";
}

TEST_F(CatalogStoreTest, LaterSchema_IsRefusedAndLeftAlone) {
  Open(path_);
  AddLocation(kHome);
  catalog_.reset();
  {
    auto database = *sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_TRUE(database->Execute(absl::StrCat("PRAGMA user_version = ", kSchemaVersion + 1)).ok());
  }
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("has schema 2, but this version of the service knows only up to"));
  auto database = *sqlite::Database::Open(path_, sqlite::Access::kReadOnly);
  EXPECT_EQ(*database->Number("SELECT count(*) FROM locations"), 1);
}

TEST_F(CatalogStoreTest, FileOfSomebodyElse_IsRefused) {
  options_.store = path_;
  std::ofstream(path_) << std::string(8192, 'x');
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kDataLoss);
  fs::remove(path_);
  {
    auto database = *sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_TRUE(database->Execute("CREATE TABLE photos (a INTEGER)").ok());
  }
  EXPECT_THAT(std::string(OpenError().message()), HasSubstr("is not a catalog of this service"));
  options_.store = (folder_.path / "none/catalog.db").string();
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kUnavailable);
}

TEST_F(CatalogStoreTest, BrokenDocument_IsDataLossAndNamed) {
  Open(path_);
  AddLocation(kHome);
  catalog_.reset();
  {
    auto database = *sqlite::Database::Open(path_, sqlite::Access::kReadWrite);
    ASSERT_TRUE(database->Execute("UPDATE locations SET document = x'ffff'").ok());
  }
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("location home"));
}

TEST_F(CatalogStoreTest, CommitThatFails_LeavesMemoryAndDiskAsTheyWere) {
  Open(path_);
  AddLocation(kHome);
  AddElement(FlatElement("0.25") + "id: 'a' location_id: 'home'");
  const std::string before = GetLocation("home").DebugString();
  const std::shared_ptr<const Snapshot> snapshot_before = snapshot();
  pb::CreateTariffElementRequest request;
  *request.mutable_tariff_element() = From<pb::TariffElement>(FlatElement("0.5") + "location_id: 'home'");
  auto* days = request.mutable_tariff_element()->mutable_schedule(0)->mutable_days_and_hours(0);
  days->clear_hours();
  for (int i = 0; i < 900; ++i) {
    pb::ScheduleHours* hours = days->add_hours();
    hours->set_valid_from(absl::StrFormat("%02d:%02d:00", i / 60, i % 60));
    hours->set_valid_to(i == 899 ? "00:00:00" : absl::StrFormat("%02d:%02d:00", (i + 1) / 60, (i + 1) % 60));
    hours->add_rate()->set_fixed(i);
  }
  pb::TariffElement element;
  {
    struct stat log;
    ASSERT_EQ(stat((path_ + "-wal").c_str(), &log), 0);
    FileSizeLimit limit(static_cast<rlim_t>(log.st_size) + 8192);
    const absl::Status status = catalog().CreateTariffElement(request, &element);
    EXPECT_TRUE(status.code() == absl::StatusCode::kUnavailable ||
                status.code() == absl::StatusCode::kResourceExhausted)
        << status;
    EXPECT_THAT(ReasonOf(status), ::testing::StartsWith("STORE_"));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr(path_)));
    EXPECT_THAT(std::string(status.message()), Not(HasSubstr("INSERT")));
    EXPECT_EQ(snapshot(), snapshot_before);
    EXPECT_EQ(GetLocation("home").DebugString(), before);
  }
  EXPECT_TRUE(catalog().CreateTariffElement(request, &element).ok()) << "with room it works again";
  Reopen();
  EXPECT_EQ(GetLocation("home").tariff_elements_size(), 2);
}

}  // namespace
}  // namespace costs::catalog
