#include "service/catalog/persistent_vector.h"

#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace costs::catalog {
namespace {

TEST(PersistentVector, RandomChangesOfCopies_DoNotTouchEachOther) {
  std::mt19937 random(1);
  std::vector<std::pair<PersistentVector<int>, std::vector<int>>> copies(1);
  for (int step = 0; step < 20'000; ++step) {
    if (step % 2000 == 1999) copies.push_back(copies[random() % copies.size()]);
    auto& [vector, model] = copies[random() % copies.size()];
    if (model.empty() || random() % 3 == 0) {
      EXPECT_EQ(vector.Grow(), model.size());
      model.push_back(0);
    }
    const size_t at = random() % model.size();
    vector.Mutable(at) = model[at] = step;
  }
  for (const auto& [vector, model] : copies) {
    ASSERT_EQ(vector.size(), model.size());
    for (size_t i = 0; i < model.size(); ++i) EXPECT_EQ(vector[i], model[i]) << i;
  }
}

}  // namespace
}  // namespace costs::catalog
