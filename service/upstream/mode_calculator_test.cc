#include "service/upstream/mode_calculator.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "service/calculator/testing/calculations.h"

namespace costs::upstream {
namespace {

using calculator::Submission;
using calculator::testing::Answers;
using calculator::testing::Call;
using calculator::testing::DocumentationSubmission;
using calculator::testing::kAccount;

ModeTable Table(absl::string_view json, Mode otherwise = Mode::kCompute) {
  absl::StatusOr<ModeTable> table = ModeTable::Parse(json, otherwise);
  EXPECT_TRUE(table.ok()) << table.status();
  return table.ok() ? *std::move(table) : ModeTable(otherwise);
}

TEST(ModeTable, MostExactEntry_Counts) {
  const ModeTable table = Table(R"([{"account_id": "a", "mode": "proxy"}, {"location_id": "l", "mode": "shadow"},
                                    {"mode": "fallback", "location_id": "l", "account_id": "a"}])");
  EXPECT_EQ(table.ModeOf("a", "x"), Mode::kProxy);
  EXPECT_EQ(table.ModeOf("b", "l"), Mode::kShadow);
  EXPECT_EQ(table.ModeOf("a", "l"), Mode::kFallback);
  EXPECT_EQ(table.ModeOf("b", "x"), Mode::kCompute);
  EXPECT_EQ(Table("[]", Mode::kProxy).ModeOf("a", "l"), Mode::kProxy);
}

TEST(ModeTable, WrongFile_IsToldByItsEntry) {
  const struct {
    const char* json;
    const char* says;
  } cases[] = {
      {"", "is no JSON"},
      {"{}", "is no list"},
      {"[1]", "entry 0 is no object"},
      {R"([{"mode": "proxy"}])", "entry 0 names neither account_id nor location_id"},
      {R"([{"account_id": "a", "mode": "both"}])", "entry 0 has mode 'both'; it must be"},
      {R"([{"account_id": "a"}])", "entry 0 has mode ''"},
      {R"([{"account_id": "a", "mode": "proxy"}, {"account": "a", "mode": "proxy"}])", "entry 1 has 'account'"},
      {R"([{"account_id": 7, "mode": "proxy"}])", "entry 0 must have 'account_id' once, as a text"},
      {R"([{"account_id": "a", "account_id": "b", "mode": "proxy"}])", "must have 'account_id' once"},
      {R"([{"account_id": "a", "mode": "proxy"}, {"account_id": "a", "mode": "shadow"}])", "entry 1 is of the same"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<ModeTable> table = ModeTable::Parse(c.json, Mode::kCompute);
    ASSERT_FALSE(table.ok()) << c.json;
    EXPECT_TRUE(absl::StrContains(table.status().message(), c.says)) << table.status().message();
  }
}

// Tells who answered by the energy.
class Marking final : public calculator::Calculator {
 public:
  explicit Marking(int64_t mark) : mark_(mark) {}
  void Calculate(calculator::Batch* batch, std::function<void()> done) override {
    for (calculator::Outcome& outcome : batch->outcomes) {
      outcome.failure.reset();
      outcome.record.energy_wh = mark_;
    }
    batch->time_created = absl::FromUnixSeconds(mark_);
    auto text = std::make_shared<std::string>("GBP");
    for (calculator::Outcome& outcome : batch->outcomes) outcome.record.currency_code = *text;
    batch->keep_alive = std::move(text);
    done();
  }

 private:
  const int64_t mark_;
};

TEST(ModeCalculator, EachRecord_GoesTheWayOfItsModeAndTheTableMayChange) {
  Marking compute(1), proxy(2), fallback(3), shadow(4);
  ModeCalculator calculator({&compute, &proxy, &fallback, &shadow}, ModeTable(Mode::kCompute));
  std::vector<Submission> submissions(4, DocumentationSubmission());
  const char* const locations[] = {"l1", "l2", "l3", "l1"};
  for (size_t i = 0; i < 4; ++i) submissions[i].location_id = locations[i];
  const auto marks = [&] {
    const Answers answers = Call(&calculator, submissions);
    std::vector<int64_t> energies;
    for (const calculator::Outcome& outcome : answers.outcomes) {
      energies.push_back(outcome.record.energy_wh);
      EXPECT_EQ(outcome.record.currency_code, "GBP");
    }
    energies.push_back(absl::ToUnixSeconds(answers.time_created));
    return energies;
  };
  EXPECT_EQ(marks(), (std::vector<int64_t>{1, 1, 1, 1, 1}));
  calculator.SetTable(Table(R"([{"location_id": "l1", "mode": "proxy"}, {"location_id": "l2", "mode": "fallback"}])"));
  EXPECT_EQ(marks(), (std::vector<int64_t>{2, 3, 1, 2, 3}));
  calculator.SetTable(Table("[]", Mode::kShadow));
  EXPECT_EQ(marks(), (std::vector<int64_t>{4, 4, 4, 4, 4}));
}

}  // namespace
}  // namespace costs::upstream
