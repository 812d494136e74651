// For ThreadSanitizer: many callers while the catalog is swapped.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::calculator {
namespace {

using testing::Call;
using testing::Describe;
using testing::MakeSnapshot;
using testing::Submit;

std::shared_ptr<const catalog::Snapshot> Priced(int price) {
  return MakeSnapshot(testing::OneLocation({engine::testing::Flat(std::to_string(price))}),
                      static_cast<uint64_t>(price));
}

TEST(LocalCalculatorConcurrency, SwapUnderCallers_GivesEachBatchOneSnapshot) {
  constexpr int kCallers = 6;
  constexpr int kCallsEach = 60;
  catalog::SnapshotHolder holder;
  holder.Set(Priced(1));
  LocalCalculator local(&holder, testing::FixedClock(), {});
  std::vector<Submission> records;
  for (int year = 1990; year < 2090; ++year) {  // each compiles a year of a fresh snapshot
    const std::string day = std::to_string(year) + "-06-01T0";
    records.push_back(Submit(1, day + "0:00:00Z", day + "1:00:00Z"));
  }
  std::atomic<int> running{kCallers};
  std::vector<std::thread> callers;
  callers.reserve(kCallers);
  for (int c = 0; c < kCallers; ++c) {
    callers.emplace_back([&] {
      for (int i = 0; i < kCallsEach; ++i) {
        const testing::Answers answers = Call(&local, records);
        for (const Outcome& outcome : answers.outcomes) {
          ASSERT_TRUE(outcome.ok()) << Describe(outcome);
          ASSERT_TRUE(outcome.record.tariff->micros == answers.outcomes[0].record.tariff->micros);
          ASSERT_EQ(outcome.record.currency_code, "GBP");
        }
      }
      --running;
    });
  }
  for (int price = 2; running > 0; ++price) holder.Set(Priced(price));
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace costs::calculator
