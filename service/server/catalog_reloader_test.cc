#include "service/server/catalog_reloader.h"

#include <gtest/gtest.h>

#include <atomic>

namespace costs::server {
namespace {

using Loaded = absl::StatusOr<std::shared_ptr<const catalog::Snapshot>>;

// Counts reports and lets a test wait for the next one.
class Reports {
 public:
  void Add(const Loaded& loaded) {
    std::lock_guard<std::mutex> lock(mutex_);
    ok_.push_back(loaded.ok());
    changed_.notify_all();
  }
  std::vector<bool> Await(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return ok_.size() >= count; });
    return ok_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<bool> ok_;
};

TEST(CatalogReloader, GoodLoad_ReplacesTheSnapshotWithTheNextVersion) {
  catalog::SnapshotHolder holder;
  holder.Set(*catalog::Snapshot::Create(1, {}));
  Reports reports;
  CatalogReloader reloader(
      &holder, 2, [](uint64_t version) { return catalog::Snapshot::Create(version, {}); },
      [&](const Loaded& loaded) { reports.Add(loaded); });
  reloader.Request();
  reports.Await(1);
  EXPECT_EQ(holder.Get()->version(), 2u);
  reloader.Request();
  reports.Await(2);
  EXPECT_EQ(holder.Get()->version(), 3u);
}

TEST(CatalogReloader, BadLoad_KeepsTheRunningSnapshot) {
  catalog::SnapshotHolder holder;
  holder.Set(*catalog::Snapshot::Create(1, {}));
  Reports reports;
  std::atomic<bool> good{false};
  CatalogReloader reloader(
      &holder, 2,
      [&](uint64_t version) -> Loaded {
        if (!good) return absl::InvalidArgumentError("locations.json:3: timezone: unknown");
        return catalog::Snapshot::Create(version, {});
      },
      [&](const Loaded& loaded) { reports.Add(loaded); });
  const std::shared_ptr<const catalog::Snapshot> running = holder.Get();
  reloader.Request();
  EXPECT_EQ(reports.Await(1), std::vector<bool>{false});
  EXPECT_EQ(holder.Get(), running);
  good = true;
  reloader.Request();
  reports.Await(2);
  EXPECT_EQ(holder.Get()->version(), 2u) << "a load that failed takes no version";
}

TEST(CatalogReloader, ManyRequestsAndReaders_NeverSeeATornSnapshot) {
  catalog::SnapshotHolder holder;
  holder.Set(*catalog::Snapshot::Create(1, {}));
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  readers.reserve(4);
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      uint64_t last = 0;
      while (!stop) {
        const uint64_t version = holder.Get()->version();
        EXPECT_GE(version, last);
        last = version;
      }
    });
  }
  Reports reports;
  {
    CatalogReloader reloader(
        &holder, 2, [](uint64_t version) { return catalog::Snapshot::Create(version, {}); },
        [&](const Loaded& loaded) { reports.Add(loaded); });
    for (size_t i = 1; i <= 200; ++i) {
      reloader.Request();
      reloader.Request();
      reports.Await(i);
    }
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GE(holder.Get()->version(), 201u);
}

TEST(CatalogReloader, DestroyedAtOnce_DoesNotLoad) {
  catalog::SnapshotHolder holder;
  CatalogReloader reloader(
      &holder, 1, [](uint64_t) -> Loaded { return absl::InternalError("never asked for"); },
      [](const Loaded&) { FAIL(); });
}

}  // namespace
}  // namespace costs::server
