#include "service/executor/patient_thread.h"

#include <sched.h>

namespace costs::executor {
namespace {

constexpr absl::Duration kCalm = absl::Seconds(1);

struct Patience {
  bool patient = false;
  absl::Time turned_away;  // the last
};

thread_local Patience this_thread;

bool SetPolicy(int policy) {
  const sched_param none{};
  return sched_setscheduler(0, policy, &none) == 0;
}

}  // namespace

void TurnedAway(absl::Time now) {
  this_thread.turned_away = now;
  if (this_thread.patient || sched_getscheduler(0) != SCHED_OTHER) return;
  this_thread.patient = SetPolicy(SCHED_BATCH);
}

void LetIn(absl::Time now) {
  if (!this_thread.patient || now - this_thread.turned_away < kCalm) return;
  this_thread.patient = !SetPolicy(SCHED_OTHER);
}

}  // namespace costs::executor
