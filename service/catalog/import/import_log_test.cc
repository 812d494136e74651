#include "service/catalog/import/import_log.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

const SourceText kSources[] = {{"a.json", ""}, {"b.json", ""}};

TEST(ImportLog, Where_NamesFileLineColumnAndField) {
  ImportLog log(kSources);
  EXPECT_EQ(log.Where({1, 12, 7}, "results[3]"), "b.json:12:7: results[3]");
  EXPECT_EQ(log.Where({0, 12}), "a.json:12");
  EXPECT_EQ(log.Where({0}), "a.json");
  EXPECT_EQ(log.Where({2}, "area"), "area");
}

TEST(ImportLog, Faults_AreAViolationEachAndCounted) {
  ImportLog log(kSources);
  EXPECT_TRUE(log.status().ok());
  log.Fault("a.json:1: price", "is a string; write a number");
  EXPECT_EQ(ReasonOf(log.status()), "INVALID_FIELD");
  EXPECT_EQ(log.status().message(), "the import is refused: a.json:1: price: is a string; write a number");
  EXPECT_EQ(ViolationsOf(log.status()).size(), 1);
  for (int i = 0; i < 1'000; ++i) log.Fault("a.json", "is wrong");
  EXPECT_TRUE(log.full());
  EXPECT_EQ(ViolationsOf(log.status()).size(), ImportLog::kMostShown);
  EXPECT_TRUE(absl::EndsWith(log.status().message(), "; and more"));
}

TEST(ImportLog, ManyFindingsOfAKind_AreSummedUp) {
  ImportLog log(kSources);
  for (int i = 1; i <= 100; ++i) log.Find("further blank prices", absl::StrCat("a.json:", i), "has no price");
  log.Find("further duplicates", "b.json:1", "is there twice");
  const std::vector<Finding> findings = log.TakeFindings();
  ASSERT_EQ(findings.size(), ImportLog::kMostShown + 2);
  EXPECT_EQ(findings[0].where, "a.json:1");
  EXPECT_EQ(findings[ImportLog::kMostShown].what, "is there twice");
  EXPECT_EQ(findings.back().what, "80 further blank prices");
}

TEST(RefuseImport, Status_HasReasonAndPlace) {
  const absl::Status status = RefuseImport("NO_DATA", "a.json", "has no prices");
  EXPECT_EQ(ReasonOf(status), "NO_DATA");
  EXPECT_EQ(ViolationsOf(status), (std::vector<FieldViolation>{{"a.json", "has no prices"}}));
  EXPECT_EQ(status.message(), "the import is refused: a.json: has no prices");
}

}  // namespace
}  // namespace costs::catalog
