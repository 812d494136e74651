// Runs functions at given times, and tells the time.
//
//   const Timers::Timer timer = timers->At(timers->Now() + absl::Seconds(1), [](Timers::Why why) { … });
//   timers->Cancel(timer);
//
// Whoever waits here is never forgotten: when the timers are shut down, every function
// that waits is run at once and told so, and one that comes later runs before At()
// returns. So a function ends what it stands for, whatever happens. Functions do not
// block. Thread-safe.
#ifndef SERVICE_UPSTREAM_TIMERS_H_
#define SERVICE_UPSTREAM_TIMERS_H_

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/time/time.h"

namespace costs::upstream {

class Timers {
 public:
  enum class Why {
    kDue,   // its time has come
    kOver,  // the timers are shut down: what waits ends now
  };
  using Function = std::function<void(Why why)>;

  // Names a function that waits.
  struct Timer {
    absl::Time when;
    uint64_t number = 0;  // 0: none
  };

  virtual ~Timers() = default;

  virtual absl::Time Now() const = 0;

  // Runs `function` once, at `when` or soon after; functions of the same time in the
  // order in which they came.
  virtual Timer At(absl::Time when, Function function) = 0;

  // True: the function will not run, and what it held is gone. False: it has run, or
  // runs right now, or there is none.
  virtual bool Cancel(const Timer& timer) = 0;

  // Runs all that waits, and returns when no function runs any longer. Not from such a
  // function; a second time does nothing.
  virtual void ShutDown() = 0;
};

// On a thread of its own, by the system's clock.
class ThreadTimers final : public Timers {
 public:
  ThreadTimers() : thread_([this] { Run(); }) {}
  ~ThreadTimers() override { ShutDown(); }
  ThreadTimers(const ThreadTimers&) = delete;
  ThreadTimers& operator=(const ThreadTimers&) = delete;

  absl::Time Now() const override;
  Timer At(absl::Time when, Function function) override;
  bool Cancel(const Timer& timer) override;
  void ShutDown() override;

 private:
  using Waiting = absl::btree_map<std::pair<absl::Time, uint64_t>, Function>;

  void Run();

  std::mutex mutex_;
  std::condition_variable changed_;
  Waiting waiting_;           // guarded by mutex_
  uint64_t next_number_ = 1;  // guarded by mutex_
  bool over_ = false;         // guarded by mutex_
  std::thread thread_;        // the last: it uses all of this
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_TIMERS_H_
