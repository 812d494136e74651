#include "service/catalog/import/entsoe.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

struct Series {
  std::string resolution = "PT60M";
  std::string start = "2026-09-24T22:00Z";
  std::string end = "2026-09-25T22:00Z";
  std::vector<std::pair<int, std::string>> points;
  std::string curve = "A03";
  std::string sequence = "1";
  std::string contract = "A01";
  std::string area = "10Y1001A1001A82H";
  std::string currency = "EUR";
};

std::string Xml(const Series& series) {
  std::string points;
  for (const auto& [position, price] : series.points) {
    absl::StrAppend(&points, "        <Point><position>", position, "</position><price.amount>", price,
                    "</price.amount></Point>\n");
  }
  const std::string sequence =
      series.sequence.empty()
          ? ""
          : absl::StrCat("<classificationSequence_AttributeInstanceComponent.position>", series.sequence,
                         "</classificationSequence_AttributeInstanceComponent.position>");
  return absl::StrCat("    <TimeSeries>\n      <mRID>1</mRID>\n      <auction.type>A01</auction.type>\n",
                      "      <businessType>A62</businessType>\n      <in_Domain.mRID codingScheme=\"A01\">",
                      series.area, "</in_Domain.mRID>\n      <out_Domain.mRID codingScheme=\"A01\">", series.area,
                      "</out_Domain.mRID>\n      <contract_MarketAgreement.type>", series.contract,
                      "</contract_MarketAgreement.type>\n      <currency_Unit.name>", series.currency,
                      "</currency_Unit.name>\n      <price_Measure_Unit.name>MWH</price_Measure_Unit.name>\n      ",
                      sequence, "<curveType>", series.curve,
                      "</curveType>\n      <Period>\n        <timeInterval><start>", series.start, "</start><end>",
                      series.end, "</end></timeInterval>\n        <resolution>", series.resolution, "</resolution>\n",
                      points, "      </Period>\n    </TimeSeries>\n");
}

std::string Document(const std::vector<Series>& series) {
  return absl::StrCat(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
      "<Publication_MarketDocument xmlns=\"urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3\">\n"
      "    <mRID>1</mRID>\n    <revisionNumber>1</revisionNumber>\n    <type>A44</type>\n"
      "    <period.timeInterval><start>2026-09-24T22:00Z</start><end>2026-09-25T22:00Z</end></period.timeInterval>\n",
      absl::StrJoin(series, "", [](std::string* out, const Series& one) { absl::StrAppend(out, Xml(one)); }),
      "</Publication_MarketDocument>\n");
}

absl::StatusOr<ImportedPrices> Import(const std::string& text, const EntsoeOptions& options = {}) {
  const SourceText sources[] = {{"a44.xml", text}};
  return ImportEntsoe(sources, options);
}

std::string Prices(const absl::StatusOr<ImportedPrices>& imported) {
  if (!imported.ok()) return std::string(imported.status().message());
  return absl::StrJoin(imported->prices, " ", [](std::string* out, const engine::MarketPrice& price) {
    absl::StrAppend(out, UtcText(price.interval.start).substr(11, 5), "=", price.per_kwh.ToString());
  });
}

std::string Findings(const absl::StatusOr<ImportedPrices>& imported) {
  if (!imported.ok()) return std::string(imported.status().message());
  std::string text;
  for (const Finding& finding : imported->findings) absl::StrAppend(&text, finding.where, ": ", finding.what, "\n");
  return text;
}

// Four hours.
Series FourHours(const std::string& curve, std::vector<std::pair<int, std::string>> points) {
  Series series;
  series.end = "2026-09-25T02:00Z";
  series.curve = curve;
  series.points = std::move(points);
  return series;
}

TEST(Entsoe, A01_HasEachPositionAndWhatIsMissingIsAGap) {
  const auto imported = Import(Document({FourHours("A01", {{1, "10"}, {2, "-5.5"}, {4, "0"}})}));
  EXPECT_EQ(Prices(imported), "22:00=0.01 23:00=-0.0055 01:00=0");
  EXPECT_TRUE(absl::StrContains(Findings(imported),
                                "the price is left blank from 2026-09-25T00:00:00Z to 2026-09-25T01:00:00Z"));
  ASSERT_TRUE(imported.ok());
  EXPECT_EQ(imported->currency_code, "EUR");
  EXPECT_EQ(imported->area, "10Y1001A1001A82H");
}

TEST(Entsoe, A03_RepeatsThePositionBefore) {
  const auto imported = Import(Document({FourHours("A03", {{1, "10"}, {3, "12"}})}));
  EXPECT_EQ(Prices(imported), "22:00=0.01 23:00=0.01 00:00=0.012 01:00=0.012");
  EXPECT_EQ(Findings(imported), "");
}

TEST(Entsoe, HourOfThePublishedAuction_IsTheMeanOfItsQuarters) {
  // The first hour of DE-LU on 2026-09-25 as the platform published it, and the
  // price of that hour as aWATTar published it: 181.94 EUR/MWh.
  Series series;
  series.resolution = "PT15M";
  series.end = "2026-09-24T23:00Z";
  series.points = {{1, "196.99"}, {2, "184.40"}, {3, "175.79"}, {4, "170.59"}};
  const auto imported = Import(Document({series}));
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_EQ(imported->prices.size(), 4);
  engine::Int128 sum = 0;
  for (const engine::MarketPrice& price : imported->prices) sum += price.per_kwh.UnitsAtScale(9);
  EXPECT_EQ(sum / 4 / 10'000, 18'194);  // hundredths per MWh, cut
}

TEST(Entsoe, QuartersOfTheDaysOfTheClockChange_Are92And100) {
  for (const auto& [start, end, count] : {std::make_tuple("2026-03-28T23:00Z", "2026-03-29T22:00Z", 92),
                                          std::make_tuple("2026-10-24T22:00Z", "2026-10-25T23:00Z", 100)}) {
    Series series;
    series.resolution = "PT15M";
    series.start = start;
    series.end = end;
    series.points = {{1, "10"}, {count, "12"}};
    const auto imported = Import(Document({series}));
    ASSERT_TRUE(imported.ok()) << imported.status();
    EXPECT_EQ(imported->prices.size(), count);
    EXPECT_EQ(UtcText(imported->prices.back().interval.end).substr(0, 16) + "Z", end);
  }
}

TEST(Entsoe, TwoAuctions_AreChosenBySequenceInAnyOrder) {
  Series exaa = FourHours("A03", {{1, "192.55"}});
  exaa.sequence = "2";
  const std::string text = Document({exaa, FourHours("A03", {{1, "196.99"}})});
  const absl::Status open = Import(text).status();
  EXPECT_EQ(ReasonOf(open), "OPTION_REQUIRED");
  EXPECT_TRUE(absl::StrContains(open.message(), "several auctions (1, 2); choose one sequence")) << open;
  EntsoeOptions options;
  options.sequence = 1;
  const auto imported = Import(text, options);
  EXPECT_TRUE(absl::StartsWith(Prices(imported), "22:00=0.19699 ")) << Prices(imported);
  EXPECT_TRUE(absl::StrContains(Findings(imported), "is of sequence \"2\", not 1, and left out"));
  options.sequence = 2;
  EXPECT_TRUE(absl::StartsWith(Prices(Import(text, options)), "22:00=0.19255 "));
  options.sequence = 3;
  EXPECT_EQ(ReasonOf(Import(text, options).status()), "NO_DATA");
}

TEST(Entsoe, TwoResolutions_AreChosenByOption) {
  Series quarters = FourHours("A03", {{1, "11"}});
  quarters.resolution = "PT15M";
  const std::string text = Document({FourHours("A03", {{1, "10"}}), quarters});
  const absl::Status open = Import(text).status();
  EXPECT_EQ(ReasonOf(open), "OPTION_REQUIRED");
  EXPECT_TRUE(absl::StrContains(open.message(), "choose one resolution (15, 30 or 60 minutes)")) << open;
  EntsoeOptions options;
  options.resolution_minutes = 60;
  EXPECT_EQ(Prices(Import(text, options)), "22:00=0.01 23:00=0.01 00:00=0.01 01:00=0.01");
  options.resolution_minutes = 15;
  const auto imported = Import(text, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->prices.size(), 16);
  EXPECT_TRUE(absl::StrContains(Findings(imported), "is of 60 minutes, not 15, and left out"));
}

TEST(Entsoe, TwoResolutionsOneAfterTheOther_AreOneSeries) {
  Series quarters = FourHours("A03", {{1, "11"}});
  quarters.resolution = "PT15M";
  quarters.start = "2026-09-25T02:00Z";
  quarters.end = "2026-09-25T03:00Z";
  const auto imported = Import(Document({quarters, FourHours("A03", {{1, "10"}})}));
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->prices.size(), 8);
  EXPECT_FALSE(engine::FindFault(imported->prices));
}

TEST(Entsoe, IntradayAuctions_AreLeftOutAndTold) {
  Series intraday = FourHours("A01", {{1, "99"}, {2, "99"}, {3, "99"}, {4, "99"}});
  intraday.contract = "A07";
  intraday.sequence = "2";
  const auto imported = Import(Document({intraday, FourHours("A03", {{1, "10"}})}));
  EXPECT_EQ(Prices(imported), "22:00=0.01 23:00=0.01 00:00=0.01 01:00=0.01");
  EXPECT_TRUE(absl::StrContains(Findings(imported), "a44.xml:7:5: is of contract type \"A07\", not A01 (day-ahead)"))
      << Findings(imported);
  EXPECT_EQ(ReasonOf(Import(Document({intraday})).status()), "NO_DATA");
}

TEST(Entsoe, TwoAreas_AreChosenByOption) {
  Series belgium = FourHours("A03", {{1, "20"}});
  belgium.area = "10YBE----------2";
  const std::string text = Document({FourHours("A03", {{1, "10"}}), belgium});
  EXPECT_TRUE(absl::StrContains(Import(text).status().message(),
                                "several areas (10Y1001A1001A82H, 10YBE----------2); choose one area"));
  EntsoeOptions options;
  options.area = "10YBE----------2";
  const auto imported = Import(text, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->area, "10YBE----------2");
  EXPECT_EQ(imported->prices[0].per_kwh.ToString(), "0.02");
}

TEST(Entsoe, AnswerWithoutData_IsToldWithItsReason) {
  const absl::Status status =
      Import(
          "<?xml version=\"1.0\"?><Acknowledgement_MarketDocument "
          "xmlns=\"urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0\"><mRID>1</mRID><Reason><code>999</code>"
          "<text>No matching data found</text></Reason></Acknowledgement_MarketDocument>")
          .status();
  EXPECT_EQ(ReasonOf(status), "NO_DATA");
  EXPECT_TRUE(absl::StrContains(status.message(), "this reason: \"No matching data found\"")) << status;
}

TEST(Entsoe, WhatCannotBeTaken_IsRefusedWithReasonAndPlace) {
  const std::string good = Document({FourHours("A03", {{1, "10"}, {3, "12"}})});
  std::string laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
  const struct {
    const char* what;
    std::string text;
    const char* reason;
    const char* said;
  } kCases[] = {
      {"cut off", good.substr(0, good.size() / 2), "MALFORMED_FILE", "a44.xml:13:41: not XML: unclosed token"},
      {"empty", "", "MALFORMED_FILE", "not XML"},
      {"JSON", "{}", "MALFORMED_FILE", "not XML"},
      {"web page", "<html></html>", "MALFORMED_FILE", "a Publication_MarketDocument is expected"},
      {"entities",
       absl::StrReplaceAll(good, {{"<Publication_MarketDocument xmlns", laughs + "<Publication_MarketDocument xmlns"}}),
       "MALFORMED_FILE", "document type declaration"},
      {"no series", Document({}), "NO_DATA", "has no price"},
      {"load, not prices", absl::StrReplaceAll(good, {{"<type>A44", "<type>A65"}}), "INVALID_FIELD",
       "type: is \"A65\""},
      {"NaN", absl::StrReplaceAll(good, {{">10<", ">NaN<"}}), "INVALID_FIELD", "price.amount: is \"NaN\""},
      {"no price", absl::StrReplaceAll(good, {{"<price.amount>10</price.amount>", ""}}), "INVALID_FIELD",
       "price.amount: is \"\""},
      {"comma", absl::StrReplaceAll(good, {{">10<", ">1,0<"}}), "INVALID_FIELD", "a decimal number"},
      {"per kWh", absl::StrReplaceAll(good, {{"MWH", "KWH"}}), "INVALID_FIELD",
       "price_Measure_Unit.name: is \"KWH\"; MWH is expected"},
      {"currency", absl::StrReplaceAll(good, {{"EUR", "Euro"}}), "INVALID_FIELD", "currency_Unit.name"},
      {"curve", absl::StrReplaceAll(good, {{">A03<", ">A02<"}}), "INVALID_FIELD", "curveType: is \"A02\""},
      {"resolution", absl::StrReplaceAll(good, {{"PT60M", "P1D"}}), "INVALID_FIELD", "resolution: is \"P1D\""},
      {"seconds", absl::StrReplaceAll(good, {{"PT60M", "PT1S"}}), "INVALID_FIELD", "resolution: is \"PT1S\""},
      {"start", absl::StrReplaceAll(good, {{"<timeInterval><start>2026-09-24", "<timeInterval><start>2026-09-31"}}),
       "INVALID_FIELD", "timeInterval.start"},
      {"no whole hours",
       absl::StrReplaceAll(good,
                           {{"T02:00Z</end></timeInterval>\n        <r", "T02:30Z</end></timeInterval>\n        <r"}}),
       "INVALID_FIELD", "a whole number of PT60M"},
      {"a century", absl::StrReplaceAll(good, {{"<end>2026-09-25T02", "<end>2099-09-25T02"}}), "INVALID_FIELD",
       "at most 400 days"},
      {"year 9999", absl::StrReplaceAll(good, {{"<start>2026-09-24", "<start>9998-09-24"}, {"<end>2026", "<end>9999"}}),
       "INVALID_FIELD", "between 1970 and 2100"},
      {"backwards", absl::StrReplaceAll(good, {{"<end>2026-09-25T02", "<end>2026-09-23T02"}}), "INVALID_FIELD",
       "timeInterval"},
      {"position 0", absl::StrReplaceAll(good, {{"<position>1<", "<position>0<"}}), "INVALID_FIELD",
       "a number from 1 to 4"},
      {"position 5", absl::StrReplaceAll(good, {{"<position>3<", "<position>5<"}}), "INVALID_FIELD",
       "a number from 1 to 4"},
      {"huge position", absl::StrReplaceAll(good, {{"<position>3<", "<position>99999999999999999999<"}}),
       "INVALID_FIELD", "position"},
      {"position twice", absl::StrReplaceAll(good, {{"<position>3<", "<position>1<"}}), "INVALID_FIELD",
       "each position once"},
      {"nothing to repeat", absl::StrReplaceAll(good, {{"<position>1<", "<position>2<"}}), "INVALID_FIELD",
       "nothing before it to repeat"},
      {"no points", Document({FourHours("A03", {})}), "INVALID_FIELD", "Point: is missing"},
      {"two prices", Document({FourHours("A03", {{1, "10"}}), FourHours("A03", {{1, "11"}})}), "CONTRADICTORY_VALUES",
       "says 0.011"},
  };
  for (const auto& [what, text, reason, said] : kCases) {
    const absl::Status status = Import(text).status();
    EXPECT_EQ(ReasonOf(status), reason) << what << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), said)) << what << ": " << status;
  }
}

TEST(Entsoe, HostileSizes_AreRefusedAtTheLimit) {
  // Little text for many slots: 60 periods of 400 days each.
  Series year = FourHours("A03", {{1, "10"}});
  year.resolution = "PT15M";
  std::vector<Series> years;
  for (int i = 0; i < 60; ++i) {
    year.start = absl::StrCat(1990 + i, "-01-01T00:00Z");
    year.end = absl::StrCat(1991 + i, "-01-01T00:00Z");
    years.push_back(year);
  }
  const absl::Status status = Import(Document(years)).status();
  EXPECT_TRUE(absl::StrContains(status.message(), "limit of 2000000 rows")) << status;

  std::string many = "<Publication_MarketDocument><type>A44</type>";
  for (int i = 0; i <= 100'000; ++i) many += "<TimeSeries/>";
  EXPECT_TRUE(absl::StrContains(Import(many).status().message(), "limit of 100000 series and periods"));
}

}  // namespace
}  // namespace costs::catalog
