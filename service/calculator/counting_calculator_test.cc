#include "service/calculator/counting_calculator.h"

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"

namespace costs::calculator {
namespace {

// Answers each record by its value: 0 is refused, 1 has nothing, 2 a certain cost, 3 a
// forecast of both.
class ByValue final : public Calculator {
 public:
  void Calculate(Batch* batch, std::function<void()> done) override {
    for (size_t i = 0; i < batch->submissions.size(); ++i) {
      Outcome& outcome = batch->outcomes[i];
      const auto value = static_cast<int>(*batch->submissions[i].value);
      if (value == 0) {
        auto failure = std::make_unique<Failure>();
        failure->reason = "LOCATION_NOT_FOUND";
        outcome.failure = std::move(failure);
      }
      if (value >= 2) outcome.record.tariff = TariffFigure{1, value == 2 ? engine::kCertain : engine::Confidence{800}};
      if (value == 3) outcome.record.carbon = CarbonFigure{1, 0};
    }
    done();
  }
};

std::map<std::string, double> FiguresOf(const CountingCalculator& counting) {
  std::map<std::string, double> figures;
  for (const telemetry::Figure& figure : counting.Figures()) {
    std::string name;
    for (const auto& [label, value] : figure.labels) absl::StrAppend(&name, label, "=", value, " ");
    figures[name] = figure.value;
  }
  return figures;
}

void Ask(const std::vector<double>& values, Calculator* calculator) {
  std::vector<Submission> submissions(values.size());
  std::vector<Outcome> outcomes(values.size());
  for (size_t i = 0; i < values.size(); ++i) submissions[i].value = values[i];
  Batch batch;
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(outcomes);
  bool done = false;
  calculator->Calculate(&batch, [&] { done = true; });
  EXPECT_TRUE(done);
}

TEST(CountingCalculator, CountsByWhatIsKnown) {
  ByValue child;
  CountingCalculator counting(&child);
  Ask({0, 1, 2, 2, 3, 0}, &counting);
  const std::map<std::string, double> figures = FiguresOf(counting);
  EXPECT_EQ(figures.at("reason=LOCATION_NOT_FOUND "), 2);
  EXPECT_EQ(figures.at("cost=none carbon=none "), 1);
  EXPECT_EQ(figures.at("cost=certain carbon=none "), 2);
  EXPECT_EQ(figures.at("cost=forecast carbon=forecast "), 1);
  EXPECT_EQ(figures.at("cost=certain carbon=certain "), 0);
}

TEST(CountingCalculator, ManyThreads_LoseNone) {
  ByValue child;
  CountingCalculator counting(&child);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) Ask({0, 2}, &counting);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(FiguresOf(counting).at("reason=LOCATION_NOT_FOUND "), 2'000);
  EXPECT_EQ(FiguresOf(counting).at("cost=certain carbon=none "), 2'000);
}

}  // namespace
}  // namespace costs::calculator
