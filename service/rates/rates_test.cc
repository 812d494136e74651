#include "service/rates/rates.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "service/calculator/usage_source.h"
#include "service/catalog/refusal.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/engine/tier_steps.h"

namespace costs::rates {
namespace {

using catalog::FieldViolation;
using catalog::ReasonOf;
using catalog::ViolationsOf;
using engine::testing::At;
using engine::testing::Build;
using engine::testing::D;
using engine::testing::ElementSpec;
using engine::testing::EveryDay;
using engine::testing::Fixed;
using engine::testing::Flat;
using engine::testing::Slots;
using engine::testing::Surcharge;
using engine::testing::Tiered;

constexpr char kNow[] = "2023-01-10T12:00:00.25Z";

std::shared_ptr<const engine::TariffElement> Element(ElementSpec spec, const std::string& id,
                                                     engine::ElementType type = engine::ElementType::kCommodity) {
  spec.id = id;
  auto element = std::make_shared<engine::TariffElement>(*Build(spec));
  element->type = type;
  element->display_name = absl::StrCat("the ", id);
  return element;
}

ElementSpec Of(std::vector<engine::Season> seasons, engine::TariffRate rate = engine::TariffRate::kImport) {
  ElementSpec spec;
  spec.seasons = std::move(seasons);
  spec.tariff_rate = rate;
  return spec;
}

// loc_nights: 0.1 until 07:00, 0.3 from then on, and 0.05 for the network; exports at 0.15; a region.
// loc_market: a market with 20 % on it, on 2023-01-10 from 10:00Z on for four hours. No region.
std::shared_ptr<const catalog::Snapshot> MakeSnapshot() {
  catalog::CatalogContent content;
  ElementSpec market = Of(EveryDay({{0, Surcharge("0.01", "20")}}));
  market.market = Slots(At("2023-01-10T10:00:00Z"), 3600, {"0.2", "0.1", "-0.1", "0.4"});
  content.elements = {
      Element(Of(EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}})), "nights"),
      Element(Flat("0.05"), "network", engine::ElementType::kNonCommodity),
      Element(Of(EveryDay({{0, Fixed("0.15")}}), engine::TariffRate::kExport), "exports"),
      Element(market, "spot"),
      Element(Tiered({{"0.1", "300"}, {"0.2", ""}}), "month"),
  };
  ElementSpec day = Tiered({{"0.01", "5"}, {"0.02", ""}});
  day.tier_window.kind = engine::TierWindow::Kind::kDay;
  content.elements.push_back(Element(day, "day"));
  std::vector<engine::CarbonIntensity> intensities;
  for (int hour = 0; hour < 48; ++hour) {
    const engine::Instant start = At(absl::StrCat("2023-01-10T00:00:00Z"));
    const engine::Instant from{start.ns + hour * 3'600 * engine::kNanosPerSecond};
    if (hour == 30) continue;
    intensities.push_back({{from, {from.ns + 3'600 * engine::kNanosPerSecond}},
                           hour % 24 == 3 ? D("50.5") : D("100"),
                           hour < 12 ? std::optional<engine::Decimal>(D("80")) : std::nullopt});
  }
  content.carbon = {
      std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create("GB", std::move(intensities)))};
  content.locations = {{"loc_nights", "Europe/London", "GBP", "GB", {"nights", "network", "exports"}},
                       {"loc_market", "Europe/London", "GBP", "", {"spot"}},
                       {"loc_bare", "Europe/London", "GBP", "", {}},
                       {"loc_tiers", "Europe/London", "GBP", "", {"month"}},
                       {"loc_windows", "Europe/London", "GBP", "", {"month", "day"}}};
  return *catalog::Snapshot::Create(1, std::move(content));
}

class Rates : public ::testing::Test {
 protected:
  Rates() {
    call_.account_id = "acc_1";
    call_.live_mode = true;
    call_.now = absl::FromUnixNanos(At(kNow).ns);
    call_.catalog_changed = absl::FromUnixNanos(At("2023-01-09T08:00:00Z").ns);
    call_.new_id = [](absl::string_view prefix) { return absl::StrCat(prefix, "0123456789abcdef01234567"); };
  }

  template <typename Message>
  static Message Parse(const std::string& text) {
    Message message;
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &message)) << text;
    return message;
  }
  static std::string Seconds(const char* time) {
    return absl::StrCat("{seconds: ", At(time).ns / engine::kNanosPerSecond, "}");
  }
  static std::string Period(const char* start, const char* end) {
    return absl::StrCat(" start_time ", Seconds(start), " end_time ", Seconds(end));
  }

  absl::Status List(const std::string& request) {
    rates_.Clear();
    return ListRates(*snapshot_, call_, Parse<pb::ListRatesRequest>(request), &rates_);
  }
  absl::Status Audit(const std::string& request) {
    audit_.Clear();
    return AuditRates(*snapshot_, call_, Parse<pb::AuditRatesRequest>(request), &audit_);
  }
  absl::Status Find(const std::string& request) {
    slots_.Clear();
    return FindSlots(*snapshot_, call_, Parse<pb::FindSlotsRequest>(request), &slots_);
  }
  template <typename Message>
  static void ExpectSame(const Message& got, const std::string& want) {
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(got, Parse<Message>(want))) << got.DebugString();
  }

  const std::shared_ptr<const catalog::Snapshot> snapshot_ = MakeSnapshot();
  Call call_;
  pb::ListRatesResponse rates_;
  pb::AuditRatesResponse audit_;
  pb::FindSlotsResponse slots_;
};

std::string FieldsOf(const absl::Status& status) {
  std::string fields;
  for (const FieldViolation& violation : ViolationsOf(status)) {
    absl::StrAppend(&fields, fields.empty() ? "" : " ", violation.field);
  }
  return fields;
}

TEST_F(Rates, List_AnswersWithEverythingFilledIn) {
  const std::string period = Period("2023-01-10T02:00:00Z", "2023-01-10T04:00:00Z");
  ASSERT_TRUE(List("location_id: 'loc_nights'" + period).ok());
  ExpectSame(rates_,
             absl::StrCat(R"pb(
                            id: "rts_0123456789abcdef01234567"
                            object: "tariff_rate"
                            live_mode: true
                            location_id: "loc_nights"
                            location_timezone: "Europe/London"
                            currency_code: "GBP"
                            direction: IMPORT
                            account_id: "acc_1" last_updated)pb",
                          Seconds("2023-01-09T08:00:00Z"), " next_update ", Seconds("2023-01-12T00:00:00Z"),
                          " time_created {seconds: ", At(kNow).ns / engine::kNanosPerSecond, " nanos: 250000000}",
                          " request { location_id: 'loc_nights' include_tariff: true include_carbon: true direction: "
                          "IMPORT resolution: 0 ",
                          period, "}", " data { valid_from ", Seconds("2023-01-10T02:00:00Z"), " valid_to ",
                          Seconds("2023-01-10T04:00:00Z"),
                          " tariff { rate: 0.15 confidence: 1 } carbon { intensity: 80 relative: 0 confidence: 1 } }"));
}

TEST_F(Rates, List_DefaultsToNowCutToTheSecond) {
  ASSERT_TRUE(List("location_id: 'loc_nights' end_time " + Seconds("2023-01-10T13:00:00Z")).ok());
  EXPECT_EQ(rates_.request().start_time().seconds(), At("2023-01-10T12:00:00Z").ns / engine::kNanosPerSecond);
  EXPECT_EQ(rates_.request().start_time().nanos(), 0);
  EXPECT_EQ(rates_.data(0).carbon().confidence(), 0.8);
}

TEST_F(Rates, List_TellsEveryFaultAtOnce) {
  absl::Status status = List("direction: 9 resolution: 7 usage_before_wh: -1");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(status), "INVALID_FIELD");
  EXPECT_EQ(FieldsOf(status), "location_id direction end_time resolution usage_before_wh");
}

TEST_F(Rates, Fields_AreCheckedOneByOne) {
  const std::string good = "location_id: 'loc_nights'" + Period("2023-01-10T00:00:00Z", "2023-01-11T00:00:00Z");
  const struct {
    std::string request;
    const char* fields;
  } cases[] = {
      {good, ""},
      {good + " location_id: '" + std::string(65, 'x') + "'", "location_id"},
      {good + " resolution: 4", "resolution"},
      {good + " resolution: 5", ""},
      {good + " resolution: 7", "resolution"},
      {good + " resolution: 1440", ""},
      {good + " resolution: 2880", "resolution"},
      {good + " resolution: -60", "resolution"},
      {good + " usage_before_wh: nan", "usage_before_wh"},
      {good + " usage_before_wh: inf", "usage_before_wh"},
      {good + " usage_before_wh: 2e12", "usage_before_wh"},
      {good + " usage_before_wh: 0", ""},
      {good + " end_time {nanos: 1000000000}", "end_time"},
      {good + " start_time {nanos: -1}", "start_time"},
      {good + " start_time {seconds: -9000000000}", "start_time"},
      {"location_id: 'loc_nights'" + Period("2023-01-10T00:00:00Z", "2023-01-10T00:00:00Z"), "end_time"},
      {"location_id: 'loc_nights' include_carbon: false" + Period("2023-01-10T00:00:00Z", "2023-04-10T00:00:00Z"), ""},
      {"location_id: 'loc_nights'" + Period("2023-01-10T00:00:00Z", "2023-04-10T00:00:01Z"), "end_time"},
      {"location_id: 'loc_nights'" + Period("2099-12-31T00:00:00Z", "2100-01-01T00:00:00Z"), ""},
  };
  for (const auto& c : cases) EXPECT_EQ(FieldsOf(List(c.request)), c.fields) << c.request;
}

TEST_F(Rates, List_LeavesOutWhatIsNotAskedForOrKnown) {
  const std::string period = Period("2023-01-11T05:00:00Z", "2023-01-11T08:00:00Z");
  ASSERT_TRUE(List("location_id: 'loc_nights' include_tariff: false resolution: 60" + period).ok());
  ASSERT_EQ(rates_.data_size(), 3);
  EXPECT_FALSE(rates_.data(0).has_tariff());
  EXPECT_TRUE(rates_.data(0).has_carbon());
  EXPECT_FALSE(rates_.data(1).has_carbon());  // the slot that is missing
  ASSERT_TRUE(List("location_id: 'loc_nights' include_carbon: false" + period).ok());
  ASSERT_EQ(rates_.data_size(), 2);
  EXPECT_FALSE(rates_.data(0).has_carbon());
  ASSERT_TRUE(List("location_id: 'loc_bare' include_tariff: false" + period).ok());
  ASSERT_EQ(rates_.data_size(), 1);
  EXPECT_FALSE(rates_.data(0).has_carbon());
}

TEST_F(Rates, Local_IsFreeUnlessThereIsAnElement) {
  const std::string request =
      "location_id: 'loc_nights' direction: LOCAL" + Period("2023-01-10T00:00:00Z", "2023-01-11T00:00:00Z");
  ASSERT_TRUE(List(request).ok());
  ASSERT_EQ(rates_.data_size(), 1);
  EXPECT_TRUE(rates_.data(0).tariff().has_rate());
  EXPECT_EQ(rates_.data(0).tariff().rate(), 0);
  EXPECT_EQ(rates_.data(0).tariff().confidence(), 1);
  EXPECT_EQ(rates_.data(0).carbon().intensity(), 0);
  EXPECT_EQ(rates_.data(0).carbon().confidence(), 1);
  ASSERT_TRUE(Audit(request).ok());
  ASSERT_EQ(audit_.data_size(), 1);
  EXPECT_EQ(audit_.data(0).tariff_rate().total(), 0);
  ASSERT_TRUE(Find(request + " segment: LOW duration: 60").ok());
  ASSERT_EQ(slots_.data_size(), 1);
  EXPECT_EQ(slots_.data(0).tariff().rate_avg(), 0);
}

TEST_F(Rates, Refusals_NameTheReason) {
  const std::string period = Period("2023-01-10T10:00:00Z", "2023-01-10T14:00:00Z");
  const std::string later = Period("2023-01-10T13:00:00Z", "2023-01-10T15:00:00Z");
  const struct {
    absl::Status status;
    absl::StatusCode code;
    const char* reason;
    const char* message;
  } cases[] = {
      {List("location_id: 'loc_x'" + period), absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
       "there is no location 'loc_x' in this account; check location_id"},
      {List("location_id: 'loc_bare'" + period), absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED",
       "location loc_bare has no tariff element for IMPORT; connect one, or ask with include_tariff=false"},
      {Audit("location_id: 'loc_market' direction: EXPORT" + period), absl::StatusCode::kFailedPrecondition,
       "NO_TARIFF_CONNECTED", "location loc_market has no tariff element for EXPORT; connect one"},
      {List("location_id: 'loc_market'" + later), absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
       "location loc_market has no IMPORT price from 2023-01-10T14:00:00Z; add it, or ask with include_tariff=false"},
      {Audit("location_id: 'loc_market'" + later), absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
       "location loc_market has no IMPORT price from 2023-01-10T14:00:00Z; add it, or ask for a period that has "
       "prices"},
      {Find("location_id: 'loc_market' segment: LOW duration: 30" + later), absl::StatusCode::kFailedPrecondition,
       "NO_PRICE_DATA",
       "location loc_market has no IMPORT price from 2023-01-10T14:00:00Z; add it, or ask for a period that has "
       "prices"},
      {Find("location_id: 'loc_market' segment: GREEN duration: 30" + period), absl::StatusCode::kFailedPrecondition,
       "NO_CARBON_DATA",
       "location loc_market has no carbon intensity from 2023-01-10T10:00:00Z; add it, or ask for a period that has "
       "it"},
      {Find("location_id: 'loc_bare' segment: HIGH duration: 30" + period), absl::StatusCode::kFailedPrecondition,
       "NO_TARIFF_CONNECTED", "location loc_bare has no tariff element for IMPORT; connect one, or ask for GREEN"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_EQ(ReasonOf(c.status), c.reason);
    EXPECT_EQ(c.status.message(), c.message);
  }
}

TEST_F(Rates, MostFigures_IsAClearRefusal) {
  call_.most_figures = call_.most_audit_figures = 3;
  const std::string request = "location_id: 'loc_nights'" + Period("2023-01-01T00:00:00Z", "2023-01-05T00:00:00Z");
  for (const absl::Status& status : {List(request), Audit(request), Find(request + " segment: LOW duration: 60")}) {
    EXPECT_EQ(FieldsOf(status), "end_time");
    EXPECT_NE(status.message().find("more than 3 figures"), absl::string_view::npos) << status;
  }
}

TEST_F(Rates, NextUpdate_IsWhereTheDataThatIsUsedEnds) {
  // The market's prices end at 14:00; the location has no intensities.
  ASSERT_TRUE(List("location_id: 'loc_market'" + Period("2023-01-10T10:00:00Z", "2023-01-10T11:00:00Z")).ok());
  EXPECT_EQ(rates_.next_update().seconds(), At("2023-01-10T14:00:00Z").ns / engine::kNanosPerSecond);
  // What has ended tells nothing: the next midnight in London.
  call_.now = absl::FromUnixNanos(At("2023-06-30T23:30:00Z").ns);
  ASSERT_TRUE(List("location_id: 'loc_market'" + Period("2023-01-10T10:00:00Z", "2023-01-10T11:00:00Z")).ok());
  EXPECT_EQ(rates_.next_update().seconds(), At("2023-07-01T23:00:00Z").ns / engine::kNanosPerSecond);
}

TEST_F(Rates, Audit_TakesThePriceApart) {
  ASSERT_TRUE(Audit("location_id: 'loc_nights'" + Period("2023-01-10T06:00:00Z", "2023-01-10T07:00:00Z")).ok());
  EXPECT_EQ(audit_.id(), "tra_0123456789abcdef01234567");
  EXPECT_EQ(audit_.object(), "tariff_rate_audit");
  EXPECT_EQ(audit_.market_sources_size(), 0);
  ASSERT_EQ(audit_.carbon_sources_size(), 1);
  EXPECT_EQ(audit_.carbon_sources(0), "GB");
  ASSERT_EQ(audit_.data_size(), 1);
  ExpectSame(audit_.data(0), absl::StrCat(" valid_from ", Seconds("2023-01-10T06:00:00Z"), " valid_to ",
                                          Seconds("2023-01-10T07:00:00Z"), R"pb(
               tariff_rate {
                 commodity { fixed: 0.1 aggregate: 0.1 }
                 non_commodity { fixed: 0.05 aggregate: 0.05 }
                 total: 0.15
                 confidence: 1
               }
               elements {
                 tariff_element_id: "network"
                 type: NON_COMMODITY
                 display_name: "the network"
                 components { fixed: 0.05 aggregate: 0.05 }
                 confidence: 1
               }
               elements {
                 tariff_element_id: "nights"
                 type: COMMODITY
                 display_name: "the nights"
                 components { fixed: 0.1 aggregate: 0.1 }
                 confidence: 1
               })pb"));
  ASSERT_TRUE(Audit("location_id: 'loc_market'" + Period("2023-01-10T12:00:00Z", "2023-01-10T13:00:00Z")).ok());
  ASSERT_EQ(audit_.market_sources_size(), 1);
  EXPECT_EQ(audit_.market_sources(0), "spot-market");
  ASSERT_EQ(audit_.data_size(), 1);
  // (-0.1 + 0.01) x 1.2
  ExpectSame(audit_.data(0).elements(0), R"pb(
    tariff_element_id: "spot"
    type: COMMODITY
    display_name: "the spot"
    market_series: "spot-market"
    components { market: -0.1 fixed: 0.01 percentage: -0.018 aggregate: -0.108 }
    confidence: 1
  )pb");
}

TEST_F(Rates, Find_FindsTheCheapestAndTheDearest) {
  const std::string market = "location_id: 'loc_market'" + Period("2023-01-10T10:00:00Z", "2023-01-10T14:00:00Z");
  ASSERT_TRUE(Find(market + " segment: LOW duration: 90").ok());
  EXPECT_EQ(slots_.id(), "sta_0123456789abcdef01234567");
  EXPECT_EQ(slots_.object(), "slot_time");
  EXPECT_TRUE(slots_.request().has_contiguous());
  // -0.108 for an hour, and 0.132 for the half hour before it: two that do not touch.
  ASSERT_EQ(slots_.data_size(), 2);
  ExpectSame(slots_.data(0),
             Period("2023-01-10T11:00:00Z", "2023-01-10T11:30:00Z") + " tariff { rate_avg: 0.132 confidence: 1 }");
  ExpectSame(slots_.data(1),
             Period("2023-01-10T12:00:00Z", "2023-01-10T13:00:00Z") + " tariff { rate_avg: -0.108 confidence: 1 }");
  ASSERT_TRUE(Find(market + " segment: LOW duration: 90 contiguous: true").ok());
  ASSERT_EQ(slots_.data_size(), 1);
  ExpectSame(slots_.data(0),
             Period("2023-01-10T11:30:00Z", "2023-01-10T13:00:00Z") + " tariff { rate_avg: -0.028 confidence: 1 }");
  ASSERT_TRUE(Find(market + " segment: HIGH duration: 60 contiguous: true").ok());
  EXPECT_EQ(slots_.data(0).start_time().seconds(), At("2023-01-10T13:00:00Z").ns / engine::kNanosPerSecond);
}

TEST_F(Rates, Find_FindsTheGreenestWithOrWithoutATariff) {
  const std::string request = " segment: GREEN duration: 60" + Period("2023-01-10T12:00:00Z", "2023-01-11T06:00:00Z");
  ASSERT_TRUE(Find("location_id: 'loc_nights'" + request).ok());
  ASSERT_EQ(slots_.data_size(), 1);
  ExpectSame(slots_.data(0), Period("2023-01-11T03:00:00Z", "2023-01-11T04:00:00Z") +
                                 " tariff { rate_avg: 0.15 confidence: 1 }"
                                 " carbon { intensity_avg: 50.5 confidence: 0.8 }");
  ASSERT_TRUE(Find("location_id: 'loc_nights' direction: EXPORT" + request).ok());
  EXPECT_EQ(slots_.data(0).tariff().rate_avg(), 0.15);
}

TEST_F(Rates, Find_ChecksItsFields) {
  const std::string good =
      "location_id: 'loc_nights' segment: LOW duration: 60" + Period("2023-01-10T10:00:00Z", "2023-01-10T14:00:00Z");
  EXPECT_EQ(FieldsOf(Find(good)), "");
  EXPECT_EQ(FieldsOf(Find("")), "location_id end_time segment duration");
  EXPECT_EQ(FieldsOf(Find(good + " segment: UNSPECIFIED")), "segment");
  EXPECT_EQ(FieldsOf(Find(good + " segment: 4")), "segment");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 0")), "duration");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 240")), "");
  EXPECT_EQ(FieldsOf(Find(good + " duration: 241")), "duration");
}

// Tells the same for every window; keeps what it was asked.
class KnownUsage final : public calculator::UsageSource {
 public:
  absl::StatusOr<engine::Int128> UsageWithin(const calculator::Caller& caller, absl::string_view location_id,
                                             engine::TariffRate, engine::Interval interval) const override {
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
