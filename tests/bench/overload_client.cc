#include "tests/bench/overload_client.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "tests/bench/sample_records.h"

namespace costs::bench {
namespace {

namespace v1 = energy::costs::v1;

constexpr absl::Duration kConnectPatience = absl::Seconds(5);
constexpr absl::Duration kLookEvery = absl::Milliseconds(50);

constexpr int kMeters = 500;

// What a meter sends that has gathered records: its next ones each time, of a second each.
class Request {
 public:
  // Each record has these for its start and its end.
  static constexpr int64_t kMarkedStart = 1'987'654'321, kMarkedEnd = 2'123'456'789;

  explicit Request(const google::protobuf::Message& message)
      : bytes_(message.SerializeAsString()), starts_(PlacesOf(kMarkedStart)), ends_(PlacesOf(kMarkedEnd)) {}

  size_t records() const { return starts_.size() == ends_.size() ? starts_.size() : 0; }

  // `times` counts how often it was sent before.
  grpc::ByteBuffer Bytes(uint64_t times) const {
    const grpc::Slice slice(bytes_.size());
    auto* const copy = const_cast<uint8_t*>(slice.begin());
    std::memcpy(copy, bytes_.data(), bytes_.size());
    const uint64_t most = kSeconds / records();
    int64_t start = kFirstSecond + static_cast<int64_t>(times % most * records());
    for (size_t i = 0; i < records(); ++i, ++start) {
      WriteVarint(start, copy + starts_[i]);
      WriteVarint(start + 1, copy + ends_[i]);
    }
    return grpc::ByteBuffer(&slice, 1);
  }

 private:
  // Of the day for which the demo catalog has carbon.
  static constexpr int64_t kFirstSecond = 1643673600;
  static constexpr uint64_t kSeconds = 86'400;
  static constexpr size_t kVarintBytes = 5;  // of a time between 1978 and 2106

  static void WriteVarint(int64_t value, uint8_t* bytes) {
    google::protobuf::io::CodedOutputStream::WriteVarint64ToArray(static_cast<uint64_t>(value), bytes);
  }

  std::vector<size_t> PlacesOf(int64_t value) const {
    std::string marked(kVarintBytes, '\0');
    WriteVarint(value, reinterpret_cast<uint8_t*>(marked.data()));
    std::vector<size_t> places;
    for (size_t at = bytes_.find(marked); at != std::string::npos; at = bytes_.find(marked, at + 1)) {
      places.push_back(at);
    }
    return places;
  }

  std::string bytes_;
  std::vector<size_t> starts_, ends_;
};

v1::MeterRecordSubmission Marked(int meter, int index) {
  v1::MeterRecordSubmission record = SampleSubmission(index);
  record.set_device_id(absl::StrFormat("dev_%024d", meter));
  record.set_session_reference_id(absl::StrFormat("SESSION%010d", meter));
  record.mutable_start_time()->set_seconds(Request::kMarkedStart);
  record.mutable_end_time()->set_seconds(Request::kMarkedEnd);
  return record;
}

std::vector<Request> Requests(const OverloadOptions& options) {
  std::vector<Request> requests;
  for (int meter = 0; meter < kMeters; ++meter) {
    if (options.batch_records == 0) {
      v1::CalculateInstantCostRequest request;
      *request.mutable_record() = Marked(meter, meter);
      request.set_non_persistent(options.non_persistent);
      requests.emplace_back(request);
      continue;
    }
    v1::BatchCalculateInstantCostsRequest request;
    request.set_view(v1::MeterRecordView::LEAN);
    request.set_non_persistent(options.non_persistent);
    for (int i = 0; i < options.batch_records; ++i) *request.add_records() = Marked(meter, i);
    requests.emplace_back(request);
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
    for (const Request& request : requests_) {
      if (request.records() != static_cast<size_t>(std::max(options_.batch_records, 1))) {
        return absl::InternalError("the requests' times are not found in their bytes");
      }
    }
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
    const uint64_t number = options_.calls_before + started_;
    call->reader = stubs_[started_ % stubs_.size()]->PrepareUnaryCall(
        &call->context, method_, requests_[number % requests_.size()].Bytes(number / requests_.size()), &queue_);
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
    result.calls = started_;
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
  const std::vector<Request> requests_;
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
