// An arena for one message at a time, each in the place of the one before it.
#ifndef SERVICE_RPC_RECYCLED_ARENA_H_
#define SERVICE_RPC_RECYCLED_ARENA_H_

#include <google/protobuf/arena.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>

namespace costs::rpc {

// Not thread-safe.
class RecycledArena {
 public:
  // A new, empty message; the one before it is gone. What that one needed is
  // kept for this one, up to a limit.
  template <typename Message>
  Message* Renew() {
    if (arena_) {
      const size_t needed = std::min(static_cast<size_t>(arena_->SpaceAllocated()), kMostKept);
      arena_.reset();
      if (needed > size_) Grow(needed);
    } else {
      Grow(kFirst);
    }
    google::protobuf::ArenaOptions options;
    options.initial_block = block_.get();
    options.initial_block_size = size_;
    arena_.emplace(options);
    return google::protobuf::Arena::CreateMessage<Message>(&*arena_);
  }

  // What is kept for the next message.
  size_t kept_bytes() const { return size_; }

 private:
  static constexpr size_t kFirst = 1024;
  static constexpr size_t kMostKept = 4 << 20;

  void Grow(size_t size) {
    block_.reset(new char[size]);
    size_ = size;
  }

  std::unique_ptr<char[]> block_;
  size_t size_ = 0;
  std::optional<google::protobuf::Arena> arena_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_RECYCLED_ARENA_H_
