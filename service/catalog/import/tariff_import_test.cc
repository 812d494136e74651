#include "service/catalog/import/tariff_import.h"

#include <string>

#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using engine::Decimal;

TariffImportOptions Options() {
  TariffImportOptions options;
  options.id = "trf_1";
  return options;
}

Decimal Of(const char* text) { return *Decimal::Parse(text); }

TEST(RefusalReason, EachName_ReadBack_IsTheReason) {
  for (const RefusalReason reason : AllRefusalReasons()) {
    EXPECT_EQ(ParseRefusalReason(RefusalReasonName(reason)), reason) << RefusalReasonName(reason);
  }
  EXPECT_EQ(ParseRefusalReason("fixed_charge"), absl::nullopt);
}

TEST(TariffImport, ReasonThatChangesTheKwh_CannotBeLeftOut) {
  TariffImportOptions options = Options();
  options.leave_out = {RefusalReason::kFixedCharge, RefusalReason::kOtherCharge};
  const TariffImport import(options);
  ASSERT_FALSE(import.ok());
  EXPECT_EQ(ViolationsOf(import.ToStatus())[0].field, "options.leave_out");
}

TEST(TariffImport, NoId_IsRefused) {
  const TariffImportOptions options;
  EXPECT_FALSE(TariffImport(options).ok());
}

struct NumberCase {
  const char* json;
  const char* value;  // null: refused
  bool noted = false;
};

TEST(TariffImportExact, Numbers_AreTheirDigits) {
  constexpr NumberCase kCases[] = {
      {"0.20513", "0.20513"},
      {"\"0.01371\"", "0.01371"},
      {"\"11.300\"", "11.3"},
      {"-0.0038", "-0.0038"},
      {"1e-3", "0.001"},
      {"1234567.123456789", "1234567.123456789"},
      // as binary arithmetic leaves them
      {"0.11349999999999999", "0.1135", true},
      {"0.13070000000000001", "0.1307", true},
      {"-0.99999999999999989", "-1", true},
      // a text is what somebody wrote
      {"\"0.11349999999999999\"", nullptr},
      {"0.1234567891", nullptr},
      {"0.12345678901234567", nullptr},
      {"1e300", nullptr},
      {"2000000000", nullptr},
      {"\"NaN\"", nullptr},
      {"\"Infinity\"", nullptr},
      {"\" 1\"", nullptr},
      {"\"\"", nullptr},
      {"true", nullptr},
      {"[1]", nullptr},
      {"null", nullptr},
  };
  const TariffImportOptions options = Options();
  for (const NumberCase& c : kCases) {
    SCOPED_TRACE(c.json);
    TariffImport import(options);
    const absl::optional<JsonDocument> document = import.Parse(c.json);
    ASSERT_TRUE(document.has_value());
    const absl::optional<Decimal> value = import.Exact(document->root());
    if (c.value == nullptr) {
      EXPECT_FALSE(value.has_value());
      EXPECT_EQ(ReasonOf(import.ToStatus()), "NUMBER");
    } else {
      ASSERT_TRUE(value.has_value()) << import.ToStatus();
      EXPECT_EQ(value->ToString(), c.value);
      EXPECT_EQ(import.TakeFindings().size(), c.noted ? 1u : 0u);
    }
  }
}

TEST(TariffImportSum, DecimalsThatDoublesMiss_AreExact) {
  const TariffImportOptions options = Options();
  TariffImport import(options);
  EXPECT_EQ(import.Sum(Of("0.1"), Of("0.2"), "x"), Of("0.3"));
  EXPECT_EQ(import.Sum(Of("0.20513"), Of("0.01371"), "x"), Of("0.21884"));
  EXPECT_EQ(import.Sum(Of("-0.10663"), Of("0.10663"), "x"), Of("0"));
  EXPECT_EQ(import.Sum(Of("-1"), Of("0.000000001"), "x"), Of("-0.999999999"));
  EXPECT_TRUE(import.ok());
  EXPECT_EQ(import.Sum(Of("1000000000"), Of("0.1"), "x"), absl::nullopt);
  EXPECT_EQ(ReasonOf(import.ToStatus()), "NUMBER");
}

TEST(TariffImportForDocument, MoreDigitsThanADouble_IsRefused) {
  const TariffImportOptions options = Options();
  TariffImport import(options);
  EXPECT_EQ(import.ForDocument(Of("0.21884"), "x"), 0.21884);
  EXPECT_TRUE(import.ok());
  EXPECT_EQ(import.ForDocument(Of("123456789.123456789"), "x"), absl::nullopt);
  EXPECT_EQ(ReasonOf(import.ToStatus()), "NUMBER");
}

TEST(TariffImport, ChargeLeftOut_IsAFindingWithItsAmount) {
  TariffImportOptions options = Options();
  TariffImport strict(options);
  const absl::optional<JsonDocument> document = strict.Parse("{\"fixed\": 1}");
  const JsonNode& node = *document->root().Find("fixed");
  strict.Charge(RefusalReason::kFixedCharge, node, "11.3 $/month");
  EXPECT_EQ(ReasonOf(strict.ToStatus()), "FIXED_CHARGE");
  EXPECT_EQ(ViolationsOf(strict.ToStatus())[0].field, "fixed");
  EXPECT_EQ(ReasonOfFault(ViolationsOf(strict.ToStatus())[0]), RefusalReason::kFixedCharge);

  options.leave_out = {RefusalReason::kFixedCharge};
  TariffImport lenient(options);
  lenient.Charge(RefusalReason::kFixedCharge, node, "11.3 $/month");
  EXPECT_TRUE(lenient.ok());
  const std::vector<Finding> findings = lenient.TakeFindings();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].where, "fixed (line 1)");
  EXPECT_NE(findings[0].what.find("11.3 $/month"), std::string::npos) << findings[0].what;
}

TEST(TariffImport, ThousandsOfFaults_AreCountedNotKept) {
  const TariffImportOptions options = Options();
  TariffImport import(options);
  for (int i = 0; i < 5000; ++i) import.RefuseField(RefusalReason::kUnit, "x", "is wrong");
  EXPECT_EQ(ViolationsOf(import.ToStatus()).size(), TariffImport::kMostFaults);
  EXPECT_NE(std::string(import.ToStatus().message()).find("and 4980 more"), std::string::npos);
  for (int i = 0; i < 5000; ++i) import.NoteField("x", "is odd");
  EXPECT_EQ(import.TakeFindings().size(), TariffImport::kMostFindings + 1);
}

TEST(TariffImportParse, HostileText_IsMalformed) {
  const TariffImportOptions options = Options();
  for (const std::string& text :
       {std::string(), std::string("{\"a\": NaN}"), std::string(100'000, '['), std::string("{\"a\": 1"),
        std::string("\xFF\xFE{}"), std::string("{\"a\":1,\"a\":2}")}) {
    TariffImport import(options);
    EXPECT_FALSE(import.Parse(text).has_value());
    EXPECT_EQ(ReasonOf(import.ToStatus()), "MALFORMED");
  }
}

}  // namespace
}  // namespace costs::catalog
