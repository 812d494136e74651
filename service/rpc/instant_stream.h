// One StreamInstantCosts call: reads chunks, has them priced, writes answers. Several
// chunks are with the calculator at once where it takes its time; it is given them in
// their order, one call after the other, and they are answered in their order. A stream
// that sends faster than its account may is read more slowly.
//
// It takes the messages as bytes. gRPC's own reading reports a message that it
// cannot read as it reports the end of the requests, and a stream that then ends
// with OK would hide that the rest was not answered.
#ifndef SERVICE_RPC_INSTANT_STREAM_H_
#define SERVICE_RPC_INSTANT_STREAM_H_

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/time/time.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "service/auth/account_limits.h"
#include "service/calculator/calculator.h"
#include "service/rpc/call_identity.h"
#include "service/rpc/call_observer.h"
#include "service/rpc/recycled_arena.h"
#include "service/rpc/stream_flow.h"
#include "service/rpc/stream_registry.h"

namespace costs::rpc {

// Keeps itself alive until gRPC is done with it and nobody wants to end it.
class InstantStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>, public EndableStream {
 public:
  struct Settings {
    IdentityPtr identity;     // whose the records are
    auth::StreamLease lease;  // of the account's streams
    size_t chunk_limit = 10000;
    ObservedCall observed;
  };

  // Starts the stream; the result is gRPC's. What is pointed to outlives the call.
  static InstantStream* Start(calculator::Calculator* calculator, Settings settings, StreamRegistry* registry,
                              grpc::CallbackServerContext* context);
  ~InstantStream() override;

  void EndSoon() override;

 private:
  // A response message on an arena, its records used again and again.
  class AnswerMessage;
  using Flow = StreamFlow<AnswerMessage>;
  struct Chunk;

  InstantStream(calculator::Calculator* calculator, Settings settings, StreamRegistry* registry,
                grpc::CallbackServerContext* context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Reads what has arrived; a refusal, or OK.
  grpc::Status ReadChunk(Chunk* chunk);
  std::unique_ptr<Chunk> TakeChunk();
  void Recycle(std::unique_ptr<Chunk> chunk);
  // The chunk is calculated: answers it, and those after it that have waited for it,
  // unless one before it is still to come.
  void Calculated(Chunk* chunk);
  void Answer(std::unique_ptr<Chunk> chunk);
  AnswerMessage* WithRoom(size_t weight, std::vector<AnswerMessage*>* messages);
  void Do(Flow::Next next);
  // Whether the read that is due has to wait; it is then started later.
  bool PutOffRead();
  // What waits to be read waits no longer.
  void Hurry();
  grpc::Status EndStatus() const;

  calculator::Calculator* const calculator_;
  const Settings settings_;
  StreamRegistry* const registry_;
  grpc::CallbackServerContext* const context_;
  std::shared_ptr<InstantStream> self_;  // until OnDone

  Flow flow_;
  std::atomic<bool> draining_{false};
  grpc::Status refusal_;  // of the chunk that ended the stream; set by the reader

  grpc::ByteBuffer incoming_;                  // of the read under way
  absl::Time read_at_ = absl::InfinitePast();  // the next read, not before; set by the reader

  std::mutex mutex_;
  std::deque<std::unique_ptr<Chunk>> chunks_;  // guarded by mutex_: with the calculator or done, the oldest first
  std::vector<std::unique_ptr<Chunk>> spare_;  // guarded by mutex_
  size_t spare_bytes_ = 0;                     // guarded by mutex_: what those keep
  bool answering_ = false;                     // guarded by mutex_: a thread answers what is done
  bool hurried_ = false;                       // guarded by mutex_
  std::unique_ptr<grpc::Alarm> read_alarm_;    // guarded by mutex_

  AnswerMessage* under_way_ = nullptr;                    // being written
  std::vector<std::unique_ptr<AnswerMessage>> messages_;  // all that were ever made
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_INSTANT_STREAM_H_
