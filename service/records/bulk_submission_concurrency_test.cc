#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/calculator/testing/calculations.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/records/bulk_submission.h"
#include "service/records/testing/recorded_meters.h"

namespace costs::records {
namespace {

using calculator::testing::kLocation;
using calculator::testing::OneLocation;
using engine::testing::Flat;
using engine::testing::Random;

constexpr int kThreads = 4;
constexpr int kReadings = 200;

// Of one register, by several threads at once: the records are those of all readings.
TEST(BulkSubmissionConcurrencyTest, SubmitReadings_OfOneRegisterAtOnce_MissNothing) {
  testing::RecordedMeters meters(OneLocation({Flat("0.2")}));
  BulkSubmission bulk({meters.context(), [&meters](calculator::Batch* batch, const calculator::UsageSource& usage) {
                         meters.Price(batch, usage);
                       }});
  std::vector<int> order;
  for (int i = 0; i < kReadings; ++i) order.push_back(i);
  Random random(97);
  for (size_t k = order.size(); k > 1; --k) {
    std::swap(order[k - 1], order[static_cast<size_t>(random.Between(0, static_cast<int64_t>(k) - 1))]);
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int at = t * kReadings / kThreads; at < (t + 1) * kReadings / kThreads; at += 5) {
        CumulativeSubmission submission;
        submission.location_id = std::string(kLocation);
        submission.units = engine::Units::kWh;
        for (int k = at; k < at + 5; ++k) {
          const int reading = order[static_cast<size_t>(k)];
          submission.readings.push_back({1'700'000'000 + 900 * reading, 10.0 * reading, "", ""});
        }
        std::string document;
        const absl::Status status = bulk.SubmitReadings(meters.tenant(), submission, {}, &document);
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const auto records = meters.store()->List(meters.tenant(), {}, std::nullopt, false, 2 * kReadings);
  ASSERT_TRUE(records.ok());
  ASSERT_EQ(records->size(), static_cast<size_t>(kReadings - 1));
  for (const StoredRecord& record : *records) {
    EXPECT_EQ(record.request.interval.nanos(), 900 * engine::kNanosPerSecond);
    EXPECT_EQ(record.revision.figures.energy_wh, 10);
  }
}

}  // namespace
}  // namespace costs::records
