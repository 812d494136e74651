#include "client/cli/progress.h"

#include <sstream>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

class ProgressTest : public testing::Test {
 protected:
  std::function<absl::Time()> Clock() {
    return [this] { return now_; };
  }
  std::string Taken() {
    std::string text = err_.str();
    err_.str("");
    return text;
  }

  absl::Time now_ = absl::UnixEpoch();
  std::ostringstream err_;
};

TEST_F(ProgressTest, KnownSize_HasBarRateAndEta) {
  Progress progress(&err_, 1'000'000, Clock());
  progress.Update(1, 1);
  EXPECT_EQ(Taken(), "");  // too early
  now_ += absl::Seconds(10);
  progress.Update(1'234'560, 250'000);
  EXPECT_EQ(Taken(), "\r\x1b[K[=======>                      ]  25%  1,234,560 records  123,456/s  ETA 0:30");
  now_ += absl::Milliseconds(10);
  progress.Update(1'234'570, 260'000);
  EXPECT_EQ(Taken(), "");
  progress.Clear();
  EXPECT_EQ(Taken(), "\r\x1b[K");
  progress.Clear();
  EXPECT_EQ(Taken(), "");
  now_ += absl::Seconds(10);
  progress.Update(2'000'000, 1'000'000);
  EXPECT_EQ(Taken().substr(0, 41), "\r\x1b[K[==============================] 100%");
}

TEST_F(ProgressTest, UnknownSize_HasNoBar) {
  Progress progress(&err_, std::nullopt, Clock());
  now_ += absl::Seconds(2);
  progress.Update(100, 5'000);
  EXPECT_EQ(Taken(), "\r\x1b[K100 records  50/s");
}

TEST_F(ProgressTest, NoTerminal_ShowsNothing) {
  Progress progress(nullptr, 100, Clock());
  now_ += absl::Seconds(2);
  progress.Update(100, 50);
  progress.Clear();
}

TEST(WithThousands, Numbers_AreGrouped) {
  EXPECT_EQ(WithThousands(0), "0");
  EXPECT_EQ(WithThousands(999), "999");
  EXPECT_EQ(WithThousands(1'000), "1,000");
  EXPECT_EQ(WithThousands(-123'456), "-123,456");
  EXPECT_EQ(WithThousands(-1'234'567), "-1,234,567");
}

}  // namespace
}  // namespace costs::cli
