#include "service/calculator/local_calculator.h"

#include <atomic>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/snapshot.h"

namespace costs::calculator {
namespace {

using engine::Direction;
using engine::TariffRate;
using engine::Units;
using engine::testing::At;
using engine::testing::Between;
using engine::testing::D;
using engine::testing::ElementSpec;
using engine::testing::EveryDay;
using engine::testing::Fixed;
using engine::testing::Flat;
using engine::testing::Slots;
using testing::Answers;
using testing::Call;
using testing::Describe;
using testing::DocumentationCatalog;
using testing::DocumentationSubmission;
using testing::FixedClock;
using ::testing::HasSubstr;
using testing::kLocation;
using testing::MakeSnapshot;
using testing::OneLocation;
using testing::Submit;

class LocalCalculatorTest : public ::testing::Test {
 protected:
  void Use(catalog::CatalogContent content) { holder_.Set(MakeSnapshot(std::move(content))); }

  Outcome One(const Submission& submission, const Options& options = {}) {
    Answers answers = Call(&local_, {submission}, options);
    keep_alive_ = answers.keep_alive;
    return std::move(answers.outcomes[0]);
  }

  void ExpectFailure(const Outcome& outcome, absl::StatusCode code, const std::string& reason,
                     const std::vector<std::string>& says) {
    ASSERT_FALSE(outcome.ok()) << Describe(outcome);
    EXPECT_EQ(outcome.failure->code, code);
    EXPECT_EQ(outcome.failure->reason, reason);
    for (const std::string& part : says) EXPECT_THAT(outcome.failure->message, HasSubstr(part));
  }

  catalog::SnapshotHolder holder_;
  LocalCalculator local_{&holder_, FixedClock(), {3, 4}};
  std::shared_ptr<const void> keep_alive_;
};

ElementSpec WithRate(ElementSpec spec, TariffRate rate, std::string id) {
  spec.tariff_rate = rate;
  spec.id = std::move(id);
  return spec;
}

TEST_F(LocalCalculatorTest, DocumentationExample_IsAnsweredDigitForDigit) {
  Use(DocumentationCatalog());
  const Outcome outcome = One(DocumentationSubmission());
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  const PricedRecord& record = outcome.record;
  EXPECT_EQ(record.energy_wh, 10284);
  ASSERT_TRUE(record.tariff.has_value());
  EXPECT_EQ(static_cast<int64_t>(record.tariff->micros), 928'372'000);
  EXPECT_EQ(record.tariff->confidence, 1000);
  ASSERT_TRUE(record.carbon.has_value());
  EXPECT_EQ(static_cast<int64_t>(record.carbon->milligrams), 35'240);
  EXPECT_EQ(record.carbon->confidence, 800);
  EXPECT_EQ(record.direction, Direction::kImport);
  EXPECT_EQ(record.tariff_rate, TariffRate::kImport);
  EXPECT_EQ(record.currency_code, "GBP");
  EXPECT_EQ(record.confidence, 1);
  EXPECT_FALSE(record.non_persistent);
  EXPECT_TRUE(record.interval == Between("2022-02-01T10:30:00Z", "2022-02-01T11:00:00Z"));
  EXPECT_TRUE(record.breakdown.empty());
}

TEST_F(LocalCalculatorTest, SameEnergyInAnyUnit_HasTheSameAnswer) {
  Use(DocumentationCatalog());
  const std::string want = Describe(One(DocumentationSubmission()));
  const char* start = "2022-02-01T10:30:00Z";
  const char* end = "2022-02-01T11:00:00Z";
  EXPECT_EQ(Describe(One(Submit(20.567, start, end, Units::kKw))), want);
  EXPECT_EQ(Describe(One(Submit(10283.5, start, end, Units::kWh))), want);
  EXPECT_EQ(Describe(One(Submit(10.2835, start, end, Units::kKwh))), want);
}

TEST_F(LocalCalculatorTest, TimeWrittenWithAnyOffset_HasTheSameAnswer) {
  Use(DocumentationCatalog());
  const std::string want = Describe(One(DocumentationSubmission()));
  EXPECT_EQ(Describe(One(Submit(20567, "2022-02-01T11:30:00+01:00", "2022-02-01T06:00:00-05:00", Units::kW))), want);
  EXPECT_EQ(Describe(One(Submit(20567, "2022-02-01T16:15:00+05:45", "2022-02-01T11:00:00Z", Units::kW))), want);
}

TEST_F(LocalCalculatorTest, Directions_TakeTheRateThatIsAsked) {
  Use(OneLocation({WithRate(Flat("0.3"), TariffRate::kImport, "in"), WithRate(Flat("0.05"), TariffRate::kImport, "in2"),
                   WithRate(Flat("0.15"), TariffRate::kExport, "out")},
                  {{Between("2022-01-01T00:00:00Z", "2023-01-01T00:00:00Z"), {}, D("200")}}));
  struct {
    Direction direction;
    TariffRate rate;
    int64_t micros;
    int64_t milligrams;
  } const cases[] = {
      {Direction::kUnspecified, TariffRate::kUnspecified, 350'000, 200'000},
      {Direction::kImport, TariffRate::kImport, 350'000, 200'000},
      {Direction::kExport, TariffRate::kUnspecified, 150'000, 200'000},  // earned; carbon avoided
      {Direction::kExport, TariffRate::kExport, 150'000, 200'000},
      {Direction::kExport, TariffRate::kImport, 350'000, 200'000},  // the grid cost avoided
      {Direction::kImport, TariffRate::kExport, 150'000, 200'000},
      {Direction::kImport, TariffRate::kLocal, 0, 0},
      {Direction::kExport, TariffRate::kLocal, 0, 0},
  };
  for (const auto& c : cases) {
    Submission submission = Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z");
    submission.direction = c.direction;
    submission.tariff_rate = c.rate;
    const Outcome outcome = One(submission);
    SCOPED_TRACE(Describe(outcome));
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(static_cast<int64_t>(outcome.record.tariff->micros), c.micros);
    EXPECT_EQ(outcome.record.tariff->confidence, 1000);
    EXPECT_EQ(static_cast<int64_t>(outcome.record.carbon->milligrams), c.milligrams);
    EXPECT_EQ(outcome.record.carbon->confidence, 1000);
    EXPECT_EQ(outcome.record.direction, c.direction == Direction::kExport ? Direction::kExport : Direction::kImport);
    if (c.rate != TariffRate::kUnspecified) {
      EXPECT_EQ(outcome.record.tariff_rate, c.rate);
    }
  }
}

TEST_F(LocalCalculatorTest, LocalWithElements_HasTheirPriceAndNoCarbon) {
  Use(OneLocation({WithRate(Flat("0.04"), TariffRate::kLocal, "sun")}));
  Submission submission = Submit(2, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z");
  submission.tariff_rate = TariffRate::kLocal;
  const Outcome outcome = One(submission);
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  EXPECT_EQ(static_cast<int64_t>(outcome.record.tariff->micros), 80'000);
  // Zero, also where the location has no carbon data.
  ASSERT_TRUE(outcome.record.carbon.has_value());
  EXPECT_TRUE(outcome.record.carbon->milligrams == 0);
}

TEST_F(LocalCalculatorTest, NoElementForTheRate_IsRefused) {
  Use(OneLocation({Flat("0.3")}));
  Submission submission = Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z");
  submission.direction = Direction::kExport;
  ExpectFailure(One(submission), absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED",
                {std::string(kLocation), "EXPORT", "include_tariff=false"});
  // Without a tariff asked for, none is needed.
  Options options;
  options.include_tariff = false;
  EXPECT_TRUE(One(submission, options).ok());
}

TEST_F(LocalCalculatorTest, PriceGap_IsRefusedWithItsInstant) {
  ElementSpec market;
  market.market = Slots(At("2022-06-01T00:00:00Z"), 1800, {"0.1", "0.2", "", "0.4"});
  Use(OneLocation({market}));
  struct {
    const char* start;
    const char* end;
    const char* gap;
  } const cases[] = {
      {"2022-06-01T00:00:00Z", "2022-06-01T02:00:00Z", "2022-06-01T01:00:00Z"},
      {"2022-06-01T01:10:00.25Z", "2022-06-01T01:20:00Z", "2022-06-01T01:10:00.25Z"},
      {"2022-06-01T01:59:59Z", "2022-06-01T02:00:00.000000001Z", "2022-06-01T02:00:00Z"},
      {"2022-05-31T23:00:00Z", "2022-06-01T00:30:00Z", "2022-05-31T23:00:00Z"},
  };
  for (const auto& c : cases) {
    ExpectFailure(One(Submit(1, c.start, c.end)), absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
                  {std::string(kLocation), "IMPORT", absl::StrCat("from ", c.gap, ";")});
  }
  EXPECT_TRUE(One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z")).ok());
  EXPECT_TRUE(One(Submit(1, "2022-06-01T01:30:00Z", "2022-06-01T02:00:00Z")).ok());
  Options options;
  options.include_tariff = false;
  EXPECT_TRUE(One(Submit(1, cases[0].start, cases[0].end), options).ok());
}

TEST_F(LocalCalculatorTest, BeforeTheContract_ThereIsNoPrice) {
  ElementSpec spec = Flat("0.3");
  spec.contract_start = At("2022-06-01T00:00:00Z");
  Use(OneLocation({spec}));
  ExpectFailure(One(Submit(1, "2022-05-31T23:59:59Z", "2022-06-01T00:00:00Z")), absl::StatusCode::kFailedPrecondition,
                "NO_PRICE_DATA", {"from 2022-05-31T23:59:59Z"});
  EXPECT_TRUE(One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z")).ok());
}

TEST_F(LocalCalculatorTest, AfterTheContract_ConfidenceFallsBySteps) {
  ElementSpec spec = Flat("0.3");
  spec.contract_end = At("2022-01-01T00:00:00Z");
  Use(OneLocation({spec}));
  struct {
    const char* start;
    const char* end;
    int confidence;
  } const cases[] = {
      {"2021-12-31T23:00:00Z", "2022-01-01T00:00:00Z", 1000},
      {"2021-12-31T23:00:00Z", "2022-01-01T00:00:01Z", 800},
      {"2022-01-01T00:00:00Z", "2022-01-01T01:00:00Z", 800},
      {"2022-03-31T23:00:00Z", "2022-04-01T00:00:00Z", 800},  // the 90th day
      {"2022-04-01T00:00:00Z", "2022-04-01T01:00:00Z", 600},
      {"2022-06-29T23:00:00Z", "2022-06-30T00:00:00Z", 600},
      {"2022-06-30T00:00:00Z", "2022-06-30T01:00:00Z", 400},
      {"2022-09-27T23:00:00Z", "2022-09-28T00:00:00Z", 400},
      {"2022-09-28T00:00:00Z", "2022-09-28T01:00:00Z", 200},
      {"2035-01-01T00:00:00Z", "2035-01-01T01:00:00Z", 200},
      {"2021-12-01T00:00:00Z", "2022-10-01T00:00:00Z", 200},  // the lowest of all slices
  };
  for (const auto& c : cases) {
    const Outcome outcome = One(Submit(1, c.start, c.end));
    ASSERT_TRUE(outcome.ok()) << Describe(outcome);
    EXPECT_EQ(outcome.record.tariff->confidence, c.confidence) << c.start;
  }
}

TEST_F(LocalCalculatorTest, RecordsOwnConfidence_DoesNotScaleThePrices) {
  Use(DocumentationCatalog());
  Submission submission = DocumentationSubmission();
  submission.confidence = 0.3;
  const Outcome outcome = One(submission);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.record.confidence, 0.3);
  EXPECT_EQ(outcome.record.tariff->confidence, 1000);
  EXPECT_EQ(outcome.record.carbon->confidence, 800);
}

TEST_F(LocalCalculatorTest, CarbonGap_LeavesTheFigureOut) {
  Use(OneLocation({Flat("1")}, {{Between("2022-06-01T00:00:00Z", "2022-06-01T00:30:00Z"), {}, D("100")},
                                {Between("2022-06-01T00:30:00Z", "2022-06-01T01:00:00Z"), {}, {}}}));
  EXPECT_TRUE(One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T00:30:00Z")).record.carbon.has_value());
  const Outcome outcome = One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T00:30:01Z"));
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  EXPECT_FALSE(outcome.record.carbon.has_value());
  EXPECT_TRUE(outcome.record.tariff.has_value());
}

TEST_F(LocalCalculatorTest, NoCarbonRegion_LeavesTheFigureOut) {
  Use(OneLocation({Flat("1")}));
  const Outcome outcome = One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T00:30:00Z"));
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  EXPECT_FALSE(outcome.record.carbon.has_value());
}

TEST_F(LocalCalculatorTest, IncludeFlags_LeaveFiguresOut) {
  Use(DocumentationCatalog());
  for (const bool tariff : {false, true}) {
    for (const bool carbon : {false, true}) {
      Options options;
      options.include_tariff = tariff;
      options.include_carbon = carbon;
      options.include_breakdown = true;
      const Outcome outcome = One(DocumentationSubmission(), options);
      ASSERT_TRUE(outcome.ok()) << Describe(outcome);
      EXPECT_EQ(outcome.record.tariff.has_value(), tariff);
      EXPECT_EQ(outcome.record.carbon.has_value(), carbon);
      EXPECT_EQ(outcome.record.energy_wh, 10284);
      ASSERT_EQ(outcome.record.breakdown.size(), 1u);
      const Segment& segment = outcome.record.breakdown[0];
      EXPECT_EQ(segment.energy_wh, 10284);
      EXPECT_EQ(segment.cost.has_value(), tariff);
      EXPECT_EQ(segment.rates.size(), tariff ? 1u : 0u);
      EXPECT_EQ(segment.carbon.has_value(), carbon);
      EXPECT_EQ(segment.intensity.has_value(), carbon);
    }
  }
}

TEST_F(LocalCalculatorTest, Breakdown_NamesEachElementsRate) {
  ElementSpec rising;
  rising.id = "rising";
  rising.seasons = EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}});
  ElementSpec falling;
  falling.id = "falling";
  falling.seasons = EveryDay({{0, Fixed("0.3")}, {7, Fixed("0.1")}});
  Use(OneLocation({rising, falling}));
  Options options;
  options.include_breakdown = true;
  const Outcome outcome = One(Submit(1, "2022-01-01T06:00:00Z", "2022-01-01T08:00:00Z"), options);
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  ASSERT_EQ(outcome.record.breakdown.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const Segment& segment = outcome.record.breakdown[i];
    EXPECT_EQ(static_cast<int64_t>(*segment.cost), 400'000);
    ASSERT_EQ(segment.rates.size(), 2u);
    for (const ElementRate& rate : segment.rates) {
      EXPECT_EQ(rate.rate, (rate.element_id == "rising") == (i == 0) ? 0.1 : 0.3);
    }
  }
}

TEST_F(LocalCalculatorTest, BreakdownOfLocalGeneration_CostsNothing) {
  Use(OneLocation({Flat("0.3")}));
  Submission submission = Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z");
  submission.tariff_rate = TariffRate::kLocal;
  Options options;
  options.include_breakdown = true;
  const Outcome outcome = One(submission, options);
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  ASSERT_EQ(outcome.record.breakdown.size(), 1u);
  EXPECT_TRUE(*outcome.record.breakdown[0].cost == 0);
  EXPECT_TRUE(*outcome.record.breakdown[0].carbon == 0);
}

TEST_F(LocalCalculatorTest, BreakdownOverTheLimits_IsRefused) {
  ElementSpec market;
  market.market = Slots(At("2022-06-01T00:00:00Z"), 1800, {"1", "2", "3", "4", "5"});
  Use(OneLocation({market}));
  Options options;
  options.include_breakdown = true;
  EXPECT_TRUE(One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T02:00:00Z"), options).ok());
  const Outcome long_record = One(Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T02:30:00Z"), options);
  ExpectFailure(long_record, absl::StatusCode::kInvalidArgument, "INVALID_FIELD", {"more than 4 segments"});
  ASSERT_EQ(long_record.failure->violations.size(), 1u);
  EXPECT_EQ(long_record.failure->violations[0].field, "include_breakdown");

  const std::vector<Submission> four(4, Submit(1, "2022-06-01T00:00:00Z", "2022-06-01T01:00:00Z"));
  for (const Outcome& outcome : Call(&local_, four, options).outcomes) {
    ExpectFailure(outcome, absl::StatusCode::kInvalidArgument, "INVALID_FIELD", {"at most 3 records"});
  }
  const std::vector<Submission> three(four.begin(), four.begin() + 3);
  for (const Outcome& outcome : Call(&local_, three, options).outcomes) EXPECT_TRUE(outcome.ok());
}

TEST_F(LocalCalculatorTest, UnknownLocation_IsNotFound) {
  Use(DocumentationCatalog());
  Submission submission = DocumentationSubmission();
  submission.location_id = "loc_elsewhere";
  ExpectFailure(One(submission), absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND", {"loc_elsewhere", "location_id"});
}

TEST_F(LocalCalculatorTest, InvalidRecord_HasAllItsViolations) {
  Use(DocumentationCatalog());
  const Outcome outcome = One(Submission());
  ExpectFailure(outcome, absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                {"location_id is required", "units", "value", "start_time", "end_time"});
  EXPECT_EQ(outcome.failure->violations.size(), 5u);
}

TEST_F(LocalCalculatorTest, BadRecord_LeavesItsNeighboursAlone) {
  Use(DocumentationCatalog());
  Submission unknown = DocumentationSubmission();
  unknown.location_id = "loc_elsewhere";
  const Submission good = DocumentationSubmission();
  const Answers answers = Call(&local_, {good, Submission(), good, unknown, good});
  const std::string want = Describe(One(good));
  for (const size_t i : {0, 2, 4}) EXPECT_EQ(Describe(answers.outcomes[i]), want);
  for (const size_t i : {1, 3}) EXPECT_FALSE(answers.outcomes[i].ok());
}

TEST_F(LocalCalculatorTest, UsedOutcome_KeepsNothingOfItsPast) {
  Use(DocumentationCatalog());
  Options all;
  all.include_breakdown = true;
  Submission submission = DocumentationSubmission();
  Outcome outcome;
  Batch batch;
  batch.caller.account_id = testing::kAccount;
  batch.caller.live_mode = true;
  batch.submissions = absl::MakeConstSpan(&submission, 1);
  batch.outcomes = absl::MakeSpan(&outcome, 1);
  auto run = [&](const Options& options) {
    batch.options = options;
    local_.Calculate(&batch, [] {});
    return Describe(outcome);
  };
  Options least;
  least.include_tariff = least.include_carbon = false;
  const std::string want_all = Describe(One(submission, all));
  const std::string want_least = Describe(One(submission, least));
  EXPECT_EQ(run(all), want_all);
  EXPECT_EQ(run(least), want_least);
  submission.value.reset();
  run(all);
  EXPECT_FALSE(outcome.ok());
  submission.value = 20567;
  EXPECT_EQ(run(least), want_least);
  EXPECT_EQ(run(all), want_all);
}

TEST_F(LocalCalculatorTest, NonPersistent_IsTheCallsOrTheRecords) {
  Use(DocumentationCatalog());
  for (const bool call : {false, true}) {
    for (const bool own : {false, true}) {
      Options options;
      options.non_persistent = call;
      Submission submission = DocumentationSubmission();
      submission.non_persistent = own;
      EXPECT_EQ(One(submission, options).record.non_persistent, call || own);
    }
  }
}

TEST_F(LocalCalculatorTest, SwappedSnapshot_IsKeptByTheAnswers) {
  Use(DocumentationCatalog());
  const Answers answers = Call(&local_, {DocumentationSubmission()});
  Use(OneLocation({}));
  EXPECT_EQ(answers.outcomes[0].record.currency_code, "GBP");  // would be freed memory, for ASan
  EXPECT_EQ(answers.time_created, FixedClock()());
  ExpectFailure(One(DocumentationSubmission()), absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED", {});
}

TEST_F(LocalCalculatorTest, DeadlinePassed_FailsEveryRecord) {
  Use(DocumentationCatalog());
  const std::vector<Submission> records(3, DocumentationSubmission());
  for (const Outcome& outcome : Call(&local_, records, {}, FixedClock()()).outcomes) {
    ExpectFailure(outcome, absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", {"deadline"});
  }
  for (const Outcome& outcome : Call(&local_, records, {}, FixedClock()() + absl::Nanoseconds(1)).outcomes) {
    EXPECT_TRUE(outcome.ok());
  }
}

TEST_F(LocalCalculatorTest, DeadlineOnTheWay_FailsTheRest) {
  Use(DocumentationCatalog());
  // Each look at the clock takes a second.
  int looks = 0;
  LocalCalculator slow(&holder_, [&looks] { return absl::FromUnixSeconds(looks++); }, {});
  const std::vector<Submission> records(1000, DocumentationSubmission());
  const Answers answers = Call(&slow, records, {}, absl::FromUnixSeconds(2));
  EXPECT_EQ(answers.time_created, absl::FromUnixSeconds(0));
  size_t priced = 0;
  while (priced < records.size() && answers.outcomes[priced].ok()) ++priced;
  EXPECT_GT(priced, 0u);
  EXPECT_LT(priced, records.size());
  for (size_t i = priced; i < records.size(); ++i) {
    ExpectFailure(answers.outcomes[i], absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", {});
  }
}

TEST_F(LocalCalculatorTest, Cancellation_FailsTheRest) {
  Use(DocumentationCatalog());
  const std::vector<Submission> records(1000, DocumentationSubmission());
  for (const Outcome& outcome : Call(&local_, records, {}, absl::InfiniteFuture(), [] { return true; }).outcomes) {
    ExpectFailure(outcome, absl::StatusCode::kCancelled, "CANCELLED", {"cancelled"});
  }
  int looks = 0;
  const Answers answers = Call(&local_, records, {}, absl::InfiniteFuture(), [&looks] { return ++looks > 1; });
  EXPECT_TRUE(answers.outcomes.front().ok());
  ExpectFailure(answers.outcomes.back(), absl::StatusCode::kCancelled, "CANCELLED", {});
}

TEST_F(LocalCalculatorTest, LastInstantOfAll_IsPriced) {
  Use(OneLocation({Flat("1")}));
  const Outcome outcome = One(Submit(1, "2099-12-31T23:00:00Z", "2100-01-01T00:00:00Z"));
  ASSERT_TRUE(outcome.ok()) << Describe(outcome);
  EXPECT_TRUE(outcome.record.tariff->micros == 1'000'000);
  EXPECT_TRUE(One(Submit(1, "1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z")).ok());
}

}  // namespace
}  // namespace costs::calculator
