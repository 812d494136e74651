#include "service/catalog/persistent_map.h"

#include <map>
#include <random>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

using Map = PersistentMap<std::string, int, absl::string_view>;
using Model = std::map<std::string, int>;

Model Contents(const Map& map) {
  Model contents;
  map.ForEach([&](const std::string& key, int value) { EXPECT_TRUE(contents.emplace(key, value).second) << key; });
  return contents;
}

TEST(PersistentMap, Empty_HasNothing) {
  Map map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.Find("a"), nullptr);
  EXPECT_EQ(map.FindMutable("a"), nullptr);
  EXPECT_FALSE(map.Erase("a"));
}

// Random changes to maps that were copied from each other; each is as its own
// model says, however the others changed since.
TEST(PersistentMap, RandomChangesOfCopies_DoNotTouchEachOther) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    const uint32_t keys = seed % 2 == 0 ? 40 : 3000;
    std::vector<std::pair<Map, Model>> copies(1);
    for (int step = 0; step < 8000; ++step) {
      if (step % 1000 == 999) copies.push_back(copies[random() % copies.size()]);
      auto& [map, model] = copies[random() % copies.size()];
      const std::string key = std::to_string(random() % keys);
      switch (random() % 4) {
        case 0:
          EXPECT_EQ(map.Erase(key), model.erase(key) == 1);
          break;
        case 1:
          map[key] += step, model[key] += step;
          break;
        case 2:
          if (int* value = map.FindMutable(key)) *value = -step, model[key] = -step;
          break;
        default:
          map.Insert(key, step), model[key] = step;
      }
      ASSERT_EQ(map.size(), model.size());
    }
    for (const auto& [map, model] : copies) {
      EXPECT_EQ(Contents(map), model);
      for (const auto& [key, value] : model) {
        const int* found = map.Find(key);
        ASSERT_NE(found, nullptr) << key;
        EXPECT_EQ(*found, value);
      }
    }
  }
}

// Counts its copies.
struct Counted {
  Counted() = default;
  Counted(const Counted& other) : value(other.value) { ++copies; }
  Counted& operator=(const Counted& other) = default;
  int value = 0;
  static int copies;
};
int Counted::copies = 0;

TEST(PersistentMap, ChangeToACopy_CopiesAPathOnly) {
  PersistentMap<int, Counted> map;
  for (int i = 0; i < 100'000; ++i) map[i].value = i;
  Counted::copies = 0;
  PersistentMap<int, Counted> next = map;
  EXPECT_EQ(Counted::copies, 0);
  next.FindMutable(5)->value = -5;
  EXPECT_LE(Counted::copies, 16);
  Counted::copies = 0;
  next.FindMutable(5)->value = -6;
  EXPECT_EQ(Counted::copies, 0) << "the path is its own by now";
  EXPECT_EQ(map.Find(5)->value, 5);
}

}  // namespace
}  // namespace costs::catalog
