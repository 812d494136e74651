// energy.costs.v1.CostsService over a Calculator and the reports on stored records:
// translate, call, map the status.
#ifndef SERVICE_RPC_COSTS_SERVICE_H_
#define SERVICE_RPC_COSTS_SERVICE_H_

#include <cstddef>
#include <memory>

#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "service/auth/account_limits.h"
#include "service/auth/authenticator.h"
#include "service/calculator/calculator.h"
#include "service/executor/record_threads.h"
#include "service/records/reports.h"
#include "service/rpc/batch_call.h"
#include "service/rpc/call_observer.h"
#include "service/rpc/stream_registry.h"
#include "service/rpc/unary_calls.h"

namespace costs::rpc {

struct CostsServiceOptions {
  size_t batch_limit = 1000;          // records in a batch
  size_t stream_chunk_limit = 10000;  // records in a chunk of a stream
  // Of the streams, by account; null: none. Outlives the server.
  auth::AccountLimits* limits = nullptr;
  // Told of calls of the three methods that price records; may be null.
  CallObserver* observer = nullptr;
  Shed shed = nullptr;  // of batches; empty: none is refused unread
};

// What GetIntervalCosts and GetSessionCosts answer with. All are borrowed, and
// outlive the server. Without `reports` the two answer UNIMPLEMENTED.
struct CostsServiceReports {
  const records::Reports* reports = nullptr;
  executor::RecordThreads* threads = nullptr;
  UnaryCalls* calls = nullptr;
};

namespace costs_service_internal {

using Api = energy::costs::v1::CostsService;

// Every method by the callback API; the messages of batches and streams as bytes (see
// batch_call.h and instant_stream.h).
using Methods = Api::WithCallbackMethod_CalculateInstantCost<
    Api::WithRawCallbackMethod_BatchCalculateInstantCosts<Api::WithRawCallbackMethod_StreamInstantCosts<
        Api::WithCallbackMethod_GetIntervalCosts<Api::WithCallbackMethod_GetSessionCosts<Api::Service>>>>>;

}  // namespace costs_service_internal

// Thread-safe. Calculator and authenticator must outlive the server that it is
// registered with.
class CostsService final : public costs_service_internal::Methods {
 public:
  CostsService(calculator::Calculator* calculator, auth::Authenticator* authenticator,
               const CostsServiceOptions& options, const CostsServiceReports& reports = {});
  ~CostsService() override;

  grpc::ServerUnaryReactor* CalculateInstantCost(grpc::CallbackServerContext* context,
                                                 const energy::costs::v1::CalculateInstantCostRequest* request,
                                                 energy::costs::v1::MeterRecord* response) override;

  grpc::ServerUnaryReactor* BatchCalculateInstantCosts(grpc::CallbackServerContext* context,
                                                       const grpc::ByteBuffer* request,
                                                       grpc::ByteBuffer* response) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StreamInstantCosts(
      grpc::CallbackServerContext* context) override;

  grpc::ServerUnaryReactor* GetIntervalCosts(grpc::CallbackServerContext* context,
                                             const energy::costs::v1::GetIntervalCostsRequest* request,
                                             energy::costs::v1::GetIntervalCostsResponse* response) override;

  grpc::ServerUnaryReactor* GetSessionCosts(grpc::CallbackServerContext* context,
                                            const energy::costs::v1::GetSessionCostsRequest* request,
                                            energy::costs::v1::GetSessionCostsResponse* response) override;

  // Ends the streams that are open: what they have sent is answered, then they
  // finish with UNAVAILABLE. For a server that shuts down.
  void EndStreams() { streams_.EndAll(); }

  // Calls that have arrived and are not yet over for gRPC, but for those that `calls`
  // of the reports counts.
  size_t calls_in_flight();

 private:
  class Allocators;

  calculator::Calculator* const calculator_;
  auth::Authenticator* const authenticator_;
  const CostsServiceOptions options_;
  const CostsServiceReports reports_;
  const std::unique_ptr<Allocators> allocators_;
  // Of the observer's; null: it is not told.
  telemetry::CallCounts::Method* unary_method_ = nullptr;
  telemetry::CallCounts::Method* batch_method_ = nullptr;
  telemetry::CallCounts::Method* stream_method_ = nullptr;
  StreamRegistry streams_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_COSTS_SERVICE_H_
