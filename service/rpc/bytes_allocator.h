// The messages of unary calls that take and give bytes, counted.
#ifndef SERVICE_RPC_BYTES_ALLOCATOR_H_
#define SERVICE_RPC_BYTES_ALLOCATOR_H_

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/message_allocator.h>

#include <atomic>

namespace costs::rpc {

// Thread-safe. Must outlive the server that uses it.
class BytesAllocator final : public grpc::MessageAllocator<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // Calls whose messages are in use: from the arrival of the request until gRPC has done
  // with the response.
  int in_use() const { return in_use_.load(); }

  grpc::MessageHolder<grpc::ByteBuffer, grpc::ByteBuffer>* AllocateMessages() override {
    ++in_use_;
    return new Holder(this);
  }

 private:
  class Holder final : public grpc::MessageHolder<grpc::ByteBuffer, grpc::ByteBuffer> {
   public:
    explicit Holder(BytesAllocator* owner) : owner_(owner) {
      set_request(&request_);
      set_response(&response_);
    }

    void Release() override {
      BytesAllocator* const owner = owner_;
      delete this;
      --owner->in_use_;
    }

   private:
    BytesAllocator* const owner_;
    grpc::ByteBuffer request_, response_;
  };

  std::atomic<int> in_use_{0};
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_BYTES_ALLOCATOR_H_
