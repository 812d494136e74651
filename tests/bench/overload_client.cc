#include "tests/bench/overload_client.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "tests/bench/sample_records.h"

namespace costs::bench {
namespace {

namespace v1 = energy::costs::v1;

constexpr absl::Duration kConnectPatience = absl::Seconds(5);
constexpr absl::Duration kLookEvery = absl::Milliseconds(50);

grpc::ByteBuffer Serialise(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

std::vector<grpc::ByteBuffer> Requests(const OverloadOptions& options) {
  std::vector<grpc::ByteBuffer> requests;
  for (int i = 0; i < kSampleRecords; i += std::max(options.batch_records, 1)) {
    if (options.batch_records == 0) {
      v1::CalculateInstantCostRequest request;
      *request.mutable_record() = SampleSubmission(i);
      request.set_non_persistent(options.non_persistent);
      requests.push_back(Serialise(request));
      continue;
    }
    v1::BatchCalculateInstantCostsRequest request;
    request.set_view(v1::MeterRecordView::LEAN);
    request.set_non_persistent(options.non_persistent);
    for (int j = 0; j < options.batch_records; ++j) {
      *request.add_records() = SampleSubmission((i + j) % kSampleRecords);
    }
    requests.push_back(Serialise(request));
  }
  return requests;
}

int64_t ResidentBytes(pid_t pid) {
  std::ifstream file(absl::StrCat("/proc/", pid, "/statm"));
  int64_t size = 0, resident = 0;
  file >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

absl::Duration At(const std::vector<absl::Duration>& sorted, double part) {
  if (sorted.empty()) return absl::ZeroDuration();
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(part * static_cast<double>(sorted.size())))];
}

class Overload {
 public:
  explicit Overload(const OverloadOptions& options)
      : options_(options),
        method_(options.batch_records > 0 ? "/energy.costs.v1.CostsService/BatchCalculateInstantCosts"
                                          : "/energy.costs.v1.CostsService/CalculateInstantCost"),
        requests_(Requests(options)) {}
  ~Overload() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) delete static_cast<Call*>(tag);
  }

  absl::StatusOr<OverloadResult> Run() {
    if (absl::Status status = Connect(); !status.ok()) return status;
    begin_ = absl::Now();
    measured_ = begin_ + options_.warm_up;
    end_ = measured_ + options_.duration;
    for (int i = 0; options_.calls_per_second == 0 && i < options_.in_flight; ++i) Start();
    while (failure_.ok()) {
      const absl::Time now = absl::Now();
      Look(now);
      if (now >= end_ && in_flight_ == 0) return Result();
      StartDue(now);
      void* tag = nullptr;
      bool ok = false;
      // Short enough for a rate of thousands a second.
      if (queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + std::chrono::microseconds(500)) ==
          grpc::CompletionQueue::GOT_EVENT) {
        Ended(std::unique_ptr<Call>(static_cast<Call*>(tag)));
      }
    }
    return failure_;
  }

 private:
  struct Call {
    absl::Time start;
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer response;
    grpc::Status status;
  };

  absl::Status Connect() {
    for (int i = 0; i < options_.connections; ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
      auto channel = grpc::CreateCustomChannel(options_.address, grpc::InsecureChannelCredentials(), arguments);
      if (!channel->WaitForConnected(absl::ToChronoTime(absl::Now() + kConnectPatience))) {
        return absl::UnavailableError(absl::StrCat("cannot connect to ", options_.address));
      }
      stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
    }
    return absl::OkStatus();
  }

  void StartDue(absl::Time now) {
    if (options_.calls_per_second == 0 || now >= end_) return;
    const double due = absl::ToDoubleSeconds(now - begin_) * options_.calls_per_second;
    // A few at a time, so that what has ended is seen between them.
    for (int i = 0; i < 16 && static_cast<double>(started_) < due; ++i) Start();
  }

  void Start() {
    auto* call = new Call;
    call->start = absl::Now();
    call->context.set_deadline(absl::ToChronoTime(call->start + options_.deadline));
    call->reader = stubs_[started_ % stubs_.size()]->PrepareUnaryCall(&call->context, method_,
                                                                      requests_[started_ % requests_.size()], &queue_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
    ++started_;
    ++in_flight_;
  }

  void Ended(std::unique_ptr<Call> call) {
    --in_flight_;
    const absl::Time now = absl::Now();
    const bool counts = call->start >= measured_ && call->start < end_;
    if (counts) ++offered_;
    switch (call->status.error_code()) {
      case grpc::StatusCode::OK:
        if (counts) good_.push_back(now - call->start);
        if (absl::Status status = Check(*call); !status.ok()) failure_ = status;
        break;
      case grpc::StatusCode::UNAVAILABLE:
        if (counts) ++refused_;
        break;
      case grpc::StatusCode::DEADLINE_EXCEEDED:
        if (counts) ++late_;
        break;
      default:
        failure_ = absl::Status(static_cast<absl::StatusCode>(call->status.error_code()), call->status.error_message());
    }
    if (options_.calls_per_second == 0 && now < end_) Start();
  }

  // Of a batch each in so many, whole: every item must be a result.
  absl::Status Check(const Call& call) {
    if (options_.batch_records == 0 || checked_++ % 64 != 0) return absl::OkStatus();
    v1::BatchCalculateInstantCostsResponse response;
    grpc::ByteBuffer bytes = call.response;
    if (!grpc::SerializationTraits<v1::BatchCalculateInstantCostsResponse>::Deserialize(&bytes, &response).ok() ||
        response.items_size() != options_.batch_records) {
      return absl::InternalError("an answer is not the batch's");
    }
    for (const v1::InstantCostItem& item : response.items()) {
      if (!item.has_result()) return absl::InternalError(absl::StrCat("a refusal: ", item.status().message()));
    }
    return absl::OkStatus();
  }

  void Look(absl::Time now) {
    if (now < next_look_) return;
    next_look_ = now + kLookEvery;
    bytes_ = std::max(bytes_, ResidentBytes(options_.server_pid));
  }

  OverloadResult Result() {
    std::sort(good_.begin(), good_.end());
    const double seconds = absl::ToDoubleSeconds(options_.duration);
    OverloadResult result;
    result.offered = static_cast<double>(offered_) / seconds;
    result.good = static_cast<double>(good_.size()) / seconds;
    result.refused = static_cast<double>(refused_) / seconds;
    result.late = static_cast<double>(late_) / seconds;
    result.median = At(good_, 0.5);
    result.p99 = At(good_, 0.99);
    result.server_bytes = bytes_;
    return result;
  }

  const OverloadOptions options_;
  const std::string method_;
  const std::vector<grpc::ByteBuffer> requests_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  absl::Time begin_, measured_, end_;
  absl::Time next_look_ = absl::InfinitePast();
  absl::Status failure_;
  uint64_t started_ = 0, checked_ = 0;
  int64_t in_flight_ = 0, offered_ = 0, refused_ = 0, late_ = 0, bytes_ = 0;
  std::vector<absl::Duration> good_;
};

}  // namespace

absl::StatusOr<OverloadResult> RunOverload(const OverloadOptions& options) { return Overload(options).Run(); }

}  // namespace costs::bench
