#include "service/rpc/costs_service.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/tenant.h"
#include "service/rpc/arena_allocator.h"
#include "service/rpc/batch_call.h"
#include "service/rpc/bytes_allocator.h"
#include "service/rpc/call_identity.h"
#include "service/rpc/instant_stream.h"
#include "service/rpc/record_codec.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;

// What the messages of a usual unary call need; a batch takes more blocks.
constexpr size_t kUnaryArenaBytes = 4096;

// The calls below run on gRPC's default reactor, whose end needs no thread of
// its own: a reactor of ours would cost a switch of threads a call (a quarter of
// the whole).

// One CalculateInstantCost call; gone when it is answered.
class UnaryCall {
 public:
  static void Start(calculator::Calculator* calculator, IdentityPtr identity, grpc::CallbackServerContext* context,
                    const v1::CalculateInstantCostRequest* request, v1::MeterRecord* response,
                    grpc::ServerUnaryReactor* reactor, const ObservedCall& observed) {
    auto* call = new UnaryCall(std::move(identity), context, *request, observed);
    calculator->Calculate(&call->batch_, [call, response, reactor] {
      const grpc::Status status = call->Answer(response);
      if (status.ok()) call->observed_.Sent();
      call->observed_.Ended(status.error_code());
      delete call;
      reactor->Finish(status);
    });
  }

 private:
  UnaryCall(IdentityPtr identity, grpc::CallbackServerContext* context, const v1::CalculateInstantCostRequest& request,
            const ObservedCall& observed)
      : identity_(std::move(identity)), observed_(observed), submission_(DecodeSubmission(request.record())) {
    batch_.caller = CallerOf(*identity_, context);
    batch_.options = DecodeOptions(request);
    batch_.submissions = absl::MakeConstSpan(&submission_, 1);
    batch_.outcomes = absl::MakeSpan(&outcome_, 1);
  }

  grpc::Status Answer(v1::MeterRecord* response) const {
    if (!outcome_.ok()) return ToGrpcStatus(*outcome_.failure, "record.");
    EncodeFull(submission_, outcome_.record, batch_, response);
    return grpc::Status::OK;
  }

  const IdentityPtr identity_;
  const ObservedCall observed_;
  const calculator::Submission submission_;
  calculator::Outcome outcome_;
  calculator::Batch batch_;
};

void Refuse(const ObservedCall& observed, const grpc::Status& status, grpc::ServerUnaryReactor* reactor) {
  observed.Ended(status.error_code());
  reactor->Finish(status);
}

// A stream that ends before it begins; gone when gRPC is done with it.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  RefusedStream(const ObservedCall& observed, const grpc::Status& status) {
    observed.Ended(status.error_code());
    Finish(status);
  }
  void OnDone() override { delete this; }
};

}  // namespace

class CostsService::Allocators {
 public:
  ArenaAllocator<v1::CalculateInstantCostRequest, v1::MeterRecord> unary{kUnaryArenaBytes};
  BytesAllocator batch;
};

CostsService::CostsService(calculator::Calculator* calculator, auth::Authenticator* authenticator,
                           const CostsServiceOptions& options, const CostsServiceReports& reports)
    : calculator_(calculator),
      authenticator_(authenticator),
      options_(options),
      reports_(reports),
      allocators_(std::make_unique<Allocators>()) {
  if (CallObserver* const observer = options_.observer; observer != nullptr) {
    unary_method_ = observer->TellsItself("/energy.costs.v1.CostsService/CalculateInstantCost");
    batch_method_ = observer->TellsItself("/energy.costs.v1.CostsService/BatchCalculateInstantCosts");
    stream_method_ = observer->TellsItself("/energy.costs.v1.CostsService/StreamInstantCosts");
  }
  SetMessageAllocatorFor_CalculateInstantCost(&allocators_->unary);
  // As the generated code does it for methods whose messages are not bytes.
  constexpr int kBatchMethod = 1;  // in the order of the proto
  static_cast<grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>*>(GetHandler(kBatchMethod))
      ->SetMessageAllocator(&allocators_->batch);
}

CostsService::~CostsService() = default;

size_t CostsService::calls_in_flight() {
  return static_cast<size_t>(allocators_->unary.in_use() + allocators_->batch.in_use()) + streams_.size();
}

grpc::ServerUnaryReactor* CostsService::CalculateInstantCost(grpc::CallbackServerContext* context,
                                                             const v1::CalculateInstantCostRequest* request,
                                                             v1::MeterRecord* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const ObservedCall observed(options_.observer, unary_method_, context);
  observed.Received();
  absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator_);
  if (!identity.ok()) {
    Refuse(observed, ToGrpcStatus(identity.status()), reactor);
    return reactor;
  }
  UnaryCall::Start(calculator_, *std::move(identity), context, request, response, reactor, observed);
  return reactor;
}

grpc::ServerUnaryReactor* CostsService::BatchCalculateInstantCosts(grpc::CallbackServerContext* context,
                                                                   const grpc::ByteBuffer* request,
                                                                   grpc::ByteBuffer* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const ObservedCall observed(options_.observer, batch_method_, context);
  observed.Received();
  absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator_);
  if (!identity.ok()) {
    Refuse(observed, ToGrpcStatus(identity.status()), reactor);
    return reactor;
  }
  BatchCall::Start({calculator_, options_.batch_limit, options_.shed, observed}, *std::move(identity), context, request,
                   response, reactor);
  return reactor;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* CostsService::StreamInstantCosts(
    grpc::CallbackServerContext* context) {
  const ObservedCall observed(options_.observer, stream_method_, context);
  absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator_);
  if (!identity.ok()) return new RefusedStream(observed, ToGrpcStatus(identity.status()));
  auth::StreamLease lease;
  if (options_.limits != nullptr) {
    absl::StatusOr<auth::StreamLease> opened = options_.limits->OpenStream((*identity)->tenant.account_id);
    if (!opened.ok()) return new RefusedStream(observed, ToGrpcStatus(opened.status()));
    lease = *std::move(opened);
  }
  return InstantStream::Start(
      calculator_, {*std::move(identity), std::move(lease), options_.stream_chunk_limit, observed}, &streams_, context);
}

namespace {

template <typename Request, typename Response>
grpc::ServerUnaryReactor* Report(const CostsServiceReports& reports,
                                 absl::Status (records::Reports::*method)(const catalog::Tenant&, const Request&,
                                                                          Response*) const,
                                 grpc::CallbackServerContext* context, const Request* request, Response* response) {
  if (reports.reports == nullptr) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this server makes no reports"));
    return reactor;
  }
  return reports.calls->Start(context, &reports.threads->reading,
                              [of = reports.reports, method, request, response](const catalog::Tenant& tenant) {
                                return (of->*method)(tenant, *request, response);
                              });
}

}  // namespace

grpc::ServerUnaryReactor* CostsService::GetIntervalCosts(grpc::CallbackServerContext* context,
                                                         const v1::GetIntervalCostsRequest* request,
                                                         v1::GetIntervalCostsResponse* response) {
  return Report(reports_, &records::Reports::GetIntervalCosts, context, request, response);
}

grpc::ServerUnaryReactor* CostsService::GetSessionCosts(grpc::CallbackServerContext* context,
                                                        const v1::GetSessionCostsRequest* request,
                                                        v1::GetSessionCostsResponse* response) {
  return Report(reports_, &records::Reports::GetSessionCosts, context, request, response);
}

}  // namespace costs::rpc
