#include "service/executor/patient_thread.h"

#include <sched.h>

#include <thread>

#include "gtest/gtest.h"

namespace costs::executor {
namespace {

constexpr absl::Time kBegin = absl::UnixEpoch();

int Policy() { return sched_getscheduler(0); }

TEST(PatientThread, WhoTurnsAway_WaitsHisTurnUntilASecondIsCalm) {
  std::thread([] {
    LetIn(kBegin);
    EXPECT_EQ(Policy(), SCHED_OTHER);
    TurnedAway(kBegin);
    EXPECT_EQ(Policy(), SCHED_BATCH);
    LetIn(kBegin + absl::Milliseconds(900));
    EXPECT_EQ(Policy(), SCHED_BATCH);
    TurnedAway(kBegin + absl::Milliseconds(950));
    LetIn(kBegin + absl::Milliseconds(1900));
    EXPECT_EQ(Policy(), SCHED_BATCH);
    LetIn(kBegin + absl::Milliseconds(1950));
    EXPECT_EQ(Policy(), SCHED_OTHER);
    TurnedAway(kBegin + absl::Seconds(5));
    EXPECT_EQ(Policy(), SCHED_BATCH);
  }).join();
}

TEST(PatientThread, Others_AreLeftAlone) {
  std::thread([] {
    TurnedAway(kBegin);
    std::thread([] {
      // A thread inherits the policy, and this one did not choose it.
      EXPECT_EQ(Policy(), SCHED_BATCH);
      TurnedAway(kBegin);
      LetIn(kBegin + absl::Seconds(5));
      EXPECT_EQ(Policy(), SCHED_BATCH);
    }).join();
    LetIn(kBegin + absl::Seconds(5));
    EXPECT_EQ(Policy(), SCHED_OTHER);
  }).join();
  EXPECT_EQ(Policy(), SCHED_OTHER);
}

}  // namespace
}  // namespace costs::executor
