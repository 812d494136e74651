#include "service/rpc/call_observer.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "service/rpc/call_identity.h"

namespace costs::rpc {
namespace {

using grpc::experimental::InterceptionHookPoints;

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
  explicit Observer(ObservedCall call, grpc::ServerContextBase* context) : call_(call), context_(context) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_MESSAGE) &&
        batch->GetRecvMessage() != nullptr) {
      call_.Received();
      received_ = true;
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
      const absl::string_view id = RequestIdOf(*context_);
      if (!id.empty()) batch->GetSendInitialMetadata()->emplace(kRequestId, std::string(id));
    }
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE)) call_.Sent();
    if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::StatusCode code = batch->GetSendStatus().error_code();
      // So gRPC ends a call whose caller went away before his request was read.
      const bool gone = code == grpc::StatusCode::UNIMPLEMENTED && !received_;
      call_.Ended(gone ? grpc::StatusCode::CANCELLED : code);
    }
    batch->Proceed();
  }

 private:
  const ObservedCall call_;
  grpc::ServerContextBase* const context_;
  bool received_ = false;
};

}  // namespace

class ObserverFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit ObserverFactory(const CallObserver* observer) : observer_(observer) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(grpc::experimental::ServerRpcInfo* info) override {
    telemetry::CallCounts::Method* const method = observer_->counts_->Find(info->method());
    if (method == nullptr || observer_->own_.contains(method)) return nullptr;
    // Metadata are the interceptor's to add.
    return new Observer(ObservedCall::WithoutMetadata(observer_, method, info->server_context()),
                        info->server_context());
  }

 private:
  const CallObserver* const observer_;
};

telemetry::CallCounts::Method* CallObserver::TellsItself(absl::string_view path) {
  telemetry::CallCounts::Method* const method = counts_->Find(path);
  if (method != nullptr) own_.insert(method);
  return method;
}

ObservedCall ObservedCall::WithoutMetadata(const CallObserver* observer, telemetry::CallCounts::Method* method,
                                           grpc::ServerContextBase* context) {
  ObservedCall call;
  call.observer_ = observer;
  call.method_ = method;
  call.context_ = context;
  call.began_ = std::chrono::steady_clock::now();
  method->Started();
  return call;
}

ObservedCall::ObservedCall(const CallObserver* observer, telemetry::CallCounts::Method* method,
                           grpc::ServerContextBase* context) {
  if (observer == nullptr || method == nullptr) return;
  *this = WithoutMetadata(observer, method, context);
  const absl::string_view id = RequestIdOf(*context);
  if (!id.empty()) context->AddInitialMetadata(kRequestId, std::string(id));
}

void ObservedCall::Ended(grpc::StatusCode code) const {
  if (method_ == nullptr) return;
  const absl::Duration duration = absl::FromChrono(std::chrono::steady_clock::now() - began_);
  method_->Handled(code, duration);
  const CallLogOptions& log = observer_->log_;
  if (log.log == nullptr) return;
  telemetry::EndedCall call;
  call.code = std::string(telemetry::CodeInCapitals(code));
  const std::optional<uint64_t> left_out = log.log->Admit(call.code, IsOurs(code), absl::Now());
  if (!left_out) return;
  call.face = "grpc";
  call.method = method_->path();
  call.duration = duration;
  call.left_out = *left_out;
  absl::StatusOr<IdentityPtr> identity;
  if (log.authenticator != nullptr) identity = IdentityOf(*context_, log.authenticator);
  if (identity.ok()) call.account_id = (*identity)->tenant.account_id;
  call.request_id = RequestIdOf(*context_);
  call.traceparent = TraceparentOf(*context_);
  log.log->Write(call);
}

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

InterceptorFactories Observe(const CallObserver* observer) {
  InterceptorFactories factories;
  factories.push_back(std::make_unique<ObserverFactory>(observer));
  return factories;
}

}  // namespace costs::rpc
