#include "service/engine/tariff.h"

#include <functional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::engine {
namespace {

using testing::At;
using testing::EveryDay;
using ::testing::HasSubstr;
using testing::Slots;
using testing::Surcharge;

TariffElement MarketElement() {
  TariffElement element;
  element.id = "te_1";
  element.currency_code = "GBP";
  element.market = std::make_shared<const MarketSeries>(
      *MarketSeries::Create("n2ex", "GBP", Slots(At("2023-01-01T00:00:00Z"), 1800, {"0.1"})));
  element.schedule = std::make_shared<const Schedule>(*Schedule::Create(EveryDay({{0, Surcharge("0.01", "5")}})));
  return element;
}

TEST(CheckElement, AnyPrice_IsEnough) {
  TariffElement element = MarketElement();
  EXPECT_TRUE(CheckElement(element).ok());
  element.schedule = nullptr;
  EXPECT_TRUE(CheckElement(element).ok());
  element = MarketElement();
  element.market = nullptr;
  EXPECT_TRUE(CheckElement(element).ok());
}

TEST(CheckElement, Fault_NamesTheElement) {
  struct {
    const char* says;
    std::function<void(TariffElement*)> spoil;
  } const cases[] = {
      {"IMPORT, EXPORT or LOCAL", [](TariffElement* e) { e->tariff_rate = TariffRate::kUnspecified; }},
      {"IMPORT, EXPORT or LOCAL", [](TariffElement* e) { e->tariff_rate = static_cast<TariffRate>(4); }},
      {"needs a schedule or a market", [](TariffElement* e) { e->market = nullptr, e->schedule = nullptr; }},
      {"is in EUR, but its market series n2ex is in GBP", [](TariffElement* e) { e->currency_code = "EUR"; }},
      {"whole seconds", [](TariffElement* e) { e->contract_start.ns = 1; }},
      {"whole seconds", [](TariffElement* e) { e->contract_end = Instant{kNanosPerSecond + 1}; }},
      {"after contract_start", [](TariffElement* e) { e->contract_end = e->contract_start; }},
      {"goes with tier_window BILLING_CYCLE", [](TariffElement* e) { e->tier_window.anchor_day = 2; }},
      {"billing_anchor_day is 32",
       [](TariffElement* e) {
         e->tier_window = {TierWindow::Kind::kBillingCycle, 32};
       }},
      {"billing_anchor_day is 0",
       [](TariffElement* e) {
         e->tier_window = {TierWindow::Kind::kBillingCycle, 0};
       }},
      {"KWH_DAILY means nothing with tier_window DAY",
       [](TariffElement* e) {
         e->tier_window.kind = TierWindow::Kind::kDay;
         e->tier_unit = TierUnit::kKwhDaily;
       }},
      {"supersedes itself", [](TariffElement* e) { e->supersedes = e->id; }},
      {"more than 4 digits",
       [](TariffElement* e) {
         e->schedule = std::make_shared<const Schedule>(*Schedule::Create(EveryDay({{0, Surcharge("0", "5.00001")}})));
       }},
  };
  for (const auto& c : cases) {
    TariffElement element = MarketElement();
    c.spoil(&element);
    const absl::Status status = CheckElement(element);
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.says;
    EXPECT_THAT(std::string(status.message()), HasSubstr("tariff element te_1"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(c.says));
  }
}

}  // namespace
}  // namespace costs::engine
