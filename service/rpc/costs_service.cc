#include "service/rpc/costs_service.h"

#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/catalog/tenant.h"
#include "service/rpc/arena_allocator.h"
#include "service/rpc/call_identity.h"
#include "service/rpc/instant_stream.h"
#include "service/rpc/record_codec.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;

// What the messages of a usual unary call need; a batch takes more blocks.
constexpr size_t kUnaryArenaBytes = 4096;

// Borrows from the identity.
calculator::Caller CallerOf(const auth::Identity& identity, grpc::CallbackServerContext* context) {
  calculator::Caller caller;
  caller.account_id = identity.tenant.account_id;
  caller.live_mode = identity.tenant.live_mode;
  caller.authorization = AuthorizationOf(*context);
  caller.deadline = absl::FromChrono(context->deadline());
  caller.cancelled = [context] { return context->IsCancelled(); };
  return caller;
}

// The calls below run on gRPC's default reactor, whose end needs no thread of
// its own: a reactor of ours would cost a switch of threads a call (a quarter of
// the whole).

// One CalculateInstantCost call; gone when it is answered.
class UnaryCall {
 public:
  static void Start(calculator::Calculator* calculator, IdentityPtr identity, grpc::CallbackServerContext* context,
                    const v1::CalculateInstantCostRequest* request, v1::MeterRecord* response,
                    grpc::ServerUnaryReactor* reactor) {
    auto* call = new UnaryCall(std::move(identity), context, *request);
    calculator->Calculate(&call->batch_, [call, response, reactor] {
      const grpc::Status status = call->Answer(response);
      delete call;
      reactor->Finish(status);
    });
  }

 private:
  UnaryCall(IdentityPtr identity, grpc::CallbackServerContext* context, const v1::CalculateInstantCostRequest& request)
      : identity_(std::move(identity)), submission_(DecodeSubmission(request.record())) {
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
  const calculator::Submission submission_;
  calculator::Outcome outcome_;
  calculator::Batch batch_;
};

// One BatchCalculateInstantCosts call; gone when it is answered.
class BatchCall {
 public:
  static void Start(calculator::Calculator* calculator, IdentityPtr identity, grpc::CallbackServerContext* context,
                    const v1::BatchCalculateInstantCostsRequest* request,
                    v1::BatchCalculateInstantCostsResponse* response, grpc::ServerUnaryReactor* reactor) {
    auto* call = new BatchCall(std::move(identity), context, *request);
    calculator->Calculate(&call->batch_, [call, response, reactor] {
      call->Answer(response);
      delete call;
      reactor->Finish(grpc::Status::OK);
    });
  }

 private:
  BatchCall(IdentityPtr identity, grpc::CallbackServerContext* context,
            const v1::BatchCalculateInstantCostsRequest& request)
      : identity_(std::move(identity)),
        full_(request.view() != v1::MeterRecordView::LEAN),
        outcomes_(static_cast<size_t>(request.records_size())) {
    submissions_.reserve(outcomes_.size());
    for (const v1::MeterRecordSubmission& record : request.records()) {
      submissions_.push_back(DecodeSubmission(record));
    }
    batch_.caller = CallerOf(*identity_, context);
    batch_.options = DecodeOptions(request);
    batch_.submissions = submissions_;
    batch_.outcomes = absl::MakeSpan(outcomes_);
  }

  void Answer(v1::BatchCalculateInstantCostsResponse* response) const {
    response->mutable_items()->Reserve(static_cast<int>(outcomes_.size()));
    for (size_t i = 0; i < outcomes_.size(); ++i) {
      v1::InstantCostItem* item = response->add_items();
      if (!outcomes_[i].ok()) {
        EncodeFailure(*outcomes_[i].failure, absl::StrCat("records[", i, "]."), item->mutable_status());
      } else if (full_) {
        EncodeFull(submissions_[i], outcomes_[i].record, batch_, item->mutable_result());
      } else {
        EncodeLean(submissions_[i], outcomes_[i].record, item->mutable_result());
      }
    }
  }

  const IdentityPtr identity_;
  const bool full_;
  std::vector<calculator::Submission> submissions_;
  std::vector<calculator::Outcome> outcomes_;
  calculator::Batch batch_;
};

// A stream that ends before it begins; gone when gRPC is done with it.
class RefusedStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

}  // namespace

class CostsService::Allocators {
 public:
  ArenaAllocator<v1::CalculateInstantCostRequest, v1::MeterRecord> unary{kUnaryArenaBytes};
  ArenaAllocator<v1::BatchCalculateInstantCostsRequest, v1::BatchCalculateInstantCostsResponse> batch{kUnaryArenaBytes};
};

CostsService::CostsService(calculator::Calculator* calculator, auth::Authenticator* authenticator,
                           const CostsServiceOptions& options, const CostsServiceReports& reports)
    : calculator_(calculator),
      authenticator_(authenticator),
      options_(options),
      reports_(reports),
      allocators_(std::make_unique<Allocators>()) {
  SetMessageAllocatorFor_CalculateInstantCost(&allocators_->unary);
  SetMessageAllocatorFor_BatchCalculateInstantCosts(&allocators_->batch);
}

CostsService::~CostsService() = default;

size_t CostsService::calls_in_flight() {
  return static_cast<size_t>(allocators_->unary.in_use() + allocators_->batch.in_use()) + streams_.size();
}

grpc::ServerUnaryReactor* CostsService::CalculateInstantCost(grpc::CallbackServerContext* context,
                                                             const v1::CalculateInstantCostRequest* request,
                                                             v1::MeterRecord* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator_);
  if (!identity.ok()) {
    reactor->Finish(ToGrpcStatus(identity.status()));
    return reactor;
  }
  UnaryCall::Start(calculator_, *std::move(identity), context, request, response, reactor);
  return reactor;
}

grpc::ServerUnaryReactor* CostsService::BatchCalculateInstantCosts(grpc::CallbackServerContext* context,
                                                                   const v1::BatchCalculateInstantCostsRequest* request,
                                                                   v1::BatchCalculateInstantCostsResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator_);
  if (!identity.ok()) {
    reactor->Finish(ToGrpcStatus(identity.status()));
    return reactor;
  }
  const size_t count = static_cast<size_t>(request->records_size());
  if (count == 0 || count > options_.batch_limit) {
    reactor->Finish(InvalidField("records", absl::StrCat("holds ", count, " records; a batch must hold 1 to ",
                                                         options_.batch_limit, "; send more on StreamInstantCosts")));
    return reactor;
  }
  BatchCall::Start(calculator_, *std::move(identity), context, request, response, reactor);
  return reactor;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* CostsService::StreamInstantCosts(
    grpc::CallbackServerContext* context) {
  absl::StatusOr<IdentityPtr> identity = IdentityOf(*context, authenticator_);
  if (!identity.ok()) return new RefusedStream(ToGrpcStatus(identity.status()));
  return InstantStream::Start(calculator_, {*std::move(identity), options_.stream_chunk_limit}, &streams_, context);
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
