#include "service/upstream/upstream_calculator.h"

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/snapshot.h"
#include "service/upstream/testing/calculating_api.h"

namespace costs::upstream {
namespace {

using calculator::Outcome;
using calculator::Submission;
using calculator::testing::Answers;
using calculator::testing::Call;
using calculator::testing::Describe;
using calculator::testing::DocumentationSubmission;
using calculator::testing::FixedClock;
using calculator::testing::Submit;
using Kind = UpstreamError::Kind;

// An UpstreamCalculator on an upstream with the documentation's catalog.
class UpstreamCalculatorTest : public ::testing::Test {
 protected:
  UpstreamCalculatorTest() {
    catalog_.Set(calculator::testing::MakeSnapshot(calculator::testing::DocumentationCatalog()));
    Make({});
  }

  void Make(UpstreamCalculator::Options options) {
    upstream_.reset();
    options.api = &api_;
    options.now = absl::Now;
    upstream_ = std::make_unique<UpstreamCalculator>(std::move(options));
  }

  // As the one record's failure.
  calculator::Failure FailWith(UpstreamError error) {
    api_.instead = [error](const CostCall&) { return error; };
    const Answers answers = Call(upstream_.get(), {DocumentationSubmission()});
    EXPECT_FALSE(answers.outcomes[0].ok());
    return answers.outcomes[0].ok() ? calculator::Failure() : *answers.outcomes[0].failure;
  }

  catalog::SnapshotHolder catalog_;
  calculator::LocalCalculator local_{&catalog_, FixedClock(), {}};
  testing::CalculatingApi api_{&local_};
  std::unique_ptr<UpstreamCalculator> upstream_;
};

UpstreamError ErrorOf(Kind kind, bool may_have_acted) {
  UpstreamError error;
  error.kind = kind;
  error.may_have_acted = may_have_acted;
  error.failure.code = absl::StatusCode::kUnavailable;
  error.failure.reason = "UPSTREAM_UNAVAILABLE";
  return error;
}

TEST_F(UpstreamCalculatorTest, Answers_AreTheUpstreams) {
  std::vector<Submission> submissions = {DocumentationSubmission()};
  Submission exported = Submit(3.25, "2022-02-01T00:00:00Z", "2022-02-01T00:15:00.5Z");
  exported.direction = engine::Direction::kExport;
  exported.tariff_rate = engine::TariffRate::kImport;
  exported.confidence = 0.5;
  exported.device_id = "dev_1";
  submissions.push_back(exported);
  exported.tariff_rate = engine::TariffRate::kLocal;
  exported.non_persistent = true;
  submissions.push_back(exported);
  submissions.push_back(DocumentationSubmission());
  submissions.back().location_id = "loc_unknown";
  for (const bool include : {true, false}) {
    calculator::Options options;
    options.include_tariff = include;
    options.include_carbon = !include;
    const Answers wanted = Call(&local_, submissions, options);
    const Answers got = Call(upstream_.get(), submissions, options);
    for (size_t i = 0; i < submissions.size(); ++i) {
      EXPECT_EQ(Describe(got.outcomes[i]), Describe(wanted.outcomes[i])) << i;
    }
    EXPECT_EQ(got.time_created, wanted.time_created);
  }
}

TEST_F(UpstreamCalculatorTest, Call_HasWhatTheRecordSays) {
  Submission submission = DocumentationSubmission();
  submission.device_id = "dev_1";
  calculator::Options options;
  options.non_persistent = true;
  const absl::Time deadline = absl::Now() + absl::Minutes(1);
  Call(upstream_.get(), {submission}, options, deadline);
  ASSERT_EQ(api_.calls().size(), 1u);
  const CostCall& call = *api_.calls()[0];
  EXPECT_EQ(call.account_id, calculator::testing::kAccount);
  EXPECT_TRUE(call.live_mode);
  EXPECT_EQ(call.location_id, calculator::testing::kLocation);
  EXPECT_EQ(call.device_id, "dev_1");
  EXPECT_EQ(call.session_reference_id, "session");
  EXPECT_EQ(call.record_reference_id, "record");
  EXPECT_EQ(call.direction, engine::Direction::kImport);
  EXPECT_EQ(call.tariff_rate, engine::TariffRate::kImport);
  EXPECT_EQ(call.units, engine::Units::kW);
  EXPECT_EQ(call.value, 20567);
  EXPECT_EQ(call.confidence, 1);
  EXPECT_TRUE(call.non_persistent);
  EXPECT_EQ(call.deadline, deadline);
  EXPECT_EQ(call.authorization, "");
}

TEST_F(UpstreamCalculatorTest, InvalidRecord_NeverGoesOutAndIsToldInTheSameWords) {
  Submission wrong = DocumentationSubmission();
  wrong.value = -1;
  wrong.end_time = wrong.start_time;
  const std::vector<Submission> submissions = {wrong, DocumentationSubmission(), Submission()};
  const Answers wanted = Call(&local_, submissions);
  const Answers got = Call(upstream_.get(), submissions);
  for (size_t i = 0; i < submissions.size(); ++i) {
    EXPECT_EQ(Describe(got.outcomes[i]), Describe(wanted.outcomes[i])) << i;
  }
  EXPECT_EQ(api_.calls().size(), 1u);
}

TEST_F(UpstreamCalculatorTest, WhatTheUpstreamHasNoWordFor_IsRefusedWithARemedy) {
  calculator::Options options;
  options.include_breakdown = true;
  Submission submission = DocumentationSubmission();
  submission.usage_before_wh = 1;
  const Answers answers = Call(upstream_.get(), {submission}, options);
  ASSERT_FALSE(answers.outcomes[0].ok());
  const calculator::Failure& failure = *answers.outcomes[0].failure;
  EXPECT_EQ(failure.code, absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(failure.reason, "INVALID_FIELD");
  ASSERT_EQ(failure.violations.size(), 2u);
  EXPECT_EQ(failure.violations[0].field, "include_breakdown");
  EXPECT_TRUE(failure.violations[0].of_call);
  EXPECT_EQ(failure.violations[1].field, "usage_before_wh");
  EXPECT_FALSE(failure.violations[1].of_call);
  EXPECT_TRUE(absl::StrContains(failure.violations[1].description, "leave it out"));
  EXPECT_TRUE(api_.calls().empty());
}

TEST_F(UpstreamCalculatorTest, Refusal_IsTheRecordsOwnAndSaysNothingOfActing) {
  Submission elsewhere = DocumentationSubmission();
  elsewhere.location_id = "loc_unknown";
  const Answers answers = Call(upstream_.get(), {elsewhere, DocumentationSubmission()});
  ASSERT_FALSE(answers.outcomes[0].ok());
  EXPECT_EQ(answers.outcomes[0].failure->reason, "LOCATION_NOT_FOUND");
  EXPECT_EQ(answers.outcomes[0].failure->upstream_may_have_acted, std::nullopt);
  EXPECT_TRUE(answers.outcomes[1].ok());
}

TEST_F(UpstreamCalculatorTest, UpstreamsFailure_SaysWhetherItMayHaveActed) {
  for (const Kind kind : {Kind::kUnavailable, Kind::kTimedOut, Kind::kBadAnswer, Kind::kRateLimited}) {
    for (const bool acted : {false, true}) {
      EXPECT_EQ(FailWith(ErrorOf(kind, acted)).upstream_may_have_acted, acted);
    }
  }
  EXPECT_EQ(FailWith(ErrorOf(Kind::kCancelled, true)).upstream_may_have_acted, std::nullopt);
}

TEST_F(UpstreamCalculatorTest, BadCredentials_AreTheCallersOnlyWhereHisArePassedOn) {
  UpstreamError error = ErrorOf(Kind::kBadCredentials, false);
  error.failure.code = absl::StatusCode::kUnauthenticated;
  error.failure.reason = "BAD_CREDENTIALS";
  const calculator::Failure own = FailWith(error);
  EXPECT_EQ(own.code, absl::StatusCode::kUnavailable);
  EXPECT_EQ(own.reason, "UPSTREAM_BAD_CREDENTIALS");
  UpstreamCalculator::Options options;
  options.pass_authorization = true;
  Make(options);
  const calculator::Failure callers = FailWith(error);
  EXPECT_EQ(callers.code, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(callers.reason, "BAD_CREDENTIALS");
}

TEST_F(UpstreamCalculatorTest, CallersAuthorization_IsPassedOnWhereItIsToBe) {
  for (const bool pass : {false, true}) {
    UpstreamCalculator::Options options;
    options.pass_authorization = pass;
    Make(options);
    const Submission submission = DocumentationSubmission();
    Outcome outcome;
    calculator::Batch batch;
    batch.caller.account_id = calculator::testing::kAccount;
    batch.caller.live_mode = true;
    batch.caller.authorization = "Bearer a.b.c";
    batch.submissions = absl::MakeConstSpan(&submission, 1);
    batch.outcomes = absl::MakeSpan(&outcome, 1);
    std::promise<void> done;
    upstream_->Calculate(&batch, [&done] { done.set_value(); });
    done.get_future().wait();
    EXPECT_EQ(api_.calls().back()->authorization, pass ? "Bearer a.b.c" : "");
  }
}

TEST_F(UpstreamCalculatorTest, OtherModeThanTheKeys_NeverGoesOut) {
  UpstreamCalculator::Options options;
  options.live_mode = false;
  Make(options);
  const Answers answers = Call(upstream_.get(), {DocumentationSubmission()});
  ASSERT_FALSE(answers.outcomes[0].ok());
  EXPECT_EQ(answers.outcomes[0].failure->code, absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(answers.outcomes[0].failure->reason, "UPSTREAM_WRONG_MODE");
  EXPECT_EQ(answers.outcomes[0].failure->upstream_may_have_acted, false);
  EXPECT_TRUE(api_.calls().empty());
}

TEST_F(UpstreamCalculatorTest, PassedDeadlineAndCancelledCall_AreNotAskedFor) {
  const Answers late = Call(upstream_.get(), {DocumentationSubmission()}, {}, absl::Now() - absl::Seconds(1));
  ASSERT_FALSE(late.outcomes[0].ok());
  EXPECT_EQ(late.outcomes[0].failure->reason, "DEADLINE_EXCEEDED");
  const Answers cancelled =
      Call(upstream_.get(), {DocumentationSubmission()}, {}, absl::InfiniteFuture(), [] { return true; });
  ASSERT_FALSE(cancelled.outcomes[0].ok());
  EXPECT_EQ(cancelled.outcomes[0].failure->code, absl::StatusCode::kCancelled);
  EXPECT_TRUE(api_.calls().empty());
}

TEST_F(UpstreamCalculatorTest, DeadlineWhileWaitingForATurn_EndsTheRecord) {
  UpstreamCalculator::Options options;
  options.under_way = 1;
  Make(options);
  api_.Hold();
  std::thread first([this] { Call(upstream_.get(), {DocumentationSubmission()}); });
  while (api_.calls().empty()) absl::SleepFor(absl::Milliseconds(1));
  const Answers late = Call(upstream_.get(), {DocumentationSubmission()}, {}, absl::Now() + absl::Milliseconds(50));
  ASSERT_FALSE(late.outcomes[0].ok());
  EXPECT_EQ(late.outcomes[0].failure->reason, "DEADLINE_EXCEEDED");
  EXPECT_EQ(api_.calls().size(), 1u);
  api_.Release();
  first.join();
}

TEST_F(UpstreamCalculatorTest, LargeBatch_IsAskedInParallelWithinTheLimitAndAnsweredInOrder) {
  UpstreamCalculator::Options options;
  options.under_way = 10;
  Make(options);
  std::vector<Submission> submissions;
  for (int i = 0; i < 100; ++i) {
    submissions.push_back(Submit(i, "2022-02-01T00:00:00Z", "2022-02-01T01:00:00Z"));
    submissions.back().end_time->seconds = submissions.back().start_time->seconds + 60 + i;
  }
  api_.Hold();
  Answers got;
  std::thread calling([&] { got = Call(upstream_.get(), submissions); });
  while (api_.calls().size() < 10) absl::SleepFor(absl::Milliseconds(1));
  EXPECT_EQ(api_.calls().size(), 10u);
  api_.Release();
  calling.join();
  const Answers wanted = Call(&local_, submissions);
  for (size_t i = 0; i < submissions.size(); ++i) {
    EXPECT_EQ(Describe(got.outcomes[i]), Describe(wanted.outcomes[i])) << i;
  }
}

TEST_F(UpstreamCalculatorTest, SameRecordTwice_IsAskedForInItsOrder) {
  api_.Hold();
  std::vector<Submission> submissions = {DocumentationSubmission(), DocumentationSubmission()};
  submissions[1].value = 1;
  std::thread calling([&] { Call(upstream_.get(), submissions); });
  while (api_.calls().empty()) absl::SleepFor(absl::Milliseconds(1));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(api_.calls().size(), 1u);
  api_.Release();
  calling.join();
  ASSERT_EQ(api_.calls().size(), 2u);
  EXPECT_EQ(api_.calls()[0]->value, 20567);
  EXPECT_EQ(api_.calls()[1]->value, 1);
}

}  // namespace
}  // namespace costs::upstream
