// One BatchCalculateInstantCosts call.
//
// It takes its messages as bytes: a server that has too much to do refuses a batch before
// it reads it, which is most of the work of refusing it.
#ifndef SERVICE_RPC_BATCH_CALL_H_
#define SERVICE_RPC_BATCH_CALL_H_

#include <google/protobuf/arena.h>
#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "energy/costs/v1/costs_service.pb.h"
#include "service/calculator/calculator.h"
#include "service/rpc/call_identity.h"
#include "service/rpc/call_observer.h"

namespace costs::rpc {

// Why so many records are refused unread; null: they are not.
using Shed = std::function<std::unique_ptr<const calculator::Failure>(size_t records)>;

// Gone when it is answered.
class BatchCall {
 public:
  struct Settings {
    calculator::Calculator* calculator = nullptr;
    size_t most_records = 1000;
    const Shed& shed;  // may be empty
    ObservedCall observed;
  };

  // Finishes `reactor`, perhaps before it returns. What is pointed to outlives the call.
  static void Start(const Settings& settings, IdentityPtr identity, grpc::CallbackServerContext* context,
                    const grpc::ByteBuffer* request, grpc::ByteBuffer* response, grpc::ServerUnaryReactor* reactor);

 private:
  BatchCall(IdentityPtr identity, const ObservedCall& observed, size_t request_bytes);

  // A refusal, or OK.
  grpc::Status Read(const grpc::ByteBuffer& bytes, size_t most_records);
  void Prepare(grpc::CallbackServerContext* context);
  grpc::Status Answer(grpc::ByteBuffer* response);
  // Whether nothing was done for any of the records.
  bool IsShed() const;

  const IdentityPtr identity_;
  const ObservedCall observed_;
  google::protobuf::Arena arena_;
  energy::costs::v1::BatchCalculateInstantCostsRequest* const request_;  // on the arena
  std::vector<calculator::Submission> submissions_;
  std::vector<calculator::Outcome> outcomes_;
  calculator::Batch batch_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_BATCH_CALL_H_
