#include "service/rpc/call_observer.h"

#include <chrono>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "service/rpc/call_identity.h"

namespace costs::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;
using telemetry::LoggedCalls;

constexpr char kRequestId[] = "x-request-id";

absl::string_view RequestIdOf(const grpc::ServerContextBase& context) {
  const auto field = context.client_metadata().find(kRequestId);
  if (field == context.client_metadata().end()) return "";
  const absl::string_view value(field->second.data(), field->second.size());
  return telemetry::IsRequestId(value) ? value : absl::string_view();
}

// Where it is not the caller's doing.
bool IsOurs(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::UNIMPLEMENTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

class Observer final : public grpc::experimental::Interceptor {
 public:
  Observer(telemetry::CallCounts::Method* method, const CallLogOptions* log, grpc::ServerContextBase* context)
      : method_(method), log_(log), context_(context), began_(std::chrono::steady_clock::now()) {
    method_->Started();
  }

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        batch->GetRecvMessage() != nullptr) {
      method_->Received();
      received_ = true;
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      const absl::string_view id = RequestIdOf(*context_);
      if (!id.empty()) batch->GetSendInitialMetadata()->emplace(kRequestId, std::string(id));
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) method_->Sent();
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::StatusCode code = batch->GetSendStatus().error_code();
      // So gRPC ends a call whose caller went away before his request was read.
      const bool gone = code == grpc::StatusCode::UNIMPLEMENTED && !received_;
      Ended(gone ? grpc::StatusCode::CANCELLED : code);
    }
    batch->Proceed();
  }

 private:
  void Ended(grpc::StatusCode code) {
    const absl::Duration duration = absl::FromChrono(std::chrono::steady_clock::now() - began_);
    method_->Handled(code, duration);
    if (log_->logged == LoggedCalls::kNone || (log_->logged == LoggedCalls::kFailed && !IsOurs(code))) return;
    telemetry::EndedCall call;
    call.face = "grpc";
    call.method = method_->path();
    call.code = std::string(telemetry::CodeInCapitals(code));
    call.duration = duration;
    absl::StatusOr<IdentityPtr> identity;
    if (log_->authenticator != nullptr) identity = IdentityOf(*context_, log_->authenticator);
    if (identity.ok()) call.account_id = (*identity)->tenant.account_id;
    call.request_id = RequestIdOf(*context_);
    call.traceparent = TraceparentOf(*context_);
    log_->log(telemetry::CallLine(call));
  }

  telemetry::CallCounts::Method* const method_;
  const CallLogOptions* const log_;
  grpc::ServerContextBase* const context_;
  const std::chrono::steady_clock::time_point began_;
  bool received_ = false;
};

class ObserverFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  ObserverFactory(telemetry::CallCounts* counts, CallLogOptions log) : counts_(counts), log_(std::move(log)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    telemetry::CallCounts::Method* const method = counts_->Find(info->method());
    return method == nullptr ? nullptr : new Observer(method, &log_, info->server_context());
  }

 private:
  telemetry::CallCounts* const counts_;
  const CallLogOptions log_;
};

}  // namespace

void CountMethods(const std::vector<std::string>& services, telemetry::CallCounts* counts) {
  for (const std::string& name : services) {
    const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(name);
    for (int i = 0; i < service->method_count(); ++i) {
      const google::protobuf::MethodDescriptor& method = *service->method(i);
      const char* type = method.client_streaming() ? (method.server_streaming() ? "bidi_stream" : "client_stream")
                                                   : (method.server_streaming() ? "server_stream" : "unary");
      counts->Add(name, method.name(), type);
    }
  }
}

InterceptorFactories Observe(telemetry::CallCounts* counts, CallLogOptions log) {
  InterceptorFactories factories;
  factories.push_back(std::make_unique<ObserverFactory>(counts, std::move(log)));
  return factories;
}

}  // namespace costs::rpc
