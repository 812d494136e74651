// Whose call to the upstream is next: so many are under way at once, batches take turns,
// and two that would store the same record go one after the other, in the order in which
// they came.
//
//   CallTurns turns(256, absl::Now);
//   turns.Add(batch);   // later: batch->Start(i, over) for each i, or batch->Drop(i)
//
// Calls that nobody waits for any more are dropped also where no turn comes. Owns one
// thread. Thread-safe.
#ifndef SERVICE_UPSTREAM_CALL_TURNS_H_
#define SERVICE_UPSTREAM_CALL_TURNS_H_

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace costs::upstream {

class CallTurns {
 public:
  using Key = std::array<uint8_t, 12>;

  // Calls that belong together: a batch's, numbered from 0.
  class Calls {
   public:
    virtual ~Calls() = default;
    virtual size_t count() const = 0;
    // Of the record that the call stores; nothing: it stores none.
    virtual std::optional<Key> KeyOf(size_t i) const = 0;
    // Whether nobody waits for those that are not begun.
    virtual bool Unwanted(absl::Time now) const = 0;
    // Exactly one of these two for each call. `over` is run once, when the call has
    // ended, perhaps before Start returns; until then whoever runs it holds on to this.
    virtual void Start(size_t i, std::function<void()> over) = 0;
    virtual void Drop(size_t i) = 0;
  };

  // `now` may be called from any thread.
  CallTurns(size_t under_way, std::function<absl::Time()> now);
  // Waits for the calls that are under way; none is left that has not begun.
  ~CallTurns();

  void Add(std::shared_ptr<Calls> calls);

 private:
  struct Batch {
    std::shared_ptr<Calls> calls;
    size_t next = 0;
  };
  struct Call {
    std::shared_ptr<Calls> calls;
    size_t i = 0;
    std::optional<Key> key;
  };

  // Starts what can be; one thread at a time does it for all.
  void Pump();
  // The next call that may begin; it has its place among those under way.
  std::optional<Call> Take();
  void Over(const std::optional<Key>& key);
  void SweepAgainAndAgain();
  // Takes out what nobody waits for.
  std::vector<Call> Unwanted();

  const std::function<absl::Time()> now_;
  std::mutex mutex_;
  std::condition_variable idle_;     // for the end: a call is over
  std::condition_variable waiting_;  // for the sweeping thread: somebody waits
  // All guarded by mutex_.
  size_t free_;         // places
  size_t running_ = 0;  // calls whose `over` has not returned
  bool pumping_ = false;
  bool stop_ = false;
  bool asleep_ = false;                                 // the sweeping thread: nobody waits
  std::deque<Batch> batches_;                           // with calls that have not begun, in the order of their turns
  std::deque<Call> next_;                               // these may begin, and have their places
  absl::flat_hash_map<Key, std::deque<Call>> storing_;  // of each record that is being stored: who waits for it
  std::thread sweeping_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CALL_TURNS_H_
