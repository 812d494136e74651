#include "service/calculator/validation.h"

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::calculator {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kStart = 1'643'711'400;         // 2022-02-01T10:30:00Z
constexpr int64_t kLatestSecond = 4'102'444'800;  // 2100-01-01T00:00:00Z
constexpr int64_t kYear = 366 * int64_t{86'400};

Submission Good() {
  Submission s;
  s.location_id = "loc_1";
  s.units = engine::Units::kW;
  s.value = 20567;
  s.start_time = WireTime{kStart, 0};
  s.end_time = WireTime{kStart + 1800, 0};
  return s;
}

struct Fault {
  const char* field;
  const char* says;
  std::function<void(Submission*)> spoil;
};

const std::string& Long(size_t length) {
  static auto* const texts = new std::vector<std::string>;
  while (texts->size() <= length) texts->push_back(std::string(texts->size(), 'x'));
  return (*texts)[length];
}

const std::vector<Fault>& Faults() {
  static const auto* const faults = new std::vector<Fault>{
      {"location_id", "is required", [](Submission* s) { s->location_id = ""; }},
      {"location_id", "is 65 bytes long; at most 64", [](Submission* s) { s->location_id = Long(65); }},
      {"device_id", "is 65 bytes long; at most 64", [](Submission* s) { s->device_id = Long(65); }},
      {"session_reference_id", "holds the character U+0000",
       [](Submission* s) { s->session_reference_id = absl::string_view("a\0b", 3); }},
      {"session_reference_id", "is 257 bytes long; at most 256",
       [](Submission* s) { s->session_reference_id = Long(257); }},
      {"record_reference_id", "is 257 bytes long; at most 256",
       [](Submission* s) { s->record_reference_id = Long(257); }},
      {"direction", "must be IMPORT or EXPORT",
       [](Submission* s) { s->direction = static_cast<engine::Direction>(3); }},
      {"direction", "must be IMPORT or EXPORT",
       [](Submission* s) { s->direction = static_cast<engine::Direction>(-1); }},
      {"tariff_rate", "must be IMPORT, EXPORT or LOCAL",
       [](Submission* s) { s->tariff_rate = static_cast<engine::TariffRate>(4); }},
      {"measurand", "must be TRANSFERRED", [](Submission* s) { s->measurand = engine::Measurand::kOffered; }},
      {"measurand", "must be TRANSFERRED", [](Submission* s) { s->measurand = static_cast<engine::Measurand>(77); }},
      {"units", "must be W, KW, WH or KWH", [](Submission* s) { s->units = engine::Units::kUnspecified; }},
      {"units", "must be W, KW, WH or KWH", [](Submission* s) { s->units = static_cast<engine::Units>(5); }},
      {"value", "is required", [](Submission* s) { s->value.reset(); }},
      {"value", "between 0 and 1000000000", [](Submission* s) { s->value = -0.000001; }},
      {"value", "between 0 and 1000000000", [](Submission* s) { s->value = std::nextafter(1e9, 2e9); }},
      {"value", "between 0 and 1000000000", [](Submission* s) { s->value = std::nan(""); }},
      {"value", "between 0 and 1000000000", [](Submission* s) { s->value = kInfinity; }},
      {"value", "between 0 and 1000000000", [](Submission* s) { s->value = -kInfinity; }},
      {"confidence", "between 0 and 1", [](Submission* s) { s->confidence = 1.0000001; }},
      {"confidence", "between 0 and 1", [](Submission* s) { s->confidence = -0.1; }},
      {"confidence", "between 0 and 1", [](Submission* s) { s->confidence = std::nan(""); }},
      {"usage_before_wh", "0 or more", [](Submission* s) { s->usage_before_wh = -1; }},
      {"usage_before_wh", "0 or more", [](Submission* s) { s->usage_before_wh = std::nan(""); }},
      {"usage_before_wh", "0 or more", [](Submission* s) { s->usage_before_wh = kInfinity; }},
      {"start_time", "is required", [](Submission* s) { s->start_time.reset(); }},
      {"end_time", "is required", [](Submission* s) { s->end_time.reset(); }},
      {"start_time", "nanoseconds outside 0 to 999999999", [](Submission* s) { s->start_time->nanos = -1; }},
      {"end_time", "nanoseconds outside 0 to 999999999", [](Submission* s) { s->end_time->nanos = 1'000'000'000; }},
      {"start_time", "between 1970",
       [](Submission* s) {
         s->start_time = WireTime{-1, 999'999'999};
       }},
      {"start_time", "between 1970",
       [](Submission* s) {
         s->start_time = WireTime{std::numeric_limits<int64_t>::min(), 0};
       }},
      {"end_time", "between 1970",
       [](Submission* s) {
         s->end_time = WireTime{std::numeric_limits<int64_t>::max(), 0};
       }},
      {"end_time", "2100-01-01",
       [](Submission* s) {
         s->end_time = WireTime{kLatestSecond, 1};
       }},
      {"end_time", "must be after start_time", [](Submission* s) { s->end_time = s->start_time; }},
      {"end_time", "must be after start_time", [](Submission* s) { s->end_time->seconds = kStart - 1; }},
      {"end_time", "at most 366 days",
       [](Submission* s) {
         s->end_time = WireTime{kStart + kYear, 1};
       }},
  };
  return *faults;
}

TEST(Validate, EachFault_IsNamedAlone) {
  for (const Fault& fault : Faults()) {
    SCOPED_TRACE(::testing::Message() << fault.field << " " << fault.says);
    Submission submission = Good();
    fault.spoil(&submission);
    ValidRecord record;
    std::vector<Violation> violations;
    EXPECT_FALSE(Validate(submission, &record, &violations));
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, fault.field);
    EXPECT_THAT(violations[0].description, HasSubstr(fault.says));
  }
}

TEST(Validate, EveryFault_IsReportedAtOnce) {
  Submission submission;
  submission.device_id = Long(65);
  submission.session_reference_id = Long(1000);
  submission.record_reference_id = Long(300);
  submission.direction = static_cast<engine::Direction>(9);
  submission.tariff_rate = static_cast<engine::TariffRate>(9);
  submission.measurand = engine::Measurand::kOffered;
  submission.confidence = 2;
  submission.usage_before_wh = -1;
  ValidRecord record;
  std::vector<Violation> violations = {{"earlier", "one"}};
  EXPECT_FALSE(Validate(submission, &record, &violations));
  std::vector<std::string> fields;
  fields.reserve(violations.size());
  for (const Violation& violation : violations) fields.push_back(violation.field);
  EXPECT_THAT(fields,
              ::testing::UnorderedElementsAre("earlier", "location_id", "device_id", "session_reference_id",
                                              "record_reference_id", "direction", "tariff_rate", "measurand", "units",
                                              "value", "confidence", "usage_before_wh", "start_time", "end_time"));
}

TEST(Validate, EarlierViolations_AreNotThisRecordsFault) {
  ValidRecord record;
  std::vector<Violation> violations = {{"include_breakdown", "too many"}};
  EXPECT_TRUE(Validate(Good(), &record, &violations));
  EXPECT_EQ(violations.size(), 1u);
}

TEST(Validate, Limits_AreIncluded) {
  const std::vector<std::function<void(Submission*)>> allowed = {
      [](Submission* s) { s->location_id = Long(64); },
      [](Submission* s) { s->device_id = Long(64); },
      [](Submission* s) { s->session_reference_id = Long(256); },
      [](Submission* s) { s->record_reference_id = Long(256); },
      [](Submission* s) { s->value = 0; },
      [](Submission* s) { s->value = -0.0; },
      [](Submission* s) { s->value = 1e9; },
      [](Submission* s) { s->confidence = 0; },
      [](Submission* s) { s->confidence = 1; },
      [](Submission* s) { s->usage_before_wh = 0; },
      [](Submission* s) { s->usage_before_wh = 1e300; },
      [](Submission* s) { s->measurand = engine::Measurand::kTransferred; },
      [](Submission* s) {
        s->start_time = WireTime{0, 0}, s->end_time = WireTime{0, 1};
      },
      [](Submission* s) {
        s->start_time = WireTime{kStart, 999'999'999}, s->end_time = WireTime{kStart + 1, 0};
      },
      [](Submission* s) {
        s->start_time = WireTime{kLatestSecond - 1, 0}, s->end_time = WireTime{kLatestSecond, 0};
      },
      [](Submission* s) {
        s->end_time = WireTime{kStart + kYear, 0};
      },
  };
  for (size_t i = 0; i < allowed.size(); ++i) {
    Submission submission = Good();
    allowed[i](&submission);
    ValidRecord record;
    std::vector<Violation> violations;
    EXPECT_TRUE(Validate(submission, &record, &violations)) << i << ": " << violations[0].description;
  }
}

TEST(Validate, Quantities_AreRead) {
  Submission submission = Good();
  submission.units = engine::Units::kKwh;
  submission.value = 10.2835;
  submission.start_time->nanos = 5;
  submission.confidence = 0.25;
  ValidRecord record;
  std::vector<Violation> violations;
  ASSERT_TRUE(Validate(submission, &record, &violations));
  EXPECT_EQ(record.usage.units, engine::Units::kKwh);
  EXPECT_EQ(record.usage.value_micros, 10'283'500);
  EXPECT_EQ(record.usage.interval.start.ns, kStart * engine::kNanosPerSecond + 5);
  EXPECT_EQ(record.usage.interval.end.ns, (kStart + 1800) * engine::kNanosPerSecond);
  EXPECT_EQ(record.confidence, 0.25);
}

TEST(Validate, Defaults_AreResolved) {
  using engine::Direction;
  using engine::TariffRate;
  struct {
    Direction direction;
    TariffRate rate;
    Direction want_direction;
    TariffRate want_rate;
  } const cases[] = {
      {Direction::kUnspecified, TariffRate::kUnspecified, Direction::kImport, TariffRate::kImport},
      {Direction::kImport, TariffRate::kUnspecified, Direction::kImport, TariffRate::kImport},
      {Direction::kExport, TariffRate::kUnspecified, Direction::kExport, TariffRate::kExport},
      {Direction::kUnspecified, TariffRate::kExport, Direction::kImport, TariffRate::kExport},
      {Direction::kExport, TariffRate::kImport, Direction::kExport, TariffRate::kImport},
      {Direction::kImport, TariffRate::kLocal, Direction::kImport, TariffRate::kLocal},
      {Direction::kExport, TariffRate::kLocal, Direction::kExport, TariffRate::kLocal},
  };
  for (const auto& c : cases) {
    Submission submission = Good();
    submission.direction = c.direction;
    submission.tariff_rate = c.rate;
    ValidRecord record;
    std::vector<Violation> violations;
    ASSERT_TRUE(Validate(submission, &record, &violations));
    EXPECT_EQ(record.direction, c.want_direction);
    EXPECT_EQ(record.tariff_rate, c.want_rate);
    EXPECT_EQ(record.confidence, 1);
  }
}

TEST(Validate, ValueOfSixDigits_IsThatNumberExactly) {
  std::mt19937_64 random(20240824);
  for (int i = 0; i < 100'000; ++i) {
    // Of every size, up to the largest.
    const auto largest = uint64_t{1'000'000'000'000'000} >> (random() % 50);
    const auto micros = static_cast<int64_t>(random() % (largest + 1));
    // The double that reads the number's digits, as a JSON parser does.
    const std::string text =
        std::to_string(micros / 1'000'000) + "." + std::to_string(1'000'000 + micros % 1'000'000).substr(1);
    Submission submission = Good();
    submission.value = std::strtod(text.c_str(), nullptr);
    ValidRecord record;
    std::vector<Violation> violations;
    ASSERT_TRUE(Validate(submission, &record, &violations));
    ASSERT_EQ(record.usage.value_micros, micros) << text;
  }
}

TEST(Validate, ValueOfMoreDigits_IsTheNearest) {
  struct {
    double value;
    int64_t micros;
  } const cases[] = {{0.0000004, 0},
                     {0.0000006, 1},
                     {1.23456749, 1'234'567},
                     {1.23456751, 1'234'568},
                     {1.0 / 3, 333'333},
                     {2.0 / 3, 666'667},
                     {1e-300, 0},
                     {999'999'999.9999999, 1'000'000'000'000'000},
                     {0.1 + 0.2, 300'000}};
  for (const auto& c : cases) {
    Submission submission = Good();
    submission.value = c.value;
    ValidRecord record;
    std::vector<Violation> violations;
    ASSERT_TRUE(Validate(submission, &record, &violations));
    EXPECT_EQ(record.usage.value_micros, c.micros) << c.value;
  }
}

TEST(Validate, UsageBefore_IsReadInMillionthsOfAWh) {
  constexpr int64_t kMillionth = 1'000;  // nano-Wh
  struct {
    double wh;
    engine::Int128 nano_wh;
  } const cases[] = {
      {0, 0},
      {0.000001, kMillionth},
      {0.1, 100'000 * kMillionth},
      {1234.567891, 1'234'567'891 * kMillionth},
      {0.0000004, 0},
      {1e15, engine::Int128{1'000'000'000'000'000} * 1'000'000'000},
      // More than any tier begins at is all one.
      {1e300, engine::Int128{1'000'000'000'000'000} * 1'000'000'000},
  };
  for (const auto& c : cases) {
    Submission submission = Good();
    submission.usage_before_wh = c.wh;
    ValidRecord record;
    std::vector<Violation> violations;
    ASSERT_TRUE(Validate(submission, &record, &violations));
    ASSERT_TRUE(record.usage_before_nwh.has_value());
    EXPECT_TRUE(*record.usage_before_nwh == c.nano_wh) << c.wh;
  }
  ValidRecord record;
  record.usage_before_nwh = 1;
  std::vector<Violation> violations;
  ASSERT_TRUE(Validate(Good(), &record, &violations));
  EXPECT_FALSE(record.usage_before_nwh.has_value());
}

}  // namespace
}  // namespace costs::calculator
