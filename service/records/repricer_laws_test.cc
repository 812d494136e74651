// What holds of every stored record once nothing is written or changed any more:
// its figures are those of pricing it afresh, and those of records stored in the
// order of time; whatever came late, was overwritten or deleted, and whenever the
// re-pricer was stopped.
#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "service/records/testing/local_stores.h"
#include "service/records/testing/metered_places.h"
#include "service/records/testing/random_places.h"
#include "service/records/testing/record_builder.h"

namespace costs::records {
namespace {

using engine::testing::CaseName;
using engine::testing::Random;
using testing::MeteredPlaces;
using testing::RandomPlaces;

class RepricerLaws : public ::testing::TestWithParam<testing::StoreChoice> {
 protected:
  bool keeps() const { return GetParam().name != "Model"; }
};

INSTANTIATE_TEST_SUITE_P(Stores, RepricerLaws, ::testing::ValuesIn(testing::LocalStores()),
                         [](const auto& info) { return info.param.name; });

void StopOrStart(Random& random, bool keeps, bool* running, MeteredPlaces* places) {
  if (std::exchange(*running, !*running)) {
    places->StopRepricer();
    if (keeps && random.OneIn(2)) places->ReopenStore();
  } else {
    places->StartRepricer();
  }
}

// What the records that are left cost where they are stored in the order of time, by
// the catalog as it is at the end.
void ExpectAsInOrder(MeteredPlaces* places) {
  std::vector<StoredRecord> records = places->All();
  std::sort(records.begin(), records.end(), [](const StoredRecord& a, const StoredRecord& b) {
    return std::tie(a.request.interval.start.ns, a.id.bytes) < std::tie(b.request.interval.start.ns, b.id.bytes);
  });
  MeteredPlaces in_order(testing::ModelStore().make(), {});
  for (const StoredRecord& record : records) in_order.PutPricedOn(places->snapshot(), record.request);
  for (const StoredRecord& record : records) {
    const StoredRecord other = in_order.Get(record.request);
    ASSERT_TRUE(SameFigures(record.revision.figures, other.revision.figures))
        << testing::Describe(record) << "\nin order " << testing::Describe(other);
  }
}

TEST_P(RepricerLaws, AnyWritesAndChanges_EndAsPricedAfreshAndInOrder) {
  const int cases = keeps() ? 12 : 6;
  constexpr int kSteps = 120;
  Random random(keeps() ? 421 : 422);
  int64_t repriced = 0;
  for (int i = 0; i < cases; ++i) {
    SCOPED_TRACE(CaseName(i));
    RandomPlaces make(&random, 3);
    MeteredPlaces places(GetParam().make(), make.content());
    places.repricer_options.records_per_batch = static_cast<int>(random.Between(1, 20));
    places.repricer_options.locations_per_page = static_cast<int>(random.Between(1, 4));
    std::vector<RecordRequest> known;
    bool running = false;
    for (int step = 0; step < kSteps; ++step) {
      const int64_t kind = random.Between(0, 19);
      if (kind < 11) {
        std::vector<RecordRequest> requests;
        for (int64_t n = random.Between(1, 4); n > 0; --n) requests.push_back(make.NewRecord());
        places.Put(requests);
        known.insert(known.end(), requests.begin(), requests.end());
      } else if (kind < 13 && !known.empty()) {
        RecordRequest& again = known[static_cast<size_t>(random.Between(0, static_cast<int64_t>(known.size()) - 1))];
        again.value = static_cast<double>(random.Between(0, 60'000)) / 1e3;
        places.Put({again});
      } else if (kind < 15 && !known.empty()) {
        places.Delete({testing::IdOf(testing::TestTenant(), random.Pick(known))});
      } else if (kind < 17) {
        places.TryChange(make.NewChange(*places.snapshot()));
      } else if (kind == 17 && !known.empty()) {
        const auto old = places.snapshot();
        places.TryChange(make.NewChange(*old));
        places.PutPricedOn(old, random.Pick(known));
      } else if (kind == 18) {
        StopOrStart(random, keeps(), &running, &places);
      } else if (running) {
        places.WaitUntilIdle();
      }
    }
    if (!running) places.StartRepricer();
    places.WaitUntilIdle();
    places.ExpectPricedAfresh();
    repriced += places.store().repriced;
    places.StopRepricer();
    ExpectAsInOrder(&places);
    if (HasFailure()) return;
  }
  EXPECT_GT(repriced, 40 * cases);
}

}  // namespace
}  // namespace costs::records
