#include "service/rpc/open_calls.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {
namespace {

absl::string_view AuthorizationOf(const grpc::CallbackServerContext& context) {
  const auto& metadata = context.client_metadata();
  if (metadata.count("authorization") != 1) return "";
  const grpc::string_ref value = metadata.find("authorization")->second;
  return {value.data(), value.size()};
}

}  // namespace

// Gone when gRPC is done with it.
class OpenCalls::Call final : public grpc::ServerUnaryReactor {
 public:
  explicit Call(OpenCalls* calls) : calls_(calls) { ++calls_->in_flight_; }

  void OnDone() override {
    OpenCalls* const calls = calls_;
    delete this;
    --calls->in_flight_;
  }

 private:
  OpenCalls* const calls_;
};

grpc::ServerUnaryReactor* OpenCalls::Start(grpc::CallbackServerContext* context,
                                           std::function<absl::Status(absl::string_view authorization)> work) {
  auto* call = new Call(this);
  const bool taken = threads_->TryRun([this, call, context, work = std::move(work)] {
    if (context->IsCancelled()) {
      return call->Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled"));
    }
    call->Finish(Answer(work(AuthorizationOf(*context))));
  });
  if (!taken) {
    call->Finish(Answer(catalog::Overloaded("too many logins are under way; try again in a second", absl::Seconds(1))));
  }
  return call;
}

grpc::Status OpenCalls::Answer(const absl::Status& status) const {
  if (!status.ok() && catalog::ReasonOf(status).empty()) {
    log_(absl::StrCat("a call of accounts failed: ", status.ToString()));
  }
  return ToGrpcStatus(status);
}

}  // namespace costs::rpc
