// Many threads at one catalog.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/catalog/testing/catalog_fixture.h"

namespace costs::catalog {
namespace {

using testing::FlatElement;
using testing::From;
using testing::TemporaryFolder;

constexpr int kThreads = 4;
constexpr int kRounds = 15;

void Work(Catalog* catalog, int thread) {
  for (int i = 0; i < kRounds; ++i) {
    const std::string id = absl::StrCat("t", thread, "-", i);
    pb::CreateLocationRequest location;
    *location.mutable_location() =
        From<pb::Location>(absl::StrCat("id: 'l", id, "' timezone: 'UTC' currency_code: 'GBP'"));
    pb::Location created;
    ASSERT_TRUE(catalog->CreateLocation(location, &created).ok());
    EXPECT_NE(catalog->snapshots().Get()->FindLocation(created.id()), nullptr) << "seen once it is acknowledged";
    pb::CreateTariffElementRequest element;
    *element.mutable_tariff_element() =
        From<pb::TariffElement>(FlatElement("0.25") + absl::StrCat("location_id: 'l", id, "'"));
    pb::TariffElement made;
    ASSERT_TRUE(catalog->CreateTariffElement(element, &made).ok());
    pb::GetLocationRequest get;
    get.set_id(created.id());
    ASSERT_TRUE(catalog->GetLocation(get, &created).ok());
    EXPECT_EQ(created.tariff_elements_size(), 1);
    pb::ListLocationsResponse list;
    ASSERT_TRUE(catalog->ListLocations({}, &list).ok());
    EXPECT_GE(list.data_size(), 1);
  }
}

// All change the same location by its etag: each change is made once.
void Contend(Catalog* catalog, std::atomic<int>* made) {
  for (int i = 0; i < kRounds; ++i) {
    pb::GetLocationRequest get;
    get.set_id("shared");
    pb::UpdateLocationRequest update;
    ASSERT_TRUE(catalog->GetLocation(get, update.mutable_location()).ok());
    update.mutable_location()->set_reference_id(absl::StrCat(update.location().reference_id(), "x"));
    pb::Location location;
    const absl::Status status = catalog->UpdateLocation(update, &location);
    EXPECT_TRUE(status.ok() || ReasonOf(status) == "ETAG_MISMATCH") << status;
    if (status.ok()) ++*made;
  }
}

TEST(CatalogConcurrency, ManyThreads_SeeWholeChanges) {
  for (const bool in_memory : {false, true}) {
    TemporaryFolder folder;
    Catalog::Options options;
    if (!in_memory) options.store = (folder.path / "store").string();
    options.tenant = {"acc_1", true};
    auto catalog = Catalog::Open(options);
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    pb::CreateLocationRequest shared;
    *shared.mutable_location() = From<pb::Location>("id: 'shared' timezone: 'UTC' currency_code: 'GBP'");
    pb::Location location;
    ASSERT_TRUE((*catalog)->CreateLocation(shared, &location).ok());
    std::atomic<int> made{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] { Work(catalog->get(), i); });
      threads.emplace_back([&] { Contend(catalog->get(), &made); });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ((*catalog)->snapshots().Get()->location_count(), size_t{kThreads * kRounds + 1});
    pb::GetLocationRequest get;
    get.set_id("shared");
    ASSERT_TRUE((*catalog)->GetLocation(get, &location).ok());
    EXPECT_EQ(location.reference_id().size(), static_cast<size_t>(made)) << "no update was lost";
  }
}

}  // namespace
}  // namespace costs::catalog
