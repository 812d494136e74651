// What a stream whose reading, calculating, answering and writing overlap does next.
//
// One chunk at a time is read; as soon as it is handed on to be calculated the next
// one is read, so that many may be under way where that takes long. They are answered
// one after the other, in their order, while at most one message of answers is being
// written. Answers of several chunks gather in one message while the write before
// is under way, so a fast stream of single records costs few writes. When
// `most_pending` answers or more wait to be written, or too much is being
// calculated, reading stops until that has changed: a peer that does not read never
// grows the memory.
//
// It holds no gRPC type: the owner starts what Next says. Thread-safe; each
// event is reported once, by the thread that saw it.
#ifndef SERVICE_RPC_STREAM_FLOW_H_
#define SERVICE_RPC_STREAM_FLOW_H_

#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace costs::rpc {

// Message needs `size_t weight() const`: how much it holds, 0 when empty.
template <typename Message>
class StreamFlow {
 public:
  // What to start. At most one read and one write are ever under way, and
  // `finish` is said once, when neither is. Whoever is told to read says
  // ReadStarted() once it has been started, and does what that says, too.
  struct Next {
    bool read = false;
    Message* write = nullptr;
    bool finish = false;
  };

  struct Limits {
    size_t pending;                   // weight of the answers that wait to be written
    size_t weight_under_way = 1;      // being calculated; reached, not passed, but by the last chunk
    size_t chunks_under_way = 1'000;  // likewise
  };

  explicit StreamFlow(const Limits& limits) : limits_(limits) {}

  // The stream begins: the first read.
  Next Begin() {
    std::lock_guard<std::mutex> lock(mutex_);
    return Decide();
  }

  // The read that a Next asked for has been started. Until then nobody is told to
  // finish: a read that is only about to be started cannot be abandoned, since the
  // stream could be gone when it is.
  Next ReadStarted() {
    std::lock_guard<std::mutex> lock(mutex_);
    --reads_to_start_;
    return Decide();
  }

  // The read under way brought a chunk, which its reader will hand on. False: the
  // stream has finished meanwhile, and the chunk is dropped.
  bool ReadArrived() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (finished_) return false;
    input_ = Input::kHandingOn;
    return true;
  }

  // The chunk that has arrived is about to be handed on: from now on it may be
  // answered.
  void HandingOn(size_t weight) {
    std::lock_guard<std::mutex> lock(mutex_);
    ++chunks_;
    weight_ += weight;
  }

  // It has been handed on, and perhaps been answered already.
  Next HandedOn() {
    std::lock_guard<std::mutex> lock(mutex_);
    input_ = Input::kIdle;
    return Decide();
  }

  // While answering: the newest waiting message, to add to it, or null where
  // none waits. It is the answerer's until Answered().
  Message* TakeNewest() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (ready_.empty()) return nullptr;
    Message* newest = ready_.back();
    ready_.pop_back();
    pending_ -= newest->weight();
    return newest;
  }

  // While answering: a message that has been written, to use again; or null.
  Message* TakeSpare() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (spare_.empty()) return nullptr;
    Message* spare = spare_.back();
    spare_.pop_back();
    return spare;
  }

  // The oldest chunk under way, of that weight, is answered by these messages, in
  // order. Whoever answers does so for one chunk at a time.
  Next Answered(const std::vector<Message*>& messages, size_t weight) {
    std::lock_guard<std::mutex> lock(mutex_);
    --chunks_;
    weight_ -= weight;
    for (Message* message : messages) {
      pending_ += message->weight();
      ready_.push_back(message);
    }
    return Decide();
  }

  // The read under way found the end of the requests, or its chunk was refused:
  // what is under way is answered and written, then the stream finishes.
  Next ReadEnded() {
    std::lock_guard<std::mutex> lock(mutex_);
    input_ = Input::kIdle;
    closing_ = true;
    return Decide();
  }

  // The message under way has been written.
  Next Written() {
    std::lock_guard<std::mutex> lock(mutex_);
    spare_.push_back(writing_);
    writing_ = nullptr;
    return Decide();
  }

  // The write under way failed: nothing more reaches the peer.
  Next WriteFailed() {
    std::lock_guard<std::mutex> lock(mutex_);
    writing_ = nullptr;
    closing_ = broken_ = true;
    return Decide();
  }

  // Someone else wants the stream to end: no further read, and the one under way
  // is not waited for. What is under way is still answered and written.
  Next EndSoon() {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_ = abandon_read_ = true;
    return Decide();
  }

 private:
  enum class Input { kIdle, kReading, kHandingOn };

  Next Decide() {
    Next next;
    if (finished_) return next;
    if (broken_) {
      ready_.clear();
      pending_ = 0;
    }
    if (writing_ == nullptr && !ready_.empty()) {
      next.write = writing_ = ready_.front();
      ready_.pop_front();
      pending_ -= writing_->weight();
    }
    if (!closing_ && input_ == Input::kIdle && pending_ < limits_.pending && weight_ < limits_.weight_under_way &&
        chunks_ < limits_.chunks_under_way) {
      input_ = Input::kReading;
      ++reads_to_start_;
      next.read = true;
    }
    const bool input_done = input_ == Input::kIdle || (input_ == Input::kReading && (abandon_read_ || broken_));
    const bool output_done = writing_ == nullptr && ready_.empty();
    if (closing_ && input_done && chunks_ == 0 && output_done && reads_to_start_ == 0) next.finish = finished_ = true;
    return next;
  }

  const Limits limits_;

  std::mutex mutex_;
  std::deque<Message*> ready_;   // answered, oldest first
  std::vector<Message*> spare_;  // written
  Message* writing_ = nullptr;
  size_t pending_ = 0;  // the weight of ready_
  Input input_ = Input::kIdle;
  size_t chunks_ = 0;  // being calculated, or answered
  size_t weight_ = 0;  // theirs
  // Said, and not yet known to be started; two where the first has already come
  // back on another thread.
  int reads_to_start_ = 0;
  bool closing_ = false;       // no further read
  bool abandon_read_ = false;  // nor wait for the one under way
  bool broken_ = false;
  bool finished_ = false;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_STREAM_FLOW_H_
