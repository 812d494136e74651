// The calculator where the price depends on what was used before.
#include <algorithm>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/testing/calculations.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::calculator {
namespace {

using engine::Int128;
using engine::kNanoWhPerKwh;
using engine::testing::At;
using engine::testing::CaseName;
using engine::testing::ElementSpec;
using engine::testing::Flat;
using engine::testing::Random;
using engine::testing::Tiered;
using testing::Call;
using testing::Describe;
using testing::FixedClock;
using ::testing::HasSubstr;
using testing::kAccount;
using testing::kLocation;
using testing::MakeSnapshot;
using testing::OneLocation;
using testing::Submit;
using ::testing::UnorderedElementsAre;

// Says that so much was used, and writes down what it was asked.
class FakeUsage final : public UsageSource {
 public:
  absl::StatusOr<Int128> UsageWithin(const Caller& caller, absl::string_view location_id, const absl::TimeZone&,
                                     engine::TariffRate tariff_rate, engine::Interval interval) const override {
    std::lock_guard<std::mutex> lock(mutex_);
    asked_.push_back({std::string(caller.account_id), std::string(location_id), tariff_rate, interval});
    return answer;
  }

  struct Question {
    std::string account_id, location_id;
    engine::TariffRate tariff_rate;
    engine::Interval interval;
  };
  std::vector<Question> asked() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

  absl::StatusOr<Int128> answer = Int128{0};

 private:
  mutable std::mutex mutex_;
  mutable std::vector<Question> asked_;
};

class TiersTest : public ::testing::Test {
 protected:
  void Use(const std::vector<ElementSpec>& elements) { holder_.Set(MakeSnapshot(OneLocation(elements))); }

  // In micros.
  int64_t CostOf(LocalCalculator* calculator, const Submission& submission) {
    const testing::Answers answers = Call(calculator, {submission});
    EXPECT_TRUE(answers.outcomes[0].ok()) << Describe(answers.outcomes[0]);
    if (!answers.outcomes[0].ok()) return -1;
    return static_cast<int64_t>(answers.outcomes[0].record.tariff->micros);
  }

  catalog::SnapshotHolder holder_;
  FakeUsage usage_;
  LocalCalculator with_source_{&holder_, FixedClock(), {}, &usage_};
  LocalCalculator without_source_{&holder_, FixedClock(), {}};
};

// 4 kWh on a day of summer time.
Submission FourKwh() { return Submit(4, "2023-05-10T10:00:00Z", "2023-05-10T11:00:00Z"); }

TEST_F(TiersTest, UsageBefore_IsTheCallersFigure) {
  Use({Tiered({{"0.1", "300"}, {"0.2", ""}})});
  usage_.answer = Int128{1000} * kNanoWhPerKwh;
  struct {
    double usage_before_wh;
    int64_t cost;
  } const cases[] = {{0, 400'000},         {296'000, 400'000}, {296'001, 400'100}, {298'000, 600'000},
                     {299'999.5, 799'950}, {300'000, 800'000}, {1e300, 800'000}};
  for (const auto& c : cases) {
    Submission submission = FourKwh();
    submission.usage_before_wh = c.usage_before_wh;
    EXPECT_EQ(CostOf(&with_source_, submission), c.cost) << c.usage_before_wh;
    EXPECT_EQ(CostOf(&without_source_, submission), c.cost) << c.usage_before_wh;
  }
  EXPECT_TRUE(usage_.asked().empty());
}

TEST_F(TiersTest, NothingKnown_IsNothingUsed) {
  Use({Tiered({{"0.1", "3"}, {"0.2", ""}})});
  EXPECT_EQ(CostOf(&without_source_, FourKwh()), 500'000);
}

TEST_F(TiersTest, UsageSource_IsAskedFromTheWindowsStart) {
  Use({Tiered({{"0.1", "300"}, {"0.2", ""}})});
  usage_.answer = Int128{299} * kNanoWhPerKwh;
  EXPECT_EQ(CostOf(&with_source_, FourKwh()), 700'000);
  ASSERT_EQ(usage_.asked().size(), 1u);
  const FakeUsage::Question asked = usage_.asked()[0];
  EXPECT_EQ(asked.account_id, kAccount);
  EXPECT_EQ(asked.location_id, kLocation);
  EXPECT_EQ(asked.tariff_rate, engine::TariffRate::kImport);
  EXPECT_EQ(asked.interval.start.ns, At("2023-04-30T23:00:00Z").ns);  // 1 May in London
  EXPECT_EQ(asked.interval.end.ns, At("2023-05-10T10:00:00Z").ns);
}

TEST_F(TiersTest, SeveralWindows_AreAskedEachAndRefuseOneFigure) {
  ElementSpec daily = Tiered({{"0.1", "300"}, {"0.2", ""}});
  daily.id = "daily";
  daily.tier_window.kind = engine::TierWindow::Kind::kDay;
  ElementSpec cycle = Tiered({{"0.01", "300"}, {"0.02", ""}});
  cycle.id = "cycle";
  cycle.tier_window = {engine::TierWindow::Kind::kBillingCycle, 15};
  Use({daily, cycle});
  usage_.answer = Int128{298} * kNanoWhPerKwh;
  EXPECT_EQ(CostOf(&with_source_, FourKwh()), 660'000);
  ASSERT_EQ(usage_.asked().size(), 2u);
  std::vector<int64_t> starts = {usage_.asked()[0].interval.start.ns, usage_.asked()[1].interval.start.ns};
  EXPECT_THAT(starts, UnorderedElementsAre(At("2023-05-09T23:00:00Z").ns, At("2023-04-14T23:00:00Z").ns));

  Submission submission = FourKwh();
  submission.usage_before_wh = 298'000;
  const testing::Answers answers = Call(&with_source_, {submission});
  ASSERT_FALSE(answers.outcomes[0].ok());
  const Failure& failure = *answers.outcomes[0].failure;
  EXPECT_EQ(failure.reason, "INVALID_FIELD");
  ASSERT_EQ(failure.violations.size(), 1u);
  EXPECT_EQ(failure.violations[0].field, "usage_before_wh");
  EXPECT_THAT(failure.violations[0].description, HasSubstr("several windows; leave it out"));
}

TEST_F(TiersTest, UsageSource_IsNotAskedWhereItDoesNotMatter) {
  Use({Flat("0.1")});
  CostOf(&with_source_, FourKwh());
  Use({Tiered({{"0.1", "300"}, {"0.2", ""}})});
  CostOf(&with_source_, Submit(1, "2023-04-30T23:00:00Z", "2023-05-01T11:00:00Z"));  // the window's first instant
  Options no_tariff;
  no_tariff.include_tariff = false;
  EXPECT_TRUE(Call(&with_source_, {FourKwh()}, no_tariff).outcomes[0].ok());
  EXPECT_TRUE(usage_.asked().empty());
}

TEST_F(TiersTest, UsageSourceThatFails_FailsTheRecordOnly) {
  Use({Tiered({{"0.1", "300"}, {"0.2", ""}})});
  usage_.answer = absl::UnavailableError("the store is away");
  Submission says = FourKwh();
  says.usage_before_wh = 0;
  const testing::Answers answers = Call(&with_source_, {FourKwh(), says});
  ASSERT_FALSE(answers.outcomes[0].ok());
  EXPECT_EQ(answers.outcomes[0].failure->code, absl::StatusCode::kUnavailable);
  EXPECT_EQ(answers.outcomes[0].failure->reason, "USAGE_UNKNOWN");
  EXPECT_THAT(answers.outcomes[0].failure->message, HasSubstr("the store is away; try again, or give usage_before_wh"));
  EXPECT_TRUE(answers.outcomes[1].ok());
}

TEST_F(TiersTest, Breakdown_ShowsTheTiers) {
  Use({Tiered({{"0.1", "300"}, {"0.2", ""}})});
  Submission submission = FourKwh();
  submission.usage_before_wh = 299'000;
  Options options;
  options.include_breakdown = true;
  const testing::Answers answers = Call(&without_source_, {submission}, options);
  ASSERT_TRUE(answers.outcomes[0].ok()) << Describe(answers.outcomes[0]);
  const std::vector<Segment>& segments = answers.outcomes[0].record.breakdown;
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].interval.end.ns, At("2023-05-10T10:15:00Z").ns);
  EXPECT_EQ(segments[0].energy_wh, 1000);
  EXPECT_TRUE(*segments[0].cost == 100'000);
  EXPECT_EQ(segments[0].rates[0].rate, 0.1);
  EXPECT_TRUE(*segments[1].cost == 600'000);
  EXPECT_EQ(segments[1].rates[0].rate, 0.2);
}

// A record's answer does not depend on what else is in its batch, nor on where.
TEST(LocalCalculatorTiersLaws, BatchOrderAndSize_ChangeNothing) {
  constexpr size_t kRecords = 4'000, kLocations = 40;
  Random random(311);
  std::vector<engine::testing::RandomTariff> tariffs =
      engine::testing::MakeRandomTariffs(random, kLocations, {true, true, true, true});
  std::vector<std::string> ids;
  catalog::CatalogContent content;
  for (size_t i = 0; i < kLocations; ++i) {
    ids.push_back(absl::StrCat("loc_", i));
    catalog::LocationSpec location{ids.back(), tariffs[i].zone, "GBP", "", {}};
    for (ElementSpec& spec : tariffs[i].specs) {
      absl::StrAppend(&spec.id, "@", ids.back());
      if (!spec.supersedes.empty()) absl::StrAppend(&spec.supersedes, "@", ids.back());
      location.tariff_elements.push_back(spec.id);
      content.elements.push_back(engine::testing::Build(spec));
    }
    content.locations.push_back(std::move(location));
  }
  catalog::SnapshotHolder holder;
  holder.Set(MakeSnapshot(std::move(content)));
  LocalCalculator local(&holder, FixedClock(), {});

  auto wire = [](engine::Instant at) {
    return WireTime{at.ns / engine::kNanosPerSecond, static_cast<int32_t>(at.ns % engine::kNanosPerSecond)};
  };
  std::vector<Submission> records;
  std::vector<std::string> alone;
  size_t priced = 0;
  for (size_t i = 0; i < kRecords; ++i) {
    const auto place = static_cast<size_t>(random.Between(0, kLocations - 1));
    const engine::Usage usage =
        engine::testing::RandomUsage(random, engine::testing::RandomInterval(random, tariffs[place].window, 86'400));
    Submission& s = records.emplace_back();
    s.location_id = ids[place];
    s.units = usage.units;
    s.value = static_cast<double>(usage.value_micros) / 1e6;
    s.start_time = wire(usage.interval.start);
    s.end_time = wire(usage.interval.end);
    if (!random.OneIn(3)) s.usage_before_wh = static_cast<double>(random.Between(0, 400'000'000)) / 1e3;
    const testing::Answers answers = Call(&local, {s});
    priced += answers.outcomes[0].ok() ? 1 : 0;
    alone.push_back(Describe(answers.outcomes[0]));
  }
  EXPECT_GT(priced, kRecords / 3);

  std::vector<size_t> order(kRecords);
  std::iota(order.begin(), order.end(), size_t{0});
  for (int round = 0; round < 3; ++round) {
    for (size_t i = kRecords - 1; i > 0; --i) {
      std::swap(order[i], order[static_cast<size_t>(random.Between(0, static_cast<int64_t>(i)))]);
    }
    for (size_t from = 0; from < kRecords;) {
      const size_t to = std::min(kRecords, from + static_cast<size_t>(random.Between(1, round == 0 ? 10 : 1500)));
      std::vector<Submission> batch;
      for (size_t i = from; i < to; ++i) batch.push_back(records[order[i]]);
      const testing::Answers answers = Call(&local, batch);
      for (size_t i = from; i < to; ++i) {
        SCOPED_TRACE(CaseName(static_cast<int64_t>(order[i])));
        ASSERT_EQ(Describe(answers.outcomes[i - from]), alone[order[i]]);
      }
      from = to;
    }
  }
}

}  // namespace
}  // namespace costs::calculator
