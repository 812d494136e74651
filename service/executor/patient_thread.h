// A thread that turns callers away does not interrupt the ones that work for those let in.
//
// Linux gives a thread that is woken its core at once. So where a server has more to do
// than it can, each call that is refused interrupts the work on those that are not, and
// that is most of what refusing it costs. The calling thread is therefore scheduled as
// SCHED_BATCH, and waits its turn, from the first caller that it turns away until it lets
// one in and has turned none away for a second. A thread that has another policy than the
// usual one is left alone, and so is one that may not change it.
//
// About the calling thread; thread-safe.
#ifndef SERVICE_EXECUTOR_PATIENT_THREAD_H_
#define SERVICE_EXECUTOR_PATIENT_THREAD_H_

#include "absl/time/time.h"

namespace costs::executor {

// Times are of any one clock that never goes back.
void TurnedAway(absl::Time now);
void LetIn(absl::Time now);

}  // namespace costs::executor

#endif  // SERVICE_EXECUTOR_PATIENT_THREAD_H_
