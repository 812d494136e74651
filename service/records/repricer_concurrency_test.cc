// Writes, changes of the catalog and re-pricing at once.
#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/records/testing/local_stores.h"
#include "service/records/testing/metered_places.h"
#include "service/records/testing/random_places.h"
#include "service/records/testing/record_builder.h"

namespace costs::records {
namespace {

using engine::testing::Random;
using testing::MeteredPlaces;
using testing::RandomPlaces;

class RepricerConcurrency : public ::testing::TestWithParam<testing::StoreChoice> {};

INSTANTIATE_TEST_SUITE_P(Stores, RepricerConcurrency, ::testing::ValuesIn(testing::LocalStores()),
                         [](const auto& info) { return info.param.name; });

TEST_P(RepricerConcurrency, WritesAndChangesAndRepricing_EndAsPricedAfresh) {
  constexpr size_t kWriters = 3;
  constexpr int kWrites = 60, kChanges = 40;
  Random random(431);
  RandomPlaces make(&random, kWriters);
  MeteredPlaces places(GetParam().make(), make.content());
  places.repricer_options.records_per_batch = 7;
  places.repricer_options.poll = absl::Milliseconds(1);

  // All that is random is drawn before.
  std::vector<std::vector<RecordRequest>> requests(kWriters);
  for (size_t w = 0; w < kWriters; ++w) {
    for (int i = 0; i < kWrites; ++i) requests[w].push_back(make.NewRecordOf(w));
  }
  std::atomic<int> writing{static_cast<int>(kWriters)};
  std::vector<std::thread> threads;
  for (size_t w = 0; w < kWriters; ++w) {
    threads.emplace_back([&, w] {
      for (size_t i = 0; i < requests[w].size(); ++i) {
        places.Put({requests[w][i]});
        if (i % 5 == 4) {
          RecordRequest again = requests[w][i / 2];
          again.value += 1;
          places.Put({again});
        }
        if (i % 7 == 6) places.Delete({testing::IdOf(testing::TestTenant(), requests[w][i / 3])});
        if (i % 11 == 10) {
          const auto old = places.snapshot();
          std::this_thread::yield();
          places.PutPricedOn(old, requests[w][i]);
        }
      }
      --writing;
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < kChanges; ++i) {
      places.TryChange(make.NewChange(*places.snapshot()));
      absl::SleepFor(absl::Milliseconds(2));
    }
  });
  do {
    places.StartRepricer();
    absl::SleepFor(absl::Milliseconds(15));
    places.StopRepricer();
  } while (writing > 0);
  for (std::thread& thread : threads) thread.join();
  places.StartRepricer();
  places.WaitUntilIdle();
  places.ExpectPricedAfresh();
}

}  // namespace
}  // namespace costs::records
