#include "client/cli/stream_pump.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "client/cli/chunk_window.h"
#include "google/protobuf/arena.h"
#include "grpcpp/client_context.h"

namespace costs::cli {
namespace {

// A message may have 4 MiB (gRPC's default), so long lines make smaller chunks.
constexpr size_t kChunkBytes = size_t{1} << 20;
// Holds the answers of a chunk of the usual size without another allocation.
constexpr size_t kArenaBytes = size_t{1} << 20;

using Stream = grpc::ClientReaderWriterInterface<v1::StreamInstantCostsRequest, v1::StreamInstantCostsResponse>;

class Pump {
 public:
  Pump(v1::CostsService::StubInterface* stub, const PumpOptions& options, RecordSource* source,
       AnswerReceiver* receiver)
      : stub_(stub),
        options_(options),
        source_(source),
        receiver_(receiver),
        window_(options.chunks_in_flight),
        arena_block_(new char[kArenaBytes]),
        arena_(arena_block_.get(), kArenaBytes) {}

  PumpResult Run();

 private:
  // The sending side.
  void Send();
  bool Fill(Chunk* chunk, v1::StreamInstantCostsRequest* request);
  void OpenStream();

  // The receiving side.
  void Receive();
  bool HandOn(const Chunk& chunk);
  bool HandOnLine(const Chunk::Line& line);
  bool HandOnAnswer(const Chunk::Line& line);
  bool Told(absl::Status status);
  bool Violation(std::string what);
  const v1::SequencedOutcome* NextOutcome();

  v1::CostsService::StubInterface* const stub_;
  const PumpOptions& options_;
  RecordSource* const source_;
  AnswerReceiver* const receiver_;
  ChunkWindow window_;
  grpc::ClientContext context_;
  // Set by the sending side before it submits the first chunk with a record.
  std::unique_ptr<Stream> stream_;

  // The sending side's.
  InputLine line_;
  uint64_t next_sequence_ = 0;
  std::atomic<int64_t> sent_{0};

  // The receiving side's. The arena is emptied for each message.
  std::unique_ptr<char[]> arena_block_;
  google::protobuf::Arena arena_;
  v1::StreamInstantCostsResponse* response_ = nullptr;
  int next_outcome_ = 0;
  std::atomic<int64_t> answered_{0};
  std::string protocol_error_;

  PumpResult result_;  // each side writes its own members
};

PumpResult Pump::Run() {
  std::thread receiving([this] { Receive(); });
  Send();
  receiving.join();
  result_.records_sent = sent_;
  if (stream_ == nullptr) return std::move(result_);
  const grpc::Status status = stream_->Finish();
  if (!result_.receiver_status.ok()) return std::move(result_);
  if (!protocol_error_.empty()) {
    RpcError error;
    error.code = grpc::StatusCode::INTERNAL;
    error.message = protocol_error_;
    result_.stream_error = error;
  } else if (!status.ok()) {
    result_.stream_error = ErrorFrom(status);
  } else if (answered_ < sent_) {
    RpcError error;
    error.code = grpc::StatusCode::UNAVAILABLE;
    error.message = "the server closed the stream early";
    result_.stream_error = error;
  }
  return std::move(result_);
}

void Pump::OpenStream() {
  if (options_.deadline.has_value()) context_.set_deadline(absl::ToChronoTime(*options_.deadline));
  stream_ = stub_->StreamInstantCosts(&context_);
}

void Pump::Send() {
  v1::StreamInstantCostsRequest request = options_.request;
  bool more = true;
  bool open = true;
  while (more && open) {
    Chunk* const chunk = window_.TakeFree();
    if (chunk == nullptr) break;
    more = Fill(chunk, &request);
    if (chunk->sent() > 0) {
      if (stream_ == nullptr) OpenStream();
      sent_ += static_cast<int64_t>(chunk->sent());
      result_.most_outstanding = std::max<int64_t>(result_.most_outstanding, sent_ - answered_);
    }
    window_.Submit(chunk);
    if (request.records_size() > 0) open = stream_->Write(request);
  }
  // Where a write fails, the receiving side sees the stream end, and why.
  if (stream_ != nullptr && open) stream_->WritesDone();
  window_.Finish();
}

// Reads lines until the chunk is full; false at the end of the input.
bool Pump::Fill(Chunk* chunk, v1::StreamInstantCostsRequest* request) {
  request->mutable_records()->Clear();  // keeps the messages for another time
  bool more = true;
  while (more && chunk->size() < options_.chunk_records && chunk->bytes() < kChunkBytes) {
    v1::SequencedSubmission* const submission = request->add_records();
    const RecordSource::Got got = source_->Next(submission->mutable_record(), &line_);
    if (got == RecordSource::Got::kRecord) {
      submission->set_sequence(next_sequence_++);
      chunk->Add(line_.number, line_.carry);
    } else {
      request->mutable_records()->RemoveLast();
      if (got == RecordSource::Got::kBadLine) {
        chunk->AddBad(line_.number, line_.carry, line_.error);
      } else {
        more = false;
        if (got == RecordSource::Got::kReadError) result_.read_error = line_.error;
      }
    }
  }
  chunk->set_offset(line_.offset);
  result_.lines_read += static_cast<int64_t>(chunk->size());
  return more;
}

void Pump::Receive() {
  while (const Chunk* chunk = window_.Front()) {
    if (!HandOn(*chunk)) {
      window_.Stop();
      // Where the stream has ended, a cancellation would hide the reason.
      if (!result_.receiver_status.ok() || !protocol_error_.empty()) context_.TryCancel();
      return;
    }
    window_.PopFront();
  }
  // Everything is answered, so the server has nothing left but its status.
  if (stream_ != nullptr && NextOutcome() != nullptr) {
    Violation("the server answered more records than it was sent");
    context_.TryCancel();
  }
}

bool Pump::HandOn(const Chunk& chunk) {
  for (size_t i = 0; i < chunk.size(); ++i) {
    const Chunk::Line line = chunk.line(i);
    if (!HandOnLine(line)) return false;
    ++result_.lines_handed_on;
    result_.last_line = line.number;
  }
  return Told(receiver_->OnChunkDone(chunk.offset()));
}

bool Pump::HandOnLine(const Chunk::Line& line) {
  return line.sent ? HandOnAnswer(line) : Told(receiver_->OnBadLine(line.number, line.carry, line.error));
}

bool Pump::HandOnAnswer(const Chunk::Line& line) {
  const v1::SequencedOutcome* const outcome = NextOutcome();
  if (outcome == nullptr) return false;  // Finish() will say why
  const auto expected = static_cast<uint64_t>(answered_.load(std::memory_order_relaxed));
  if (outcome->sequence() != expected) {
    return Violation(
        absl::StrCat("the server answered record ", outcome->sequence(), " where ", expected, " was to be answered"));
  }
  answered_.fetch_add(1, std::memory_order_relaxed);
  switch (outcome->outcome_case()) {
    case v1::SequencedOutcome::kResult:
      return Told(receiver_->OnResult(line.carry, outcome->result()));
    case v1::SequencedOutcome::kStatus:
      return Told(receiver_->OnRefusal(line.number, line.carry, outcome->status()));
    case v1::SequencedOutcome::OUTCOME_NOT_SET:
      break;
  }
  return Violation(absl::StrCat("the server's answer to record ", expected, " is empty"));
}

bool Pump::Told(absl::Status status) {
  result_.receiver_status = std::move(status);
  return result_.receiver_status.ok();
}

bool Pump::Violation(std::string what) {
  protocol_error_ = std::move(what);
  return false;
}

// The next answer; null where the stream has ended.
const v1::SequencedOutcome* Pump::NextOutcome() {
  while (response_ == nullptr || next_outcome_ == response_->outcomes_size()) {
    arena_.Reset();
    response_ = google::protobuf::Arena::CreateMessage<v1::StreamInstantCostsResponse>(&arena_);
    next_outcome_ = 0;
    if (!stream_->Read(response_)) return nullptr;
  }
  return &response_->outcomes(next_outcome_++);
}

}  // namespace

PumpResult PumpRecords(v1::CostsService::StubInterface* stub, const PumpOptions& options, RecordSource* source,
                       AnswerReceiver* receiver) {
  return Pump(stub, options, source, receiver).Run();
}

}  // namespace costs::cli
