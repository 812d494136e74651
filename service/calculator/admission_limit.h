// How many records may be under way so that the last one let in is answered soon: a
// bound that follows the speed of the one who does the work.
//
// A store that slows down, say because its disk does, would be given more than it can
// answer before the callers' deadlines by any fixed bound. So each window of time is
// looked at: how many records were done in it, and how many stood in line throughout
// (the least that were under way; a burst that is soon worked off is no line, the idea
// of CoDel, RFC 8289). If the line takes longer than the target at that rate, the bound
// becomes what is done within the target (Little's law); if it does not, it grows by a
// quarter, up to the most.
//
// Thread-safe.
#ifndef SERVICE_CALCULATOR_ADMISSION_LIMIT_H_
#define SERVICE_CALCULATOR_ADMISSION_LIMIT_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "absl/time/time.h"

namespace costs::calculator {

class AdmissionLimit {
 public:
  struct Options {
    size_t most = 50'000;  // records
    size_t least = 1'000;  // records, so that a store that gathers has something to gather; at most `most`
    // What the last one let in shall wait at most; infinite: the bound is always the most.
    absl::Duration target = absl::InfiniteDuration();
    absl::Duration window = absl::Milliseconds(100);
    // What is done within less belongs together, such as what was stored by one commit. A
    // window ends between two such groups.
    absl::Duration gap = absl::Milliseconds(1);
  };
  explicit AdmissionLimit(const Options& options);

  // Times are of any one clock that never goes back.

  // The bound now. Where nothing at all was done for the time of the target, the least.
  size_t Records(absl::Time now) const;

  // Work begins where there was none.
  void WorkBegins(absl::Time now);
  // So many were done, and so many are left.
  void Done(size_t records, size_t left, absl::Time now);

 private:
  // Judges the window that ended with the last that was done, and begins the next one.
  void EndWindow();  // with mutex_ held

  const Options options_;
  std::atomic<size_t> records_;
  std::atomic<int64_t> stalled_from_;  // nanoseconds: with nothing done until then, work has come to a halt

  // All guarded by mutex_.
  std::mutex mutex_;
  bool measuring_ = false;                    // from the end of the first group on
  absl::Time group_ = absl::InfinitePast();   // when the group began whose records are being done
  absl::Time last_ = absl::InfinitePast();    // when the last were done,
  size_t left_ = 0;                           // and how many were left then
  absl::Time window_ = absl::InfinitePast();  // when the window began: with the end of a group
  size_t done_ = 0;                           // in it
  size_t line_ = 0;                           // the least that were under way in it
};

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_ADMISSION_LIMIT_H_
