// The Repricer with many tenants: each has his own figures, and nobody waits for
// another's work to end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/records/pending_record.h"
#include "service/records/records_calls.h"
#include "service/records/repricer.h"
#include "service/records/sqlite/sqlite_record_store.h"
#include "service/records/stored_record.h"
#include "service/records/testing/metered_places.h"
#include "service/records/testing/record_builder.h"
#include "service/records/testing/watched_store.h"

namespace costs::records {
namespace {

using engine::testing::Build;
using engine::testing::Flat;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::kHour;
using testing::kNewYear;
using testing::Request;
using testing::WatchedStore;

const Tenant kA = {"acc_a", true};
const Tenant kTestA = {"acc_a", false};
const Tenant kB = {"acc_b", true};

// A catalog for each tenant: places "home0", "home1", … with one flat rate.
class Catalogs final : public catalog::SnapshotSource {
 public:
  void Set(const Tenant& tenant, const std::string& rate, uint64_t version, int places = 1) {
    catalog::CatalogContent content;
    content.elements = {Build(Flat(rate))};
    for (int i = 0; i < places; ++i) {
      content.locations.push_back({absl::StrCat("home", i), "UTC", "GBP", "", {"element"}});
    }
    auto snapshot = catalog::Snapshot::Create(version, std::move(content));
    ASSERT_TRUE(snapshot.ok()) << snapshot.status();
    const std::lock_guard<std::mutex> lock(mutex_);
    snapshots_[{tenant.account_id, tenant.live_mode}] = *std::move(snapshot);
  }
  std::shared_ptr<const catalog::Snapshot> Find(absl::string_view account_id, bool live_mode) const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = snapshots_.find({std::string(account_id), live_mode});
    return found == snapshots_.end() ? nullptr : found->second;
  }
  absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> Open(const Tenant& tenant) override {
    return Find(tenant.account_id, tenant.live_mode);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, bool>, std::shared_ptr<const catalog::Snapshot>> snapshots_;
};

class RepricerTenantsTest : public ::testing::Test {
 protected:
  RepricerTenantsTest() {
    SqliteRecordStore::Options options;
    options.writer.catalog_version = [this](const Tenant& tenant) {
      const auto snapshot = catalogs_.Find(tenant.account_id, tenant.live_mode);
      return snapshot == nullptr ? uint64_t{0} : snapshot->version();
    };
    auto store = SqliteRecordStore::Open(std::move(options));
    if (!store.ok()) ADD_FAILURE() << store.status();
    store_ = std::make_unique<WatchedStore>(*std::move(store));
  }

  void Start(std::vector<Tenant> tenants) {
    Repricer::Options options;
    options.tenants = std::move(tenants);
    options.store = store_.get();
    options.catalogs = &catalogs_;
    options.log = [this](absl::string_view line) {
      const std::lock_guard<std::mutex> lock(mutex_);
      logs_.emplace_back(line);
    };
    options.poll = absl::Milliseconds(5);
    options.most_polls_per_second = 1000;
    options.turn = turn_;
    options.first_wait = absl::Milliseconds(1);
    options.longest_wait = absl::Milliseconds(5);
    options.records_per_batch = 4;
    repricer_ = std::make_unique<Repricer>(std::move(options));
  }

  // Stores an hour of each of that many hours, priced on the tenant's catalog.
  void Put(const Tenant& tenant, const std::string& location, int hours) {
    auto write = std::make_unique<Write>();
    write->tenant = tenant;
    for (int hour = 0; hour < hours; ++hour) {
      const RecordRequest request = Request(location, "", kNewYear + hour * kHour, kHour, 1);
      const calculator::Submission submission = SubmissionOf(request);
      calculator::Outcome outcome;
      calculator::Batch batch;
      batch.caller.account_id = tenant.account_id;
      batch.caller.live_mode = tenant.live_mode;
      batch.options.for_storage = true;
      batch.submissions = absl::MakeConstSpan(&submission, 1);
      batch.outcomes = absl::MakeSpan(&outcome, 1);
      calculator::LocalCalculator(&catalogs_, absl::Now, {}).Calculate(&batch, [] {});
      ASSERT_TRUE(outcome.ok()) << outcome.failure->message;
      write->records.push_back(MakePending(absl::Now(), submission, outcome.record, batch.catalog_version));
    }
    const absl::Status status = SubmitAndWait(store_.get(), std::move(write));
    ASSERT_TRUE(status.ok()) << status;
  }

  // Millionths that each of a tenant's records costs, together.
  int64_t Cost(const Tenant& tenant) {
    const auto records = store_->inner().List(tenant, {}, std::nullopt, false, 10'000);
    EXPECT_TRUE(records.ok()) << records.status();
    int64_t cost = 0;
    for (const StoredRecord& record : *records) cost += static_cast<int64_t>(record.revision.figures.tariff->micros);
    return cost;
  }

  void Change(const Tenant& tenant, const std::string& rate, uint64_t version, int places = 1) {
    catalogs_.Set(tenant, rate, version, places);
    repricer_->Changed(tenant);
  }

  template <typename Condition>
  bool Await(Condition condition) {
    const absl::Time deadline = absl::Now() + absl::Seconds(60);
    while (!condition()) {
      if (absl::Now() > deadline) return false;
      absl::SleepFor(absl::Milliseconds(1));
    }
    return true;
  }

  std::vector<std::string> logs() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return logs_;
  }

  Catalogs catalogs_;
  std::unique_ptr<WatchedStore> store_;
  absl::Duration turn_ = absl::Milliseconds(200);
  std::mutex mutex_;
  std::vector<std::string> logs_;
  std::unique_ptr<Repricer> repricer_;  // the last, and so the first to go
};

TEST_F(RepricerTenantsTest, SameLocationIds_EachIsPricedByHisOwnCatalog) {
  for (const Tenant& tenant : {kA, kTestA, kB}) {
    catalogs_.Set(tenant, "0.1", 1);
    Put(tenant, "home0", 3);
  }
  Start({kA, kTestA, kB});
  ASSERT_TRUE(Await([&] { return repricer_->progress().marked_version == 3; }));
  Change(kA, "0.2", 2);
  Change(kB, "0.3", 2);
  EXPECT_TRUE(Await([&] { return Cost(kA) == 600'000 && Cost(kB) == 900'000; }));
  EXPECT_EQ(Cost(kTestA), 300'000);
  ASSERT_TRUE(Await([&] { return !repricer_->progress().running_since; }));
  const RepricingProgress progress = repricer_->progress();
  EXPECT_EQ(progress.catalog_version, 5u) << "added up";
  EXPECT_EQ(progress.marked_version, 5u);
  EXPECT_EQ(progress.records_repriced, 6);
  EXPECT_EQ(progress.stale_locations, 0);
  EXPECT_THAT(logs(), Contains(AllOf(HasSubstr("version 2"), HasSubstr("(acc_a, live)"))));
}

TEST_F(RepricerTenantsTest, TenantWhoComesLater_IsLookedAfterFromHisFirstChange) {
  Start({});
  catalogs_.Set(kB, "0.1", 1);
  Put(kB, "home0", 2);
  Change(kB, "0.4", 2);
  EXPECT_TRUE(Await([&] { return Cost(kB) == 800'000; }));
}

TEST_F(RepricerTenantsTest, CatalogNotOpen_HasNoTurnUntilItIs) {
  catalogs_.Set(kB, "0.1", 1);
  Put(kB, "home0", 1);
  Start({kA, kB});
  Change(kB, "0.2", 2);
  EXPECT_TRUE(Await([&] { return Cost(kB) == 200'000; }));
  EXPECT_EQ(repricer_->progress().failures, 0);
}

// The one has far more to do than the other, who comes later and is done first.
TEST_F(RepricerTenantsTest, LongWorkOfOne_HoldsUpNobody) {
  turn_ = absl::ZeroDuration();
  catalogs_.Set(kA, "0.1", 1);
  catalogs_.Set(kB, "0.1", 1);
  Put(kA, "home0", 400);
  Put(kB, "home0", 8);
  Start({kA, kB});
  ASSERT_TRUE(Await([&] { return repricer_->progress().marked_version == 2; }));
  std::atomic<int> batches_of_a{0}, batches_of_a_when_b_was_done{-1};
  // In the middle of the one location of A, B's catalog changes.
  std::atomic<bool> changed{false};
  store_->before_of = [&](WatchedStore::Call call, const Tenant& tenant) {
    if (call == WatchedStore::Call::kReprice && tenant == kA && ++batches_of_a == 5 && !changed.exchange(true)) {
      catalogs_.Set(kB, "0.2", 2);
      repricer_->Changed(kB);
    }
    if (call == WatchedStore::Call::kClearStale && tenant == kB) batches_of_a_when_b_was_done = batches_of_a.load();
    return absl::OkStatus();
  };
  Change(kA, "0.2", 2);
  ASSERT_TRUE(Await([&] { return Cost(kA) == 400 * 200'000 && Cost(kB) == 8 * 200'000; }));
  ASSERT_TRUE(Await([&] { return batches_of_a_when_b_was_done >= 0; }));
  EXPECT_EQ(batches_of_a, 100) << "nothing was begun anew";
  EXPECT_LT(batches_of_a_when_b_was_done, 100);
  repricer_.reset();
}

TEST_F(RepricerTenantsTest, ChangedInTheMiddleOfALocation_EndsAtTheLastPrice) {
  turn_ = absl::ZeroDuration();
  catalogs_.Set(kA, "0.1", 1);
  Put(kA, "home0", 100);
  Start({kA});
  ASSERT_TRUE(Await([&] { return repricer_->progress().marked_version == 1; }));
  std::atomic<int> batches{0};
  store_->before_of = [&](WatchedStore::Call call, const Tenant&) {
    if (call == WatchedStore::Call::kReprice && ++batches == 10) {
      catalogs_.Set(kA, "0.3", 3);
      repricer_->Changed(kA);
    }
    return absl::OkStatus();
  };
  Change(kA, "0.2", 2);
  EXPECT_TRUE(Await([&] { return Cost(kA) == 100 * 300'000; }));
  EXPECT_TRUE(Await([&] { return repricer_->progress().stale_locations == 0; }));
  repricer_.reset();
}

TEST_F(RepricerTenantsTest, StoreFailsForOne_OthersGoOnAndItIsTriedAgain) {
  std::atomic<bool> broken{true};
  store_->before_of = [&](WatchedStore::Call, const Tenant& tenant) {
    return broken && tenant == kA ? absl::UnavailableError("that partition is away") : absl::OkStatus();
  };
  for (const Tenant& tenant : {kA, kB}) {
    catalogs_.Set(tenant, "0.1", 1);
    Put(tenant, "home0", 2);
  }
  Start({kA, kB});
  for (uint64_t version = 2; version < 6; ++version) {
    Change(kA, absl::StrCat("0.", version), version);
    Change(kB, absl::StrCat("0.", version), version);
    EXPECT_TRUE(Await([&] { return Cost(kB) == static_cast<int64_t>(version) * 200'000; }));
  }
  EXPECT_TRUE(Await([&] { return repricer_->progress().failures > 3; }));
  EXPECT_EQ(Cost(kA), 200'000);
  EXPECT_THAT(logs(), Contains(HasSubstr("that partition is away")).Times(1)) << "and not again and again";
  broken = false;
  EXPECT_TRUE(Await([&] { return Cost(kA) == 1'000'000; }));
  repricer_.reset();
}

TEST_F(RepricerTenantsTest, ManyIdleTenants_AreNotLookedAtOftenerThanIsAllowed) {
  std::vector<Tenant> tenants;
  for (int i = 0; i < 200; ++i) {
    tenants.push_back({absl::StrCat("acc_", i), true});
    catalogs_.Set(tenants.back(), "0.1", 1);
  }
  Repricer::Options options;
  options.tenants = tenants;
  options.store = store_.get();
  options.catalogs = &catalogs_;
  options.poll = absl::Milliseconds(1);
  options.most_polls_per_second = 1;  // so that each is looked at once in minutes
  std::atomic<int> looks{0};
  store_->before_counting = [&](const Tenant&) { ++looks; };
  repricer_ = std::make_unique<Repricer>(std::move(options));
  ASSERT_TRUE(Await([&] { return repricer_->progress().marked_version == 200; }));
  // The first looks, and those that find that all is marked.
  EXPECT_TRUE(Await([&] { return looks >= 400; }));
  absl::SleepFor(absl::Milliseconds(50));
  EXPECT_LE(looks, 400);
  // One whose catalog changes is looked at at once all the same.
  Put(tenants[7], "home0", 1);
  Change(tenants[7], "0.2", 2);
  EXPECT_TRUE(Await([&] { return Cost(tenants[7]) == 200'000; }));
  repricer_.reset();
}

}  // namespace
}  // namespace costs::records
