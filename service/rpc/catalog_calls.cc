#include "service/rpc/catalog_calls.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {

// Gone when gRPC is done with it.
class CatalogCalls::UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryCall(CatalogCalls* calls) : calls_(calls) { ++calls_->in_flight_; }

  void OnDone() override {
    CatalogCalls* const calls = calls_;
    delete this;
    --calls->in_flight_;
  }

 private:
  CatalogCalls* const calls_;
};

grpc::ServerUnaryReactor* CatalogCalls::StartOn(executor::BoundedExecutor* executor,
                                                grpc::CallbackServerContext* context,
                                                std::function<absl::Status()> work) {
  auto* call = new UnaryCall(this);
  const bool taken = executor->TryRun([this, call, context, work = std::move(work)] {
    if (context->IsCancelled()) return call->Finish(CancelledCall());
    call->Finish(Answer(work()));
  });
  if (!taken) call->Finish(Answer(TooManyCatalogCalls()));
  return call;
}

grpc::Status CatalogCalls::Answer(const absl::Status& status) const {
  if (!status.ok() && catalog::ReasonOf(status).empty()) {
    options_.log(absl::StrCat("a call of the catalog failed: ", status.ToString()));
  }
  return ToGrpcStatus(status);
}

absl::Status TooManyCatalogCalls() {
  return catalog::Overloaded("too many calls of the catalog are under way; try again in a second", absl::Seconds(1));
}

grpc::Status CancelledCall() { return grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled"); }

}  // namespace costs::rpc
