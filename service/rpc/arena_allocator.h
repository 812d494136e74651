// Puts the request and the response of a unary call on one arena, whose blocks
// are used again by later calls.
#ifndef SERVICE_RPC_ARENA_ALLOCATOR_H_
#define SERVICE_RPC_ARENA_ALLOCATOR_H_

#include <google/protobuf/arena.h>
#include <grpcpp/support/message_allocator.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace costs::rpc {

// Thread-safe. Must outlive the server that uses it.
template <typename Request, typename Response>
class ArenaAllocator final : public grpc::MessageAllocator<Request, Response> {
 public:
  // `block_bytes`: what a usual call needs; larger calls take more, and give it
  // back when they end.
  explicit ArenaAllocator(size_t block_bytes) : block_bytes_(block_bytes) {}

  // Calls whose messages are in use: from the arrival of the request until gRPC
  // has done with the response.
  int in_use() const { return in_use_.load(); }

  grpc::MessageHolder<Request, Response>* AllocateMessages() override {
    ++in_use_;
    std::unique_ptr<char[]> block;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (!spare_.empty()) {
        block = std::move(spare_.back());
        spare_.pop_back();
      }
    }
    if (block == nullptr) block.reset(new char[block_bytes_]);
    return new Holder(this, std::move(block));
  }

 private:
  class Holder final : public grpc::MessageHolder<Request, Response> {
   public:
    Holder(ArenaAllocator* owner, std::unique_ptr<char[]> block)
        : owner_(owner),
          block_(std::move(block)),
          arena_(std::in_place, OptionsFor(block_.get(), owner->block_bytes_)) {
      this->set_request(google::protobuf::Arena::CreateMessage<Request>(&*arena_));
      this->set_response(google::protobuf::Arena::CreateMessage<Response>(&*arena_));
    }

    void Release() override {
      arena_.reset();
      ArenaAllocator* const owner = owner_;
      owner->Return(std::move(block_));
      delete this;
      --owner->in_use_;
    }

   private:
    static google::protobuf::ArenaOptions OptionsFor(char* block, size_t bytes) {
      google::protobuf::ArenaOptions options;
      options.initial_block = block;
      options.initial_block_size = bytes;
      return options;
    }

    ArenaAllocator* const owner_;
    std::unique_ptr<char[]> block_;
    std::optional<google::protobuf::Arena> arena_;
  };

  void Return(std::unique_ptr<char[]> block) {
    constexpr size_t kMostSpare = 256;
    std::lock_guard<std::mutex> lock(mutex_);
    if (spare_.size() < kMostSpare) spare_.push_back(std::move(block));
  }

  const size_t block_bytes_;
  std::atomic<int> in_use_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<char[]>> spare_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_ARENA_ALLOCATOR_H_
