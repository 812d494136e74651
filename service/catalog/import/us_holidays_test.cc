#include "service/catalog/import/us_holidays.h"

#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

TEST(UsHoliday, EachListedName_IsARule) {
  const std::vector<std::string> names = absl::StrSplit(UsHolidayNames(), ", ");
  EXPECT_EQ(names.size(), 12u);
  for (const std::string& name : names) {
    const auto rule = UsHoliday(name);
    ASSERT_TRUE(rule.has_value()) << name;
    EXPECT_FALSE(rule->name().empty());
    EXPECT_TRUE(rule->has_fixed_date() != rule->has_nth_weekday()) << name;
  }
}

TEST(UsHoliday, FloatingDays_AreThoseOfTheLaw) {
  const auto memorial = UsHoliday("memorial_day");
  EXPECT_EQ(memorial->nth_weekday().month(), 5);
  EXPECT_EQ(memorial->nth_weekday().weekday(), "Mon");
  EXPECT_EQ(memorial->nth_weekday().nth(), -1);
  const auto day_after = UsHoliday("day_after_thanksgiving");
  EXPECT_EQ(day_after->nth_weekday().weekday(), "Thu");
  EXPECT_EQ(day_after->nth_weekday().nth(), 4);
  EXPECT_EQ(day_after->offset_days(), 1);
}

TEST(UsHoliday, UnknownName_IsNothing) { EXPECT_FALSE(UsHoliday("boxing_day").has_value()); }

}  // namespace
}  // namespace costs::catalog
