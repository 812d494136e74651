#include "tests/bench/load_client.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "grpcpp/support/proto_buffer_writer.h"
#include "tests/bench/sample_records.h"

namespace costs::bench {
namespace {

using energy::costs::v1::CalculateInstantCostRequest;
using energy::costs::v1::MeterRecord;
using energy::costs::v1::MeterRecordData;
using energy::costs::v1::SequencedOutcome;
using energy::costs::v1::SequencedSubmission;
using energy::costs::v1::StreamInstantCostsRequest;
using energy::costs::v1::StreamInstantCostsResponse;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr char kUnaryMethod[] = "/energy.costs.v1.CostsService/CalculateInstantCost";
constexpr char kStreamMethod[] = "/energy.costs.v1.CostsService/StreamInstantCosts";

// ---- requests ---------------------------------------------------------------

grpc::ByteBuffer Serialise(const google::protobuf::Message& message) {
  const std::string bytes = message.SerializeAsString();
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::vector<grpc::ByteBuffer> UnaryRequests() {
  std::vector<grpc::ByteBuffer> requests;
  for (int i = 0; i < kSampleRecords; ++i) {
    CalculateInstantCostRequest request;
    *request.mutable_record() = SampleSubmission(i);
    request.set_non_persistent(false);
    requests.push_back(Serialise(request));
  }
  return requests;
}

// The sequence number of a record is its index.
std::vector<grpc::ByteBuffer> StreamRequests(int chunk_records) {
  static_assert(kSampleRecords % kChunkRecords == 0, "the sequence numbers must go round");
  std::vector<grpc::ByteBuffer> requests;
  for (int i = 0; i < kSampleRecords; i += chunk_records) {
    StreamInstantCostsRequest request;
    request.set_non_persistent(false);
    for (int j = i; j < i + chunk_records; ++j) {
      SequencedSubmission& record = *request.add_records();
      record.set_sequence(j);
      *record.mutable_record() = SampleSubmission(j);
    }
    requests.push_back(Serialise(request));
  }
  return requests;
}

// ---- answers ----------------------------------------------------------------

// Parses the whole message; for the first answer of a measurement only.
template <typename Message>
bool Parse(const grpc::ByteBuffer& bytes, Message* message) {
  grpc::ByteBuffer copy = bytes;
  grpc::ProtoBufferReader reader(&copy);
  return message->ParseFromZeroCopyStream(&reader);
}

absl::Status CheckData(const MeterRecordData& data) {
  if (data.energy().has_value() && data.tariff().has_value() && data.carbon().has_value()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("the first answer lacks energy, tariff or carbon; is the example location in the catalog? ",
                   data.ShortDebugString()));
}

// Goes over the outcomes of one response without parsing their records.
// Returns how many there are; -1 where one is not a result, bears another
// sequence number than *next, or the bytes are no response. Moves *next on.
int ScanOutcomes(grpc::ByteBuffer* bytes, uint64_t* next) {
  constexpr uint32_t kOutcomes = WireFormatLite::MakeTag(StreamInstantCostsResponse::kOutcomesFieldNumber,
                                                         WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  constexpr uint32_t kSequence =
      WireFormatLite::MakeTag(SequencedOutcome::kSequenceFieldNumber, WireFormatLite::WIRETYPE_VARINT);
  constexpr uint32_t kResult =
      WireFormatLite::MakeTag(SequencedOutcome::kResultFieldNumber, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);

  grpc::ProtoBufferReader reader(bytes);
  CodedInputStream in(&reader);
  int outcomes = 0;
  while (const uint32_t outcome_tag = in.ReadTag()) {
    uint32_t size = 0;
    if (outcome_tag != kOutcomes || !in.ReadVarint32(&size)) return -1;
    const CodedInputStream::Limit limit = in.PushLimit(static_cast<int>(size));
    uint64_t sequence = 0;  // the default is not on the wire
    bool result = false;
    while (const uint32_t tag = in.ReadTag()) {
      if (tag == kSequence) {
        if (!in.ReadVarint64(&sequence)) return -1;
      } else if (tag == kResult) {
        result = true;
        if (!in.ReadVarint32(&size) || !in.Skip(static_cast<int>(size))) return -1;
      } else {
        return -1;
      }
    }
    in.PopLimit(limit);
    if (!result || sequence != *next) return -1;
    *next = (*next + 1) % kSampleRecords;
    ++outcomes;
  }
  return outcomes;
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// ---- measuring --------------------------------------------------------------

double CpuSeconds(clockid_t clock) {
  timespec time = {};
  if (clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// How long these cores were busy since the machine started, by /proc/stat.
double BusySeconds(const std::vector<int>& cores) {
  std::ifstream stat("/proc/stat");
  double ticks = 0;
  for (std::string line; std::getline(stat, line);) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.size() < 9 || !absl::StartsWith(words[0], "cpu")) continue;
    int core = 0;
    if (!absl::SimpleAtoi(words[0].substr(3), &core)) continue;  // "cpu": the sum
    if (std::find(cores.begin(), cores.end(), core) == cores.end()) continue;
    // user, nice, system, (idle, iowait,) irq, softirq, steal
    for (const int column : {1, 2, 3, 6, 7, 8}) {
      double value = 0;
      if (absl::SimpleAtod(words[static_cast<size_t>(column)], &value)) ticks += value;
    }
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// Counts answers between the end of the warm-up and the end of the measurement.
class Meter {
 public:
  explicit Meter(const LoadOptions& options)
      : begin_(Clock::now() + absl::ToChronoNanoseconds(options.warm_up)),
        end_(begin_ + absl::ToChronoNanoseconds(options.duration)),
        patience_(options.patience),
        cores_(options.cores) {
    if (clock_getcpuclockid(options.server_pid, &server_clock_) != 0) server_clock_ = CLOCK_PROCESS_CPUTIME_ID;
  }

  // These records were answered with so many bytes, now. False: it is over.
  bool Count(int records, size_t bytes) {
    const Clock::time_point now = Clock::now();
    if (now < begin_) return true;
    if (!first_.has_value()) {
      first_ = Snapshot(now);
      return true;
    }
    if (last_.has_value()) return false;
    records_ += records;
    bytes_ += bytes;
    if (now >= end_) last_ = Snapshot(now);
    return !last_.has_value();
  }

  absl::StatusOr<LoadResult> Result() const {
    if (!last_.has_value() || records_ == 0) return absl::InternalError("the server ended the load by itself");
    const double seconds = std::chrono::duration<double>(last_->time - first_->time).count();
    const double server_cpu = last_->server_cpu - first_->server_cpu;
    const double client_cpu = last_->client_cpu - first_->client_cpu;
    const double records = static_cast<double>(records_);
    LoadResult result;
    result.records = records_;
    result.records_per_second = records / seconds;
    result.server_cpu_us_per_record = server_cpu * 1e6 / records;
    result.client_cpu_us_per_record = client_cpu * 1e6 / records;
    result.answer_bytes_per_record = static_cast<double>(bytes_) / records;
    if (!cores_.empty()) {
      const double others = last_->busy - first_->busy - server_cpu - client_cpu;
      result.disturbed = std::clamp(others / (seconds * static_cast<double>(cores_.size())), 0.0, 1.0);
    }
    return result;
  }

  std::chrono::system_clock::time_point SilenceDeadline() const {
    return absl::ToChronoTime(absl::Now() + absl::FromChrono(end_ - Clock::now()) + patience_);
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Reading {
    Clock::time_point time;
    double server_cpu;
    double client_cpu;
    double busy;
  };
  Reading Snapshot(Clock::time_point now) const {
    return {now, CpuSeconds(server_clock_), CpuSeconds(CLOCK_PROCESS_CPUTIME_ID), BusySeconds(cores_)};
  }

  const Clock::time_point begin_;
  const Clock::time_point end_;
  const absl::Duration patience_;
  const std::vector<int> cores_;
  clockid_t server_clock_ = CLOCK_PROCESS_CPUTIME_ID;
  std::optional<Reading> first_;
  std::optional<Reading> last_;
  int64_t records_ = 0;
  uint64_t bytes_ = 0;
};

// The completion queue of one measurement, polled by one thread.
class Events {
 public:
  explicit Events(std::chrono::system_clock::time_point deadline) : deadline_(deadline) {}
  ~Events() {
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  grpc::CompletionQueue* queue() { return &queue_; }

  // The next event. False where none came before the deadline. After Cancelled()
  // there is no deadline: what is cancelled always ends.
  bool Next(void** tag, bool* ok) {
    if (cancelled_) return queue_.Next(tag, ok);
    return queue_.AsyncNext(tag, ok, deadline_) == grpc::CompletionQueue::GOT_EVENT;
  }
  void Cancelled() { cancelled_ = true; }

 private:
  const std::chrono::system_clock::time_point deadline_;
  bool cancelled_ = false;
  grpc::CompletionQueue queue_;
};

absl::Status Silent() { return absl::DeadlineExceededError("the server stopped answering"); }

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& address, absl::Duration patience) {
  grpc::ChannelArguments arguments;
  // A connection of its own for each channel.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(absl::ToChronoTime(absl::Now() + patience))) {
    return absl::UnavailableError(absl::StrCat("cannot connect to ", address));
  }
  return channel;
}

// ---- unary ------------------------------------------------------------------

class UnaryLoad {
 public:
  UnaryLoad(const LoadOptions& options, const std::vector<std::shared_ptr<grpc::Channel>>& channels)
      : requests_(UnaryRequests()),
        calls_(std::max(options.calls_in_flight, 1)),
        meter_(options),
        events_(meter_.SilenceDeadline()) {
    for (const auto& channel : channels) stubs_.push_back(std::make_unique<grpc::GenericStub>(channel));
  }

  absl::StatusOr<LoadResult> Run() {
    for (Call& call : calls_) Start(&call);
    while (in_flight_ > 0) {
      void* tag = nullptr;
      bool ok = false;
      if (!events_.Next(&tag, &ok)) {
        Fail(Silent());
        continue;
      }
      --in_flight_;
      Call* call = static_cast<Call*>(tag);
      if (Answered(call)) Start(call);
    }
    if (!failure_.ok()) return failure_;
    return meter_.Result();
  }

 private:
  struct Call {
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer response;
    grpc::Status status;
  };

  void Start(Call* call) {
    call->reader.reset();
    call->context.emplace();
    call->reader = stubs_[started_ % stubs_.size()]->PrepareUnaryCall(
        &*call->context, method_, requests_[started_ % requests_.size()], events_.queue());
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
    ++started_;
    ++in_flight_;
  }

  // False: no further call.
  bool Answered(Call* call) {
    if (!failure_.ok()) return false;
    if (!call->status.ok()) {
      Fail(FromGrpc(call->status));
      return false;
    }
    if (!checked_) {
      checked_ = true;
      MeterRecord record;
      if (!Parse(call->response, &record)) Fail(absl::InternalError("the answer is not a MeterRecord"));
      const absl::Status status = CheckData(record.data());
      if (!status.ok()) Fail(status);
    }
    return meter_.Count(1, call->response.Length()) && failure_.ok();
  }

  void Fail(const absl::Status& status) {
    if (!failure_.ok()) return;
    failure_ = status;
    events_.Cancelled();
    for (Call& call : calls_) {
      if (call.context.has_value()) call.context->TryCancel();
    }
  }

  const std::string method_ = kUnaryMethod;
  const std::vector<grpc::ByteBuffer> requests_;
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::vector<Call> calls_;
  size_t started_ = 0;
  int in_flight_ = 0;
  bool checked_ = false;
  absl::Status failure_;
  Meter meter_;
  Events events_;
};

// ---- streams ----------------------------------------------------------------

// How a stream's writer keeps its window full.
struct Window {
  int chunk_records;
  int most;    // records unanswered
  int resume;  // having filled the window, writes again from here down
};

class StreamLoad {
 public:
  StreamLoad(const LoadOptions& options, const Window& window, const std::shared_ptr<grpc::Channel>& channel)
      : window_(window),
        requests_(StreamRequests(window.chunk_records)),
        meter_(options),
        events_(meter_.SilenceDeadline()),
        stub_(channel),
        stream_(stub_.PrepareCall(&context_, kStreamMethod, events_.queue())) {}

  absl::StatusOr<LoadResult> Run() {
    Begin();
    stream_->StartCall(Tag(kStart));
    while (pending_ > 0) {
      void* tag = nullptr;
      bool ok = false;
      if (!events_.Next(&tag, &ok)) {
        Fail(Silent());
        continue;
      }
      --pending_;
      Handle(static_cast<Operation>(reinterpret_cast<intptr_t>(tag)), ok);
    }
    if (!failure_.ok()) return failure_;
    if (!status_.ok()) return FromGrpc(status_);
    return meter_.Result();
  }

 private:
  enum Operation : intptr_t { kStart = 1, kWrite, kWritesDone, kRead, kFinish };
  // gRPC only hands a tag back, so that a number in a pointer's place will do.
  static void* Tag(Operation operation) {
    return reinterpret_cast<void*>(static_cast<intptr_t>(operation));  // NOLINT(performance-no-int-to-ptr)
  }
  void Begin() { ++pending_; }

  // gRPC ends each operation once: a broken stream ends them with !ok, the read
  // among them, and then the stream's status is asked for.
  void Handle(Operation operation, bool ok) {
    switch (operation) {
      case kStart:
        Read();
        if (ok) Write();
        break;
      case kWrite:
        writing_ = false;
        if (ok) Write();
        break;
      case kRead:
        if (!ok) {
          Begin();
          stream_->Finish(&status_, Tag(kFinish));
          break;
        }
        Answered();
        Read();
        Write();
        break;
      case kWritesDone:
      case kFinish:
        break;
    }
  }

  void Read() {
    Begin();
    stream_->Read(&response_, Tag(kRead));
  }

  // Writes the next chunk, or ends the writing, or does nothing until an answer
  // opens the window. Having filled the window it waits until `resume` are left,
  // so that single records go out in bursts, one system call for many: all but
  // the last of a burst may wait in gRPC's buffer.
  void Write() {
    if (writing_ || done_) return;
    if (over_) {
      done_ = true;
      Begin();
      stream_->WritesDone(Tag(kWritesDone));
      return;
    }
    if (unanswered_ > (filling_ ? window_.most - window_.chunk_records : window_.resume)) {
      filling_ = false;
      return;
    }
    filling_ = true;
    writing_ = true;
    unanswered_ += window_.chunk_records;
    grpc::WriteOptions options;
    if (unanswered_ + window_.chunk_records <= window_.most) options.set_buffer_hint();
    Begin();
    stream_->Write(requests_[written_++ % requests_.size()], options, Tag(kWrite));
  }

  void Answered() {
    if (over_ && !failure_.ok()) return;
    if (!checked_) {
      checked_ = true;
      StreamInstantCostsResponse response;
      if (!Parse(response_, &response) || response.outcomes_size() == 0) {
        return Fail(absl::InternalError("the answer is not a StreamInstantCostsResponse with outcomes"));
      }
      if (response.outcomes(0).has_status()) {
        return Fail(absl::InternalError(absl::StrCat("refused: ", response.outcomes(0).status().ShortDebugString())));
      }
      const absl::Status status = CheckData(response.outcomes(0).result().data());
      if (!status.ok()) return Fail(status);
    }
    const size_t bytes = response_.Length();
    const int outcomes = ScanOutcomes(&response_, &next_sequence_);
    if (outcomes < 0) return Fail(absl::InternalError("an answer is refused, or bears a wrong sequence number"));
    unanswered_ -= outcomes;
    if (!meter_.Count(outcomes, bytes)) over_ = true;
  }

  void Fail(const absl::Status& status) {
    if (!failure_.ok()) return;
    failure_ = status;
    over_ = done_ = true;
    events_.Cancelled();
    context_.TryCancel();
  }

  const Window window_;
  const std::vector<grpc::ByteBuffer> requests_;
  Meter meter_;
  Events events_;
  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer response_;
  grpc::Status status_;
  absl::Status failure_;
  int pending_ = 0;     // operations under way
  int unanswered_ = 0;  // records
  size_t written_ = 0;  // chunks
  uint64_t next_sequence_ = 0;
  bool checked_ = false;
  bool writing_ = false;
  bool filling_ = true;
  bool over_ = false;  // measured enough, or failed
  bool done_ = false;  // nothing more is written
};

}  // namespace

absl::string_view LoadName(Load load) {
  switch (load) {
    case Load::kUnary:
      return "unary";
    case Load::kSingleRecordStream:
      return "stream1";
    case Load::kChunkStream:
      return "stream1000";
  }
  return "";
}

absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  const int connections = options.load == Load::kUnary ? std::max(options.connections, 1) : 1;
  for (int i = 0; i < connections; ++i) {
    absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = Connect(options.address, options.patience);
    if (!channel.ok()) return channel.status();
    channels.push_back(*std::move(channel));
  }
  switch (options.load) {
    case Load::kUnary:
      return UnaryLoad(options, channels).Run();
    case Load::kSingleRecordStream: {
      const int most = std::max(options.records_in_flight, 1);
      return StreamLoad(options, {1, most, most / 2}, channels[0]).Run();
    }
    case Load::kChunkStream: {
      const int most = std::max(options.chunks_in_flight, 1) * kChunkRecords;
      return StreamLoad(options, {kChunkRecords, most, most - kChunkRecords}, channels[0]).Run();
    }
  }
  return absl::InvalidArgumentError("unknown load");
}

}  // namespace costs::bench
