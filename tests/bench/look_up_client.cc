#include "tests/bench/look_up_client.h"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "energy/costs/v1/meter_records_service.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"

namespace costs::bench {
namespace {

constexpr char kMethod[] = "/energy.costs.v1.MeterRecordsService/GetMeterRecord";
constexpr absl::Duration kPatience = absl::Seconds(10);

class LookUps {
 public:
  explicit LookUps(const LookUpOptions& options) : options_(options) {
    for (const std::string& id : options.ids) {
      energy::costs::v1::GetMeterRecordRequest request;
      request.set_id(id);
      const grpc::Slice slice(request.SerializeAsString());
      requests_.emplace_back(&slice, 1);
    }
  }
  ~LookUps() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  absl::StatusOr<double> Run() {
    if (absl::Status status = Connect(); !status.ok()) return status;
    measured_ = absl::Now() + options_.warm_up;
    end_ = measured_ + options_.duration;
    for (int i = 0; i < options_.in_flight; ++i) Start(&calls_.emplace_back());
    while (in_flight_ > 0) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);  // each call has a deadline
      Ended(static_cast<Call*>(tag));
    }
    if (!failure_.ok()) return failure_;
    return static_cast<double>(found_) / absl::ToDoubleSeconds(options_.duration);
  }

 private:
  struct Call {
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer response;
    grpc::Status status;
  };

  absl::Status Connect() {
    for (int i = 0; i < options_.connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      auto channel = grpc::CreateCustomChannel(options_.address, grpc::InsecureChannelCredentials(), arguments);
      if (!channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kPatience))) {
        return absl::UnavailableError(absl::StrCat("cannot connect to ", options_.address));
      }
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
    }
    return absl::OkStatus();
  }

  void Start(Call* call) {
    call->reader.reset();
    call->context.emplace();
    call->context->set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    call->reader = stubs_[started_ % stubs_.size()]->PrepareUnaryCall(&*call->context, kMethod,
                                                                      requests_[started_ % requests_.size()], &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
    ++started_;
    ++in_flight_;
  }

  void Ended(Call* call) {
    --in_flight_;
    if (!call->status.ok()) {
      failure_ = absl::Status(static_cast<absl::StatusCode>(call->status.error_code()), call->status.error_message());
    }
    const absl::Time now = absl::Now();
    if (now >= measured_ && now < end_) ++found_;
    if (failure_.ok() && now < end_) Start(call);
  }

  const LookUpOptions options_;
  std::vector<grpc::ByteBuffer> requests_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::deque<Call> calls_;
  absl::Time measured_, end_;
  absl::Status failure_;
  size_t started_ = 0;
  int in_flight_ = 0;
  int64_t found_ = 0;
};

}  // namespace

absl::StatusOr<double> LookUpsPerSecond(const LookUpOptions& options) { return LookUps(options).Run(); }

}  // namespace costs::bench
