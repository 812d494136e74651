#include "service/upstream/metrics_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "service/upstream/spared.h"
#include "service/upstream/testing/hand_timers.h"
#include "service/upstream/testing/mock_costs_api.h"

namespace costs::upstream {
namespace {

using telemetry::Figure;
using testing::HandTimers;
using testing::HeldCostsApi;
using testing::MakeCall;
using testing::Received;
using testing::SomeCost;
using testing::SomeError;
using Kind = UpstreamError::Kind;

class MetricsApiTest : public ::testing::Test {
 protected:
  void Call(const CostResult& result, absl::Duration took = absl::ZeroDuration()) {
    Received received;
    const size_t i = child_->asked();
    api_.CalculateInstantCost(MakeCall(), received.Done());
    timers_.Advance(took);
    child_->Answer(i, result);
    EXPECT_EQ(received.count(), 1u);
  }

  std::map<std::string, double> Values() const {
    std::map<std::string, double> values;
    for (const Figure& figure : api_.Figures("calls", "Calls")) values[figure.name] = figure.value;
    return values;
  }

  HandTimers timers_;
  const std::shared_ptr<HeldCostsApi> child_ = std::make_shared<HeldCostsApi>();
  MetricsApi api_{&timers_, child_};
};

TEST_F(MetricsApiTest, Results_AreCountedByKind) {
  const struct {
    CostResult result;
    std::string name;
  } cases[] = {
      {SomeCost(), "calls_costs_total"},
      {SparedAsDown("is down", absl::Seconds(1)), "calls_spared_total"},
      {SomeError(Kind::kRefused), "calls_refused_total"},
      {SomeError(Kind::kBadCredentials), "calls_bad_credentials_total"},
      {SomeError(Kind::kRateLimited), "calls_rate_limited_total"},
      {SomeError(Kind::kUnavailable), "calls_unavailable_total"},
      {SomeError(Kind::kTimedOut), "calls_timed_out_total"},
      {SomeError(Kind::kBadAnswer), "calls_bad_answers_total"},
      {SomeError(Kind::kCancelled), "calls_cancelled_total"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Values().at(c.name), 0);
    Call(c.result);
    EXPECT_EQ(Values().at(c.name), 1) << c.name;
  }
}

TEST_F(MetricsApiTest, Times_AreCountedInBoundsThatHoldTheSmallerOnes) {
  Call(SomeCost(), absl::Milliseconds(5));
  Call(SomeCost(), absl::Milliseconds(6));
  Call(SomeError(Kind::kTimedOut), absl::Seconds(1));
  Call(SomeError(Kind::kTimedOut), absl::Seconds(11));
  const auto values = Values();
  EXPECT_EQ(values.at("calls_within_5ms_total"), 1);
  EXPECT_EQ(values.at("calls_within_25ms_total"), 2);
  EXPECT_EQ(values.at("calls_within_500ms_total"), 2);
  EXPECT_EQ(values.at("calls_within_2500ms_total"), 3);
  EXPECT_EQ(values.at("calls_within_10s_total"), 3);
  EXPECT_NEAR(values.at("calls_seconds_total"), 12.011, 1e-9);
}

TEST_F(MetricsApiTest, UnderWay_GoesUpAndDown) {
  Received received;
  api_.CalculateInstantCost(MakeCall(), received.Done());
  EXPECT_EQ(Values().at("calls_under_way"), 1);
  child_->Answer(0, SomeCost());
  EXPECT_EQ(Values().at("calls_under_way"), 0);
}

TEST_F(MetricsApiTest, Figures_AreNamedAsTheirKindWants) {
  for (const Figure& figure : api_.Figures("calls", "Calls")) {
    const bool is_total = figure.name.size() > 6 && figure.name.substr(figure.name.size() - 6) == "_total";
    EXPECT_EQ(is_total, figure.kind == Figure::Kind::kCounter) << figure.name;
    EXPECT_EQ(figure.help.substr(0, 5), "Calls");
  }
}

}  // namespace
}  // namespace costs::upstream
