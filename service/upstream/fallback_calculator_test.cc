#include "service/upstream/fallback_calculator.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
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

using calculator::Source;
using calculator::Submission;
using calculator::testing::Answers;
using calculator::testing::Call;
using calculator::testing::Describe;
using calculator::testing::DocumentationSubmission;
using calculator::testing::FixedClock;

// Counts what is computed here, as a store would see it.
class CountingCalculator final : public calculator::Calculator {
 public:
  explicit CountingCalculator(calculator::Calculator* child) : child_(child) {}
  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    records += batch->submissions.size();
    child_->Calculate(batch, std::move(done));
  }
  size_t records = 0;

 private:
  calculator::Calculator* const child_;
};

class FallbackCalculatorTest : public ::testing::Test {
 protected:
  FallbackCalculatorTest() {
    catalog_.Set(calculator::testing::MakeSnapshot(calculator::testing::DocumentationCatalog()));
  }

  static UpstreamCalculator::Options OptionsOf(CostsApi* api) {
    UpstreamCalculator::Options options;
    options.api = api;
    options.now = absl::Now;
    return options;
  }

  void Fail(UpstreamError error) {
    api_.instead = [error](const CostCall&) { return error; };
  }

  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator pricing_{&catalog_, FixedClock(), {}};
  CountingCalculator local_{&pricing_};
  testing::CalculatingApi api_{&pricing_};
  UpstreamCalculator upstream_{OptionsOf(&api_)};
  FallbackCalculator fallback_{&upstream_, &local_};
};

TEST_F(FallbackCalculatorTest, UpstreamAnswers_AreMarkedSo) {
  const Answers answers = Call(&fallback_, {DocumentationSubmission()});
  ASSERT_TRUE(answers.outcomes[0].ok());
  EXPECT_EQ(answers.outcomes[0].record.source, Source::kUpstream);
  EXPECT_EQ(answers.outcomes[0].record.source_reason, "");
  EXPECT_EQ(local_.records, 0u);
}

TEST_F(FallbackCalculatorTest, FailedAndSurelyNotStored_IsComputedAndSaysWhy) {
  Fail(Unavailable("cannot be used", /*may_have_acted=*/false));
  const Answers answers = Call(&fallback_, {DocumentationSubmission()});
  EXPECT_EQ(Describe(answers.outcomes[0]), Describe(Call(&pricing_, {DocumentationSubmission()}).outcomes[0]));
  EXPECT_EQ(answers.outcomes[0].record.source, Source::kComputed);
  EXPECT_EQ(answers.outcomes[0].record.source_reason, "the upstream was not available");
  EXPECT_EQ(answers.time_created, FixedClock()());
  Fail(TimedOut(/*may_have_acted=*/false));
  EXPECT_EQ(Call(&fallback_, {DocumentationSubmission()}).outcomes[0].record.source_reason,
            "the upstream was too slow");
}

TEST_F(FallbackCalculatorTest, PersistentRecordThatMayBeStored_IsNotStoredHereTooButToBeSentAgain) {
  for (const UpstreamError& error : {Unavailable("answered 500", true), TimedOut(true), BadAnswer("is no JSON", 200)}) {
    Fail(error);
    const Answers answers = Call(&fallback_, {DocumentationSubmission()});
    ASSERT_FALSE(answers.outcomes[0].ok());
    EXPECT_EQ(answers.outcomes[0].failure->code, absl::StatusCode::kUnavailable);
    EXPECT_EQ(answers.outcomes[0].failure->reason, error.failure.reason);
    EXPECT_TRUE(answers.outcomes[0].failure->retry_after.has_value());
  }
  EXPECT_EQ(local_.records, 0u);
}

TEST_F(FallbackCalculatorTest, SimulationThatMayHaveBeenSeen_IsComputed) {
  Fail(TimedOut(/*may_have_acted=*/true));
  Submission simulation = DocumentationSubmission();
  simulation.non_persistent = true;
  EXPECT_EQ(Call(&fallback_, {simulation}).outcomes[0].record.source, Source::kComputed);
  calculator::Options options;
  options.non_persistent = true;
  EXPECT_EQ(Call(&fallback_, {DocumentationSubmission()}, options).outcomes[0].record.source, Source::kComputed);
}

TEST_F(FallbackCalculatorTest, RefusalsAndInvalidRecords_ArePassedOn) {
  Submission elsewhere = DocumentationSubmission();
  elsewhere.location_id = "loc_unknown";
  const Answers answers = Call(&fallback_, {elsewhere, Submission()});
  EXPECT_EQ(answers.outcomes[0].failure->reason, "LOCATION_NOT_FOUND");
  EXPECT_EQ(answers.outcomes[1].failure->reason, "INVALID_FIELD");
  Fail(Cancelled(/*may_have_acted=*/true));
  EXPECT_EQ(Call(&fallback_, {DocumentationSubmission()}).outcomes[0].failure->code, absl::StatusCode::kCancelled);
  EXPECT_EQ(local_.records, 0u);
}

TEST_F(FallbackCalculatorTest, UpstreamIsLeftAlone_AllIsComputedAtOnceAsIfItHadFailed) {
  size_t asked = 0;
  bool alone = true;
  FallbackCalculator fallback(&upstream_, &local_, [&](size_t records) {
    asked += records;
    return alone;
  });
  Fail(Unavailable("cannot be used", /*may_have_acted=*/false));
  std::vector<Submission> submissions(3, DocumentationSubmission());
  submissions[1].location_id = "loc_unknown";
  submissions[2].value = std::nullopt;
  const Answers at_once = Call(&fallback, submissions);
  EXPECT_EQ(asked, 3u);
  EXPECT_EQ(local_.records, 3u);
  alone = false;
  const Answers after_failing = Call(&fallback, submissions);
  for (size_t i = 0; i < submissions.size(); ++i) {
    EXPECT_EQ(Describe(at_once.outcomes[i]), Describe(after_failing.outcomes[i])) << i;
  }
  EXPECT_EQ(at_once.outcomes[0].record.source, Source::kComputed);
  EXPECT_EQ(at_once.outcomes[0].record.source_reason, after_failing.outcomes[0].record.source_reason);
}

TEST_F(FallbackCalculatorTest, UpstreamIsLeftAlone_WhatItCannotBeAskedIsRefusedAllTheSame) {
  FallbackCalculator fallback(&upstream_, &local_, [](size_t) { return true; });
  calculator::Options options;
  options.include_breakdown = true;
  EXPECT_EQ(Call(&fallback, {DocumentationSubmission()}, options).outcomes[0].failure->reason, "INVALID_FIELD");
  Submission tiered = DocumentationSubmission();
  tiered.usage_before_wh = 1;
  EXPECT_EQ(Call(&fallback, {tiered}).outcomes[0].failure->reason, "INVALID_FIELD");
  EXPECT_EQ(local_.records, 0u);
}

TEST_F(FallbackCalculatorTest, MixedBatch_IsAnsweredRecordByRecord) {
  api_.instead = [](const CostCall& call) -> std::optional<UpstreamError> {
    if (call.value == 1) return Unavailable("cannot be used", false);
    if (call.value == 2) return Unavailable("answered 502", true);
    return std::nullopt;
  };
  std::vector<Submission> submissions(4, DocumentationSubmission());
  submissions[1].value = 1;
  submissions[2].value = 2;
  submissions[3].value = 1;
  submissions[3].location_id = "loc_unknown";
  const Answers answers = Call(&fallback_, submissions);
  EXPECT_EQ(answers.outcomes[0].record.source, Source::kUpstream);
  EXPECT_EQ(answers.outcomes[1].record.source, Source::kComputed);
  EXPECT_EQ(answers.outcomes[1].record.currency_code, "GBP");
  EXPECT_EQ(answers.outcomes[2].failure->reason, "UPSTREAM_UNAVAILABLE");
  EXPECT_EQ(answers.outcomes[3].failure->reason, "LOCATION_NOT_FOUND");
  EXPECT_EQ(local_.records, 2u);
}

}  // namespace
}  // namespace costs::upstream
