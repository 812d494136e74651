#include "service/upstream/shadow_calculator.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/snapshot.h"
#include "service/upstream/testing/calculating_api.h"
#include "service/upstream/upstream_calculator.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

using calculator::Submission;
using calculator::testing::Answers;
using calculator::testing::Call;
using calculator::testing::Describe;
using calculator::testing::DocumentationSubmission;
using calculator::testing::FixedClock;

// A calculator whose figures are off by so much.
class OffCalculator final : public calculator::Calculator {
 public:
  explicit OffCalculator(calculator::Calculator* child) : child_(child) {}
  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    child_->Calculate(batch, [this, batch, done = std::move(done)] {
      for (calculator::Outcome& outcome : batch->outcomes) {
        if (!outcome.ok()) continue;
        if (outcome.record.tariff) outcome.record.tariff->micros += micros;
        if (outcome.record.carbon) outcome.record.carbon->milligrams += milligrams;
      }
      done();
    });
  }
  int64_t micros = 0, milligrams = 0;

 private:
  calculator::Calculator* const child_;
};

class ShadowCalculatorTest : public ::testing::Test {
 protected:
  ShadowCalculatorTest() {
    catalog_.Set(calculator::testing::MakeSnapshot(calculator::testing::DocumentationCatalog()));
  }

  static UpstreamCalculator::Options OptionsOf(CostsApi* api) {
    UpstreamCalculator::Options options;
    options.api = api;
    options.now = absl::Now;
    return options;
  }

  std::map<std::string, double> Figures() const {
    std::map<std::string, double> figures;
    for (const telemetry::Figure& figure : shadow_.Figures()) {
      figures[figure.name] = figure.value;
      if (figure.kind != telemetry::Figure::Kind::kHistogram) continue;
      figures[absl::StrCat(figure.name, " sum")] = figure.distribution.sum;
      for (const telemetry::Distribution::Bucket& bucket : figure.distribution.buckets) {
        figures[absl::StrCat(figure.name, " up to ", bucket.upper_bound)] = static_cast<double>(bucket.count);
      }
    }
    return figures;
  }

  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator local_{&catalog_, FixedClock(), {}};
  OffCalculator off_{&local_};
  testing::CalculatingApi api_{&off_};
  UpstreamCalculator upstream_{OptionsOf(&api_)};
  ShadowCalculator shadow_{&local_, &upstream_, 3};
};

TEST_F(ShadowCalculatorTest, Answer_IsTheComputedOneAndTheUpstreamSeesASimulation) {
  off_.micros = 1'000'000;
  const Answers answers = Call(&shadow_, {DocumentationSubmission()});
  EXPECT_EQ(Describe(answers.outcomes[0]), Describe(Call(&local_, {DocumentationSubmission()}).outcomes[0]));
  EXPECT_EQ(answers.outcomes[0].record.source, calculator::Source::kNotSaid);
  ASSERT_EQ(api_.calls().size(), 1u);
  EXPECT_TRUE(api_.calls()[0]->non_persistent);
  EXPECT_EQ(api_.calls()[0]->record_reference_id, "record");
}

TEST_F(ShadowCalculatorTest, SameAnswers_AreComparedAndDoNotDiffer) {
  Submission elsewhere = DocumentationSubmission();
  elsewhere.location_id = "loc_unknown";
  Call(&shadow_, {DocumentationSubmission(), elsewhere, Submission()});
  const std::map<std::string, double> figures = Figures();
  EXPECT_EQ(figures.at("costs_shadow_compared_total"), 2);
  EXPECT_EQ(figures.at("costs_shadow_differed_total"), 0);
  EXPECT_EQ(figures.at("costs_shadow_difference_money_micros up to 0"), 1);
  EXPECT_TRUE(shadow_.differences().empty());
}

TEST_F(ShadowCalculatorTest, Differences_AreCountedBySizeAndKept) {
  off_.micros = -12;
  off_.milligrams = 3;
  Call(&shadow_, {DocumentationSubmission()});
  const std::map<std::string, double> figures = Figures();
  EXPECT_EQ(figures.at("costs_shadow_differed_total"), 1);
  EXPECT_EQ(figures.at("costs_shadow_difference_money_micros up to 10"), 0);
  EXPECT_EQ(figures.at("costs_shadow_difference_money_micros up to 100"), 1);
  EXPECT_EQ(figures.at("costs_shadow_difference_money_micros sum"), 12);
  EXPECT_EQ(figures.at("costs_shadow_difference_carbon_milligrams up to 0"), 0);
  EXPECT_EQ(figures.at("costs_shadow_difference_carbon_milligrams up to 10"), 1);
  EXPECT_EQ(figures.at("costs_shadow_difference_energy_wh up to 0"), 1);
  ASSERT_EQ(shadow_.differences().size(), 1u);
  const ShadowCalculator::Difference difference = shadow_.differences()[0];
  EXPECT_EQ(difference.location_id, calculator::testing::kLocation);
  EXPECT_EQ(difference.computed, "10284 Wh, 928372000 micros of GBP at confidence 1000, 35240 mg at confidence 800");
  EXPECT_EQ(difference.upstream, "10284 Wh, 928371988 micros of GBP at confidence 1000, 35243 mg at confidence 800");
}

TEST_F(ShadowCalculatorTest, LastThousandDifferences_AreKept) {
  off_.micros = 1;
  for (int i = 0; i < 1'005; ++i) Call(&shadow_, {DocumentationSubmission()});
  EXPECT_EQ(shadow_.differences().size(), ShadowCalculator::kDifferencesKept);
  EXPECT_EQ(Figures().at("costs_shadow_differed_total"), 1'005);
}

TEST_F(ShadowCalculatorTest, FailingUpstream_IsNoDifference) {
  api_.instead = [](const CostCall&) { return std::optional(Unavailable("is away", false)); };
  EXPECT_TRUE(Call(&shadow_, {DocumentationSubmission()}).outcomes[0].ok());
  EXPECT_EQ(Figures().at("costs_shadow_failed_total"), 1);
  EXPECT_EQ(Figures().at("costs_shadow_compared_total"), 0);
}

TEST_F(ShadowCalculatorTest, MoreThanMayBeAsked_AreLeftOutAndNobodyWaits) {
  api_.Hold();
  const std::vector<Submission> submissions(5, DocumentationSubmission());
  Call(&shadow_, submissions);
  Call(&shadow_, submissions);
  EXPECT_EQ(Figures().at("costs_shadow_left_out_total"), 7);
  EXPECT_EQ(Figures().at("costs_shadow_asked"), 3);
  api_.Release();
  EXPECT_EQ(Figures().at("costs_shadow_asked"), 0);
}

}  // namespace
}  // namespace costs::upstream
