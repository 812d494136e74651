#include "service/catalog/fault_log.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

TEST(FaultLog, NoFaults_IsOk) { EXPECT_TRUE(FaultLog().ToStatus().ok()); }

TEST(FaultLog, Faults_AreOneLineEach) {
  FaultLog faults;
  faults.Add({"a.json", 3}, "x.y", "is wrong");
  faults.Add({"b.csv", 0}, "", "is empty");
  EXPECT_EQ(faults.ToStatus().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(faults.ToStatus().message(), "catalog: a.json:3: x.y: is wrong\ncatalog: b.csv: is empty");
}

TEST(FaultLog, ManyFaults_AreCountedNotShown) {
  FaultLog faults;
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(faults.full(), i > 20);
    faults.Add({"a", i + 1}, "", "bad");
  }
  const std::string message(faults.ToStatus().message());
  EXPECT_NE(message.find("a:20: bad\ncatalog: and at least 10 more"), std::string::npos) << message;
  EXPECT_EQ(message.find("a:21:"), std::string::npos) << message;
}

TEST(Quoted, OddTexts_AreSafeInAMessage) {
  EXPECT_EQ(Quoted("Janu"), "\"Janu\"");
  EXPECT_EQ(Quoted("a\nb\x01"), "\"a\\nb\\x01\"");
  EXPECT_EQ(Quoted("\xC3\xA9"), "\"\xC3\xA9\"");
  EXPECT_EQ(Quoted(std::string(100, 'x')), absl::StrCat("\"", std::string(60, 'x'), "...\""));
  // Latin-1, a character that is cut off, and one that is written too long.
  EXPECT_EQ(Quoted("Z\xFCrich"), "\"Z\\xfcrich\"");
  EXPECT_EQ(Quoted("\xE2\x82"), "\"\\xe2\\x82\"");
  EXPECT_EQ(Quoted("\xC0\xAF"), "\"\\xc0\\xaf\"");
  // A two-byte character across the cut is left out whole.
  EXPECT_EQ(Quoted(absl::StrCat(std::string(59, 'x'), "\xC3\xA9", "tail")),
            absl::StrCat("\"", std::string(59, 'x'), "...\""));
}

}  // namespace
}  // namespace costs::catalog
