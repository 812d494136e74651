#include "service/rpc/unary_calls.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {

// Gone when gRPC is done with it.
class UnaryCalls::Call final : public grpc::ServerUnaryReactor {
 public:
  explicit Call(UnaryCalls* calls) : calls_(calls) { calls_->Entered(); }

  void OnDone() override {
    UnaryCalls* const calls = calls_;
    delete this;
    calls->Left();
  }

 private:
  UnaryCalls* const calls_;
};

grpc::ServerUnaryReactor* UnaryCalls::Start(grpc::CallbackServerContext* context, executor::BoundedExecutor* executor,
                                            Work work) {
  auto* call = new Call(this);
  absl::StatusOr<IdentityPtr> identity = Identify(*context);
  if (!identity.ok()) {
    call->Finish(Answer(identity.status()));
    return call;
  }
  const bool taken = executor->TryRun([this, call, context, identity = *std::move(identity), work = std::move(work)] {
    if (context->IsCancelled()) return call->Finish(CancelledCall());
    call->Finish(Answer(work(identity->tenant)));
  });
  if (!taken) {
    call->Finish(Answer(catalog::Overloaded(
        absl::StrCat("too many calls of ", what_, " are under way; try again in a second"), absl::Seconds(1))));
  }
  return call;
}

grpc::Status UnaryCalls::Answer(const absl::Status& status) const {
  if (!status.ok() && catalog::ReasonOf(status).empty()) {
    log_(absl::StrCat("a call of ", what_, " failed: ", status.ToString()));
  }
  return ToGrpcStatus(status);
}

grpc::Status CancelledCall() { return grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled"); }

}  // namespace costs::rpc
