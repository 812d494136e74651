// All three on tariffs with tiers.
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/refusal.h"
#include "service/engine/tier_steps.h"
#include "service/rates/rates.h"
#include "service/rates/testing/rates_fixture.h"

namespace costs::rates {
namespace {

using catalog::ReasonOf;

// Tells the same for every window; keeps what it was asked.
class KnownUsage final : public calculator::UsageSource {
 public:
  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                             const absl::TimeZone&, engine::TariffRate,
                                             engine::Interval interval) const override {
    asked += absl::StrCat(caller.account_id, " ", location_id, " ",
                          interval.nanos() / (3'600 * engine::kNanosPerSecond), "h;");
    return answer;
  }

  absl::StatusOr<engine::Int128> answer = engine::Int128{300} * engine::kNanoWhPerKwh;
  mutable std::string asked;
};

TEST_F(Rates, TieredTariff_IsAtTheTierThatIsReached) {
  KnownUsage known;
  const std::string request = "location_id: 'loc_tiers'" + Period("2023-01-10T06:00:00Z", "2023-01-10T07:00:00Z");
  ASSERT_TRUE(List(request).ok());  // nothing is known
  EXPECT_EQ(rates_.data(0).tariff().rate(), 0.1);
  ASSERT_EQ(rates_.data(0).tariff().tiers_size(), 2);
  EXPECT_EQ(rates_.data(0).tariff().tiers(0).to_kwh(), 300);
  EXPECT_FALSE(rates_.data(0).tariff().tiers(1).has_to_kwh());
  EXPECT_EQ(rates_.data(0).tariff().tiers(1).rate(), 0.2);
  call_.usage = &known;
  ASSERT_TRUE(List(request).ok());
  EXPECT_EQ(known.asked, "acc_1 loc_tiers 222h;");  // since the first of January
  EXPECT_EQ(rates_.data(0).tariff().rate(), 0.2);
  EXPECT_EQ(rates_.request().usage_before_wh(), 300'000);
  ASSERT_TRUE(Audit(request).ok());
  EXPECT_EQ(audit_.data(0).tariff_rate().total(), 0.2);
  EXPECT_EQ(audit_.data(0).tariff_rate().commodity().tier(), 300);
  EXPECT_EQ(audit_.data(0).elements(0).components().tier(), 300);
  ASSERT_TRUE(Find(request + " segment: LOW duration: 5").ok());
  EXPECT_EQ(slots_.data(0).tariff().rate_avg(), 0.2);
  // What the caller says counts, and then nobody is asked.
  known.asked.clear();
  ASSERT_TRUE(List(request + " usage_before_wh: 299999").ok());
  ASSERT_TRUE(Audit(request + " usage_before_wh: 299999").ok());
  ASSERT_TRUE(List(request + " include_tariff: false").ok());
  EXPECT_EQ(known.asked, "");
  EXPECT_EQ(audit_.data(0).tariff_rate().total(), 0.1);
}

TEST_F(Rates, SeveralWindows_EachHaveTheirUsage) {
  KnownUsage known;
  call_.usage = &known;
  const std::string request = "location_id: 'loc_windows'" + Period("2023-01-10T06:00:00Z", "2023-01-10T07:00:00Z");
  ASSERT_TRUE(List(request).ok());
  EXPECT_EQ(rates_.data(0).tariff().rate(), 0.22);
  EXPECT_FALSE(rates_.request().has_usage_before_wh());
  for (const absl::Status& status : {List(request + " usage_before_wh: 1"), Audit(request + " usage_before_wh: 1")}) {
    EXPECT_EQ(FieldsOf(status), "usage_before_wh");
  }
}

TEST_F(Rates, UsageThatCannotBeTold_IsAFailureWithItsReason) {
  KnownUsage known;
  known.answer = absl::UnavailableError("the store is away");
  call_.usage = &known;
  const absl::Status status = List("location_id: 'loc_tiers'" + Period("2023-01-10T06:00:00Z", "2023-01-10T07:00:00Z"));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(status), "USAGE_UNKNOWN");
  EXPECT_NE(status.message().find("the store is away"), absl::string_view::npos);
}

}  // namespace
}  // namespace costs::rates
