#include "tests/bench/engine_report.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace costs::bench {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(EngineFigureName, BenchmarkNames_BecomeSnakeCase) {
  const std::pair<const char*, const char*> cases[] = {
      {"BM_SingleSlot", "engine_single_slot_mrecords_per_s_core"},
      {"SingleSlot", "engine_single_slot_mrecords_per_s_core"},
      {"BM_single_slot", "engine_single_slot_mrecords_per_s_core"},
      {"BM_Batch/1000", "engine_batch_1000_mrecords_per_s_core"},
      {"BM_Batch/1000/", "engine_batch_1000_mrecords_per_s_core"},
  };
  for (const auto& [benchmark, name] : cases) EXPECT_EQ(EngineFigureName(benchmark), name);
}

TEST(EngineFigures, SingleRun_ReadsItemsPerSecond) {
  const auto figures = EngineFigures(R"({"context": {}, "benchmarks": [
      {"name": "BM_SingleSlot", "run_name": "BM_SingleSlot", "run_type": "iteration", "items_per_second": 2.5e7},
      {"name": "BM_Compile", "run_name": "BM_Compile", "run_type": "iteration", "cpu_time": 12.5}
  ]})");
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_THAT(*figures, ElementsAre(Pair("engine_single_slot_mrecords_per_s_core", DoubleEq(25))));
}

TEST(EngineFigures, Repetitions_ReadsTheMedian) {
  const auto figures = EngineFigures(R"({"benchmarks": [
      {"name": "BM_A_mean", "run_name": "BM_A", "aggregate_name": "mean", "items_per_second": 1e6},
      {"name": "BM_A_median", "run_name": "BM_A", "aggregate_name": "median", "items_per_second": 2e6},
      {"name": "BM_A_stddev", "run_name": "BM_A", "aggregate_name": "stddev", "items_per_second": 3e6}
  ]})");
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_THAT(*figures, ElementsAre(Pair("engine_a_mrecords_per_s_core", DoubleEq(2))));
}

TEST(EngineFigures, OtherOutput_Refused) {
  for (const char* json : {"", "no json", "[]", "{}", R"({"benchmarks": 1})", R"({"benchmarks": [1]})"}) {
    EXPECT_EQ(EngineFigures(json).status().code(), absl::StatusCode::kInvalidArgument) << json;
  }
}

}  // namespace
}  // namespace costs::bench
