#include "client/cli/command_line.h"

#include <string>

#include "absl/flags/declare.h"
#include "absl/flags/flag.h"
#include "absl/flags/reflection.h"
#include "gtest/gtest.h"

ABSL_FLAG(std::string, test_text, "default", "a text");
ABSL_FLAG(int, test_number, 1, "a whole number");
ABSL_FLAG(bool, test_switch, false, "true or false");
ABSL_FLAG(bool, test_other, false, "true or false");

namespace costs::cli {
namespace {

absl::StatusOr<std::vector<std::string>> Parse(const std::vector<std::string>& arguments) {
  return ParseFlags(arguments, {"test_text", "test_number", "test_switch"});
}

TEST(ParseFlags, Flags_AreSetAndTheRestIsReturned) {
  absl::FlagSaver saver;
  auto others = Parse({"file", "--test_text=a=b", "-test-number", "-5", "--test-switch", "-", "--", "--test_text=x"});
  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_EQ(*others, (std::vector<std::string>{"file", "-", "--test_text=x"}));
  EXPECT_EQ(absl::GetFlag(FLAGS_test_text), "a=b");
  EXPECT_EQ(absl::GetFlag(FLAGS_test_number), -5);
  EXPECT_TRUE(absl::GetFlag(FLAGS_test_switch));
}

TEST(ParseFlags, Boolean_TakesItsValueWithEqualsOnly) {
  absl::FlagSaver saver;
  auto others = Parse({"--test_switch", "false"});
  ASSERT_TRUE(others.ok());
  EXPECT_EQ(*others, std::vector<std::string>{"false"});
  EXPECT_TRUE(absl::GetFlag(FLAGS_test_switch));
  ASSERT_TRUE(Parse({"--test_switch=false"}).ok());
  EXPECT_FALSE(absl::GetFlag(FLAGS_test_switch));
}

TEST(ParseFlags, WrongFlags_AreNamed) {
  absl::FlagSaver saver;
  EXPECT_EQ(Parse({"--nothing=1"}).status().message(), "there is no flag --nothing");
  EXPECT_EQ(Parse({"--test_other"}).status().message(), "there is no flag --test_other");  // another command's
  EXPECT_EQ(Parse({"--test_text"}).status().message(), "--test_text lacks its value");
  EXPECT_EQ(Parse({"--test_number=abc"}).status().message(), "--test_number: \"abc\" is not a whole number");
}

}  // namespace
}  // namespace costs::cli
