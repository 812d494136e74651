#include "service/telemetry/exposition.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/telemetry/histogram.h"

namespace costs::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Exposition, CounterAndGauge) {
  const std::string text =
      Exposition({{"a_total", "Of a.", Figure::Kind::kCounter, 7}, {"b", "Of b.", Figure::Kind::kGauge, -0.5}});
  EXPECT_THAT(text, HasSubstr("# HELP a_total Of a.\n# TYPE a_total counter\na_total 7\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE b gauge\nb -0.5\n"));
}

TEST(Exposition, FiguresOfOneName_AreOneFamily) {
  const std::string text = Exposition({{"a_total", "Of a.", Figure::Kind::kCounter, 1, {{"code", "OK"}}},
                                       {"a_total", "Of a.", Figure::Kind::kCounter, 2, {{"code", "a\"b\\\n"}}}});
  EXPECT_EQ(text,
            "# HELP a_total Of a.\n# TYPE a_total counter\na_total{code=\"OK\"} 1\n"
            "a_total{code=\"a\\\"b\\\\\\n\"} 2\n");
}

TEST(Exposition, Histogram_HasCumulativeBucketsAndInfinity) {
  Histogram histogram({0.1, 1});
  for (const double value : {0.05, 0.1, 0.5, 3.0}) histogram.Observe(value);
  const std::string text = Exposition({{"s", "Seconds.", Figure::Kind::kHistogram, 0, {{"m", "x"}}, histogram.Read()}});
  EXPECT_THAT(text, HasSubstr("# TYPE s histogram\n"));
  EXPECT_THAT(text, HasSubstr("s_count{m=\"x\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("s_sum{m=\"x\"} 3.65\n"));
  EXPECT_THAT(text, HasSubstr("s_bucket{m=\"x\",le=\"0.1\"} 2\n"));  // a bound is within
  EXPECT_THAT(text, HasSubstr("s_bucket{m=\"x\",le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("s_bucket{m=\"x\",le=\"+Inf\"} 4\n"));
}

TEST(Histogram, ObservedByManyThreads_CountsEach) {
  Histogram histogram({1, 2});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&histogram, i] {
      for (int n = 0; n < 1'000; ++n) histogram.Observe(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const Distribution read = histogram.Read();
  EXPECT_EQ(read.count, 4'000u);
  EXPECT_EQ(read.sum, 6'000);
  EXPECT_EQ(read.buckets[0].count, 2'000u);
  EXPECT_EQ(read.buckets[1].count, 3'000u);
}

}  // namespace
}  // namespace costs::telemetry
