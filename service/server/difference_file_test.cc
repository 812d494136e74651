#include "service/server/difference_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace costs::server {
namespace {

TEST(DifferenceFile, Differences_AreALineEachAndReplaceWhatWas) {
  const std::string path = testing::TempDir() + "/differences.jsonl";
  ASSERT_TRUE(WriteDifferences(path, {{"a", "l", "", "NO_PRICE_DATA", "1 Wh"}, {"a", "l", "", "x", "y"}}).ok());
  ASSERT_TRUE(WriteDifferences(path, {{"acc_1", "loc_\"1", "mre_1", "1 Wh", "2 Wh"}}).ok());
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  EXPECT_EQ(content.str(),
            "{\"account_id\":\"acc_1\",\"location_id\":\"loc_\\\"1\",\"record_id\":\"mre_1\",\"computed\":\"1 Wh\","
            "\"upstream\":\"2 Wh\"}\n");
}

TEST(DifferenceFile, PlaceThatIsNotThere_IsNamed) {
  const absl::Status written = WriteDifferences("/nowhere/differences", {});
  EXPECT_NE(std::string(written.message()).find("/nowhere/differences cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace costs::server
