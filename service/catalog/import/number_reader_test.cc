#include "service/catalog/import/number_reader.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

const SourceText kSources[] = {{"a.csv", ""}};

std::string ReadAs(NumberReader::Shift shift, absl::string_view text, bool round = false) {
  ImportLog log(kSources);
  NumberReader reader(shift, round, &log);
  const std::optional<engine::Decimal> value = reader.Read(text, {0, 3}, "price");
  EXPECT_EQ(value.has_value(), log.status().ok());
  return value ? value->ToString() : std::string(log.status().message());
}

TEST(NumberReader, Shift_MovesThePointExactly) {
  const struct {
    NumberReader::Shift shift;
    const char* text;
    const char* value;
  } kCases[] = {
      {NumberReader::kPerMwh, "21.54", "0.02154"},
      {NumberReader::kPerMwh, "-0.01", "-0.00001"},
      {NumberReader::kPerMwh, "4000", "4"},
      {NumberReader::kPerMwh, "936.28", "0.93628"},
      {NumberReader::kPerMwh, "0", "0"},
      {NumberReader::kPerMwh, "-0.000", "0"},
      {NumberReader::kPerMwh, "1e3", "1"},
      {NumberReader::kPerMwh, "1.5E-2", "0.000015"},
      {NumberReader::kPerMwh, "0.000001", "0.000000001"},
      {NumberReader::kHundredths, "24.6015", "0.246015"},
      {NumberReader::kHundredths, "00012.50", "0.125"},
      {NumberReader::kHundredthsPerMwh, "2154", "0.02154"},
      {NumberReader::kAsWritten, "65.0", "65"},
      {NumberReader::kAsWritten, "999999999", "999999999"},
      {NumberReader::kPerMwh, "1000000000000", "1000000000"},
  };
  for (const auto& [shift, text, value] : kCases) EXPECT_EQ(ReadAs(shift, text), value) << text;
}

TEST(NumberReader, WhatIsNoNumber_IsAFaultThatNamesIt) {
  for (const char* text : {"", "-", "NaN", "Infinity", "1,5", "+1", ".5", "5.", "1e", "1e+", "0x10", " 1", "1 ", "--1",
                           "1.2.3", "999999999999999999999999999999999999999999999999999999"}) {
    EXPECT_TRUE(absl::StartsWith(ReadAs(NumberReader::kPerMwh, text), "the import is refused: a.csv:3: price: is \""))
        << text;
  }
  EXPECT_TRUE(absl::StrContains(ReadAs(NumberReader::kAsWritten, "1e10"), "the limit is 1000000000"));
  EXPECT_TRUE(absl::StrContains(ReadAs(NumberReader::kAsWritten, "1e999999999"), "the limit is 1000000000"));
}

TEST(NumberReader, MoreThanNineDigits_AreRefusedUnlessRoundingIsAskedFor) {
  EXPECT_TRUE(absl::StrContains(ReadAs(NumberReader::kPerMwh, "0.0000001"), "more than 9 digits after the point"));
  const struct {
    const char* text;
    const char* value;
  } kCases[] = {
      {"222.29592090536002", "222.295920905"},
      {"0.0000000005", "0"},  // a half, to the even digit
      {"0.0000000015", "0.000000002"},
      {"0.0000000025", "0.000000002"},
      {"0.00000000250000001", "0.000000003"},
      {"-0.0000000015", "-0.000000002"},
      {"0.9999999999", "1"},
      {"99.9999999996", "100"},
      {"1e-300", "0"},
      {"1.23456789049999", "1.23456789"},
  };
  for (const auto& [text, value] : kCases) EXPECT_EQ(ReadAs(NumberReader::kAsWritten, text, true), value) << text;
}

TEST(NumberReader, Rounding_IsAFinding) {
  ImportLog log(kSources);
  NumberReader reader(NumberReader::kAsWritten, true, &log);
  reader.Read("1.5", {0, 2}, "x");
  reader.ReportRounding();
  EXPECT_TRUE(log.TakeFindings().empty());
  reader.Read("0.12345678901", {0, 3}, "x");
  reader.Read("0.12345678901", {0, 4}, "x");
  reader.ReportRounding();
  const std::vector<Finding> findings = log.TakeFindings();
  ASSERT_EQ(findings.size(), 1);
  EXPECT_EQ(findings[0].where, "a.csv:3");
  EXPECT_EQ(findings[0].what, "the first of 2 numbers that were rounded to 9 digits after the point");
}

}  // namespace
}  // namespace costs::catalog
