#include "service/catalog/import/octopus.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {
namespace {

std::string Rate(absl::string_view from, absl::string_view to, absl::string_view exc, absl::string_view inc,
                 absl::string_view method = "null") {
  return absl::StrCat("{\"value_exc_vat\":", exc, ",\"value_inc_vat\":", inc, ",\"valid_from\":\"", from,
                      "\",\"valid_to\":", to == "null" ? "null" : absl::StrCat("\"", to, "\""),
                      ",\"payment_method\":", method, "}");
}

std::string Page(const std::vector<std::string>& rates, int count = 0) {
  return absl::StrCat("{\"count\":", count == 0 ? rates.size() : count,
                      ",\"next\":null,\"previous\":null,\"results\":[", absl::StrJoin(rates, ","), "]}");
}

OctopusOptions With(Vat vat) {
  OctopusOptions options;
  options.vat = vat;
  return options;
}

absl::StatusOr<ImportedPrices> Import(const std::vector<std::string>& pages,
                                      const OctopusOptions& options = With(Vat::kIncluded)) {
  std::vector<SourceText> sources;
  for (size_t i = 0; i < pages.size(); ++i) sources.push_back({absl::StrCat("page", i), pages[i]});
  return ImportOctopus(sources, options);
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

// Over the change to summer time, newest first, as the API answers.
const std::string kAgile = Page({Rate("2023-03-26T01:30:00Z", "2023-03-26T02:00:00Z", "23.4", "24.57"),
                                 Rate("2023-03-26T01:00:00Z", "2023-03-26T01:30:00Z", "-2.8571", "-3.0"),
                                 Rate("2023-03-26T00:30:00Z", "2023-03-26T01:00:00Z", "0", "0")});

TEST(Octopus, Pence_BecomePoundsOldestFirst) {
  const auto with = Import({kAgile});
  EXPECT_EQ(Prices(with), "00:30=0 01:00=-0.03 01:30=0.2457");
  EXPECT_EQ(Findings(with), "");
  ASSERT_TRUE(with.ok());
  EXPECT_EQ(with->currency_code, "GBP");
  EXPECT_EQ(Prices(Import({kAgile}, With(Vat::kExcluded))), "00:30=0 01:00=-0.028571 01:30=0.234");
}

TEST(Octopus, VatUnsaid_IsAskedFor) { EXPECT_EQ(ReasonOf(Import({kAgile}, {}).status()), "OPTION_REQUIRED"); }

TEST(Octopus, OpenEnd_IsTakenUpToTheGivenEndOnly) {
  const std::string page = Page({Rate("2023-07-01T00:00:00+01:00", "null", "28", "29.4"),
                                 Rate("2023-04-01T00:00:00+01:00", "2023-07-01T00:00:00+01:00", "30", "31.5")});
  const absl::Status open = Import({page}).status();
  EXPECT_EQ(ReasonOf(open), "OPTION_REQUIRED");
  EXPECT_EQ(ViolationsOf(open)[0].description,
            "the rate is valid until further notice; give the end up to which to take it");
  EXPECT_TRUE(absl::EndsWith(ViolationsOf(open)[0].field, "results[0].valid_to")) << open;

  OctopusOptions options = With(Vat::kIncluded);
  options.end = ParseImportTime("2024-01-01T00:00Z");
  const auto imported = Import({page}, options);
  ASSERT_TRUE(imported.ok()) << imported.status();
  ASSERT_EQ(imported->prices.size(), 2);
  EXPECT_EQ(UtcText(imported->prices[1].interval.start), "2023-06-30T23:00:00Z");
  EXPECT_EQ(UtcText(imported->prices[1].interval.end), "2024-01-01T00:00:00Z");
  EXPECT_TRUE(absl::StrContains(Findings(imported), "is valid until further notice; taken up to 2024-01-01T00:00:00Z"));

  options.end = ParseImportTime("2023-06-01T00:00Z");
  const auto before = Import({page}, options);
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_EQ(before->prices.size(), 1);
  EXPECT_TRUE(absl::StrContains(Findings(before), "not before the end that was given"));
}

TEST(Octopus, PaymentMethods_AreChosenByOption) {
  // As for Flexible Octopus, E-1R-VAR-22-11-01-A.
  const std::string page = Page(
      {Rate("2026-07-01T00:00:00+01:00", "2026-10-01T00:00:00+01:00", "26.5227", "27.848835", "\"NON_DIRECT_DEBIT\""),
       Rate("2026-07-01T00:00:00+01:00", "2026-10-01T00:00:00+01:00", "25.1251", "26.381355", "\"DIRECT_DEBIT\"")});
  const absl::Status open = Import({page}).status();
  EXPECT_EQ(ReasonOf(open), "OPTION_REQUIRED");
  EXPECT_TRUE(absl::StrContains(open.message(), "(DIRECT_DEBIT, NON_DIRECT_DEBIT); choose one payment method")) << open;
  OctopusOptions options = With(Vat::kIncluded);
  options.payment_method = "DIRECT_DEBIT";
  const auto imported = Import({page}, options);
  EXPECT_EQ(Prices(imported), "23:00=0.26381355");
  EXPECT_TRUE(absl::StrContains(Findings(imported), "is \"NON_DIRECT_DEBIT\", not DIRECT_DEBIT, and left out"));
  options.payment_method = "PREPAYMENT";
  EXPECT_EQ(ReasonOf(Import({page}, options).status()), "NO_DATA");
}

TEST(Octopus, Pages_AreOneSeriesAndWhatIsMissingIsTold) {
  const std::string newer = Page({Rate("2023-01-01T01:00:00Z", "2023-01-01T01:30:00Z", "2", "2.1")}, 2);
  const std::string older = Page({Rate("2023-01-01T00:30:00Z", "2023-01-01T01:00:00Z", "1", "1.05")}, 2);
  for (const auto& pages : {std::vector<std::string>{newer, older}, {older, newer}}) {
    const auto imported = Import(pages);
    EXPECT_EQ(Prices(imported), "00:30=0.0105 01:00=0.021");
    EXPECT_EQ(Findings(imported), "");
  }
  EXPECT_TRUE(
      absl::StrContains(Findings(Import({newer})), "the service has 2 rates, and 1 were read; fetch the further"));
}

TEST(Octopus, GapsAndRepeats_AreTold) {
  const std::string rate = Rate("2023-01-01T00:00:00Z", "2023-01-01T00:30:00Z", "1", "1.05");
  const auto imported = Import({Page({Rate("2023-01-01T01:00:00Z", "2023-01-01T01:30:00Z", "2", "2.1"), rate, rate})});
  EXPECT_EQ(Prices(imported), "00:00=0.0105 01:00=0.021");
  EXPECT_TRUE(
      absl::StrContains(Findings(imported), "there is no rate from 2023-01-01T00:30:00Z to 2023-01-01T01:00:00Z"));
  EXPECT_TRUE(absl::StrContains(Findings(imported), "without contradiction; taken once"));
}

TEST(Octopus, WhatCannotBeTaken_IsRefusedWithReasonAndPlace) {
  const auto one = [](absl::string_view from, absl::string_view to, absl::string_view inc) {
    return Page({Rate(from, to, "1", inc)});
  };
  const char* const from = "2023-01-01T00:00:00Z";
  const char* const to = "2023-01-01T00:30:00Z";
  const struct {
    const char* what;
    std::string text;
    const char* reason;
    const char* said;
  } kCases[] = {
      {"cut off", kAgile.substr(0, kAgile.size() - 10), "MALFORMED_FILE", "not JSON"},
      {"deep", std::string(100'000, '['), "MALFORMED_FILE", "nested more than 16 deep"},
      {"two registers", "{\"detail\":\"This tariff has day and night rates, not standard.\"}", "NO_DATA",
       "this message: \"This tariff has day and night rates, not standard.\""},
      {"no results", "{}", "INVALID_FIELD", "lacks results"},
      {"a list", "[]", "INVALID_FIELD", "an object with results is expected"},
      {"nothing", Page({}), "NO_DATA", "has no rate"},
      {"NaN", one(from, to, "NaN"), "MALFORMED_FILE", "not JSON"},
      {"null", one(from, to, "null"), "INVALID_FIELD", "results[0].value_inc_vat: is null; a number is expected"},
      {"text", one(from, to, "\"1.05\""), "INVALID_FIELD", "value_inc_vat: is a string"},
      {"huge", one(from, to, "1e99"), "INVALID_FIELD", "the limit is 1000000000"},
      {"digits", one(from, to, "14.100000000000001"), "INVALID_FIELD", "more than 9 digits after the point"},
      {"year 9999", one(from, "9999-01-01T00:00:00Z", "1"), "INVALID_FIELD", "between 1970"},
      {"backwards", one(to, from, "1"), "INVALID_FIELD", "the end must be after the start"},
      {"no time", one("yesterday", to, "1"), "INVALID_FIELD", "results[0].valid_from: is \"yesterday\""},
      {"no offset", one(from, "2023-01-01T00:30:00", "1"), "INVALID_FIELD", "results[0].valid_to"},
      {"contradiction", Page({Rate(from, to, "1", "1.05"), Rate(from, to, "2", "2.1")}), "CONTRADICTORY_VALUES",
       "says 0.021"},
      {"overlap", Page({Rate(from, to, "1", "1.05"), Rate("2023-01-01T00:15:00Z", to, "1", "1.05")}),
       "CONTRADICTORY_VALUES", "overlaps"},
  };
  for (const auto& [what, text, reason, said] : kCases) {
    const absl::Status status = Import({text}).status();
    EXPECT_EQ(ReasonOf(status), reason) << what << ": " << status;
    EXPECT_TRUE(absl::StrContains(status.message(), said)) << what << ": " << status;
  }
}

TEST(Octopus, MoreRatesThanAFileMayHave_AreRefused) {
  std::string text = "{\"results\":[";
  while (text.size() < (size_t{15} << 20)) text += "{},{},{},{},{},{},{},{},{},{},";
  text += "{}]}";
  const absl::Status status = Import({text}).status();
  EXPECT_EQ(ReasonOf(status), "MALFORMED_FILE");
  EXPECT_TRUE(absl::StrContains(status.message(), "more than 2000000 values")) << status;
}

}  // namespace
}  // namespace costs::catalog
