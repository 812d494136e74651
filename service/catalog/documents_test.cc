// The rules of documents beside those of schedules (document_schedule_test.cc):
// each limit that the protos' comments state, and what the engine gets.
#include "service/catalog/documents.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const char kFlat[] =
    "id: 'a' direction: IMPORT type: COMMODITY currency_code: 'GBP' schedule { days_and_hours { hours { rate { fixed: "
    "1 "
    "} } } } ";

template <typename Message>
Message From(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::vector<std::string> FieldsOf(const std::vector<FieldViolation>& faults) {
  std::vector<std::string> fields;
  for (const FieldViolation& fault : faults) {
    fields.push_back(fault.field);
    EXPECT_FALSE(fault.description.empty());
  }
  return fields;
}

std::string Text(size_t size) { return std::string(size, 'x'); }

TEST(CheckElement, AtTheLimits_IsFine) {
  for (const std::string& more :
       {std::string(), absl::StrCat("display_name: '", Text(256), "'"), absl::StrCat("provider_id: '", Text(64), "'"),
        std::string("provider_id: '\\xC3\\xA9' tier_window: BILLING_CYCLE billing_anchor_day: 31"),
        std::string("tier_window: BILLING_CYCLE tier_unit: KWH_DAILY"), std::string("tier_window: DAY tier_unit: KWH"),
        std::string("contract_start_date { seconds: -62135596800 } contract_end_date { seconds: 253402300799 }"),
        std::string("contract_start_date { seconds: 5000000000 } contract_end_date { seconds: 6000000000 }"),
        std::string("supersedes: 'b' special_day_calendar: 'uk' vat_included: true market_rates: false")}) {
    const auto element = From<pb::TariffElement>(kFlat + more);
    EXPECT_THAT(FieldsOf(CheckElement(element)), IsEmpty()) << more;
    EXPECT_TRUE(BuildElement(element, {}).ok()) << more;
  }
}

TEST(CheckElement, BeyondALimit_IsNamed) {
  const struct {
    std::string text;
    const char* field;
  } cases[] = {
      {"id: 'a b'", "id"},
      {"location_id: '/'", "location_id"},
      {absl::StrCat("display_name: '", Text(257), "'"), "display_name"},
      {absl::StrCat("provider_id: '", Text(65), "'"), "provider_id"},
      {"currency_code: 'pounds'", "currency_code"},
      {"currency_code: ''", "currency_code"},
      {"direction: UNSPECIFIED", "direction"},
      {"direction: 9", "direction"},
      {"type: UNSPECIFIED", "type"},
      {"market_series: 'm'", "market_series"},
      {"market_rates: true", "market_series"},
      {"market_rates: true market_series: '..'", "market_series"},
      {"special_day_calendar: 'a/b'", "special_day_calendar"},
      {"supersedes: 'a'", "supersedes"},
      {"billing_anchor_day: 32 tier_window: BILLING_CYCLE", "billing_anchor_day"},
      {"billing_anchor_day: -1 tier_window: BILLING_CYCLE", "billing_anchor_day"},
      {"billing_anchor_day: 1", "billing_anchor_day"},
      {"tier_window: 9", "tier_window"},
      {"tier_unit: 9", "tier_unit"},
      {"tier_unit: KWH_DAILY tier_window: DAY", "tier_unit"},
      {"contract_start_date { seconds: 1 nanos: 1 }", "contract_start_date"},
      {"contract_start_date { seconds: 9223372036854775807 }", "contract_start_date"},
      {"contract_end_date { seconds: -9223372036854775808 }", "contract_end_date"},
      {"contract_end_date { seconds: 0 }", "contract_end_date"},
      {"contract_start_date { seconds: 60 } contract_end_date { seconds: 60 }", "contract_end_date"},
  };
  for (const auto& c : cases) {
    // The last of two values counts, also of an enum by its number.
    pb::TariffElement element = From<pb::TariffElement>(kFlat);
    pb::TariffElement more;
    google::protobuf::TextFormat::Parser parser;
    ASSERT_TRUE(parser.ParseFromString(c.text, &more)) << c.text;
    if (c.text == "currency_code: ''") element.clear_currency_code();
    if (c.text == "direction: UNSPECIFIED") element.clear_direction();
    if (c.text == "type: UNSPECIFIED") element.clear_type();
    element.MergeFrom(more);
    EXPECT_THAT(FieldsOf(CheckElement(element)), ElementsAre(c.field)) << c.text;
  }
}

TEST(CheckElement, RatesOutOfRange_AreNamed) {
  const auto with = [](const std::string& rate, bool market) {
    return From<pb::TariffElement>(absl::StrCat("direction: IMPORT type: COMMODITY currency_code: 'GBP' ",
                                                market ? "market_rates: true market_series: 'm' " : "",
                                                "schedule { days_and_hours { hours { rate { ", rate, " } } } }"));
  };
  const std::string path = "schedule[0].days_and_hours[0].hours[0].rate[0].";
  const struct {
    const char* rate;
    bool market;
    const char* field;  // empty: it is right
  } cases[] = {
      {"fixed: 1000000000", false, ""},
      {"fixed: -1000000000", false, ""},
      {"fixed: 0.123456789", false, ""},
      {"fixed: 1000000001", false, "fixed"},
      {"fixed: nan", false, "fixed"},
      {"fixed: -inf", false, "fixed"},
      {"fixed: 0.1234567891", false, "fixed"},
      {"fixed: 1e-300", false, "fixed"},
      {"fixed: 1 surcharge_fixed: nan surcharge_percentage: nan", false, ""},
      {"fixed: nan", true, ""},
      {"surcharge_fixed: 1e300", true, "surcharge_fixed"},
      {"surcharge_percentage: -100", true, ""},
      {"surcharge_percentage: -100.5", true, "surcharge_percentage"},
      {"surcharge_percentage: 1000000.5", true, "surcharge_percentage"},
  };
  for (const auto& c : cases) {
    const std::vector<std::string> fields = FieldsOf(CheckElement(with(c.rate, c.market)));
    if (*c.field == '\0') {
      EXPECT_THAT(fields, IsEmpty()) << c.rate;
    } else {
      EXPECT_THAT(fields, ElementsAre(path + c.field)) << c.rate;
    }
  }
}

TEST(BuildElement, Rates_AreTheShortestDecimalsOfTheirDoubles) {
  auto element = From<pb::TariffElement>(kFlat);
  for (const char* text : {"0.1", "0.0903", "-0.25", "123456.789012345", "0.000000001", "90.277823698"}) {
    element.mutable_schedule(0)->mutable_days_and_hours(0)->mutable_hours(0)->mutable_rate(0)->set_fixed(
        std::strtod(text, nullptr));
    const auto built = BuildElement(element, {});
    ASSERT_TRUE(built.ok()) << built.status();
    EXPECT_EQ((*built)->schedule->rates()[0].fixed.ToString(), text);
  }
}

TEST(CheckCalendar, EveryFault_IsNamedAtItsRule) {
  const auto calendar = From<pb::SpecialDayCalendar>(R"(
      id: "-" rules { } rules { fixed_date { month: 2 day: 30 } } rules { nth_weekday { month: 0 nth: 6 } }
      rules { easter: UNSPECIFIED } rules { date: "2100-01-01" } rules { date: "2023-1-1" }
      rules { date: "2023-05-08" observance: 9 offset_days: 367 first_year: 1969 last_year: 2100 }
      rules { date: "2023-05-08" first_year: 2000 last_year: 1999 })");
  EXPECT_THAT(FieldsOf(CheckCalendar(calendar)),
              ElementsAre("rules[0]", "rules[1].fixed_date.day", "rules[2].nth_weekday.month",
                          "rules[2].nth_weekday.weekday", "rules[2].nth_weekday.nth", "rules[3].easter",
                          "rules[4].date", "rules[5].date", "rules[6].offset_days", "rules[6].observance",
                          "rules[6].first_year", "rules[6].last_year", "rules[7].last_year"));
  EXPECT_THAT(FieldsOf(CheckCalendar({})), ElementsAre("rules"));
  pb::SpecialDayCalendar many;
  for (int i = 0; i < 401; ++i) many.add_rules()->set_date("2023-05-08");
  EXPECT_THAT(FieldsOf(CheckCalendar(many)), ElementsAre("rules"));
}

TEST(CheckCalendar, LeapDayAndEdges_AreFine) {
  const auto calendar = From<pb::SpecialDayCalendar>(R"(
      rules { fixed_date { month: 2 day: 29 } } rules { date: "1970-01-01" } rules { date: "2099-12-31" }
      rules { nth_weekday { month: 11 weekday: "thursday" nth: 4 } offset_days: 1 }
      rules { nth_weekday { month: 12 weekday: "7" nth: -5 } first_year: 1970 last_year: 2099 }
      rules { easter: ORTHODOX offset_days: -366 observance: SUNDAY_TO_MONDAY })");
  EXPECT_THAT(FieldsOf(CheckCalendar(calendar)), IsEmpty());
  EXPECT_TRUE(BuildCalendar(calendar).ok());
}

TEST(SetLocationDefaults, GivenFields_Stay) {
  auto location = From<pb::Location>("postal_address { country_code: 'GB' } timezone: 'UTC'");
  SetLocationDefaults(&location);
  EXPECT_EQ(location.timezone(), "UTC");
  EXPECT_EQ(location.currency_code(), "GBP");
}

}  // namespace
}  // namespace costs::catalog
