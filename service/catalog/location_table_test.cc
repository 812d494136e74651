#include "service/catalog/location_table.h"

#include <map>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using Model = std::map<std::string, uint32_t>;

void ExpectEqual(const LocationTable& table, const Model& model) {
  ASSERT_EQ(table.size(), model.size());
  for (const auto& [id, group] : model) EXPECT_EQ(table.Find(id), group) << id;
  Model all;
  table.ForEach([&](absl::string_view id, uint32_t group) { return all.emplace(std::string(id), group).second; });
  EXPECT_EQ(all, model);
}

TEST(LocationTable, Empty_HasNothing) {
  LocationTable table;
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.Find(""), LocationTable::kNone);
  EXPECT_EQ(table.Find("loc_1"), LocationTable::kNone);
  table.Apply({{"loc_1", LocationTable::kNone}});
  EXPECT_EQ(table.size(), 0u);
}

TEST(LocationTable, IdsOfAnyLength_AreKept) {
  const std::string longest(LocationTable::kLongestId, 'x');
  const std::string nul("a\0b", 3);
  LocationTable table;
  table.Apply({{"", 1}, {longest, 2}, {nul, 3}, {"a", 4}});
  ExpectEqual(table, {{"", 1}, {longest, 2}, {nul, 3}, {"a", 4}});
  EXPECT_EQ(table.Find(longest.substr(1)), LocationTable::kNone);
}

TEST(LocationTable, RandomEditsOfCopies_DoNotTouchEachOther) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const uint32_t ids = seed % 2 == 0 ? 300 : 30'000;
    std::vector<std::pair<LocationTable, Model>> copies(1);
    for (int round = 0; round < 60; ++round) {
      if (round % 10 == 9) copies.push_back(copies[random() % copies.size()]);
      auto& [table, model] = copies[random() % copies.size()];
      std::map<std::string, uint32_t> edits;
      for (uint32_t i = random() % (ids / 5); i > 0; --i) {
        edits[absl::StrCat("loc_", random() % ids)] = random() % 3 == 0 ? LocationTable::kNone : random() % 1000;
      }
      std::vector<LocationTable::Edit> list;
      for (const auto& [id, group] : edits) {
        list.push_back({id, group});
        if (group == LocationTable::kNone) {
          model.erase(id);
        } else {
          model[id] = group;
        }
      }
      table.Apply(list);
    }
    for (const auto& [table, model] : copies) ExpectEqual(table, model);
  }
}

}  // namespace
}  // namespace costs::catalog
