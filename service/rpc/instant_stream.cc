#include "service/rpc/instant_stream.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/rpc/record_codec.h"
#include "service/rpc/status_codec.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;

// A message of answers holds about this many, so that the largest full view
// stays well under the 4 MiB that clients accept by default; a segment of a
// breakdown counts as one.
constexpr size_t kAnswersPerMessage = 1000;
// Answers that may wait for the peer before reading stops.
constexpr size_t kMostPending = 2000;

// What may be with the calculator before reading stops: a commit's worth or two, where a
// commit of a disk takes milliseconds. A record weighs 1, or as much as its breakdown
// may have segments; and a chunk at least 1 for each KiB of its message.
constexpr size_t kMostWeightUnderWay = 10'000;
constexpr size_t kMostChunksUnderWay = 256;
constexpr size_t kWeightOfBreakdown = 100;
constexpr size_t kBytesOfWeight = 1'024;

// What the chunks that are kept to be used again may hold together; one is kept always.
constexpr size_t kMostSpareBytes = 8 << 20;
constexpr size_t kMostSpareChunks = 64;

// A message whose arena has grown past this gives it back. A field that comes
// and goes leaves its old place on the arena unused.
constexpr uint64_t kMostArenaBytes = 4 << 20;

// A record that was not priced may still hold the breakdown of one before it.
size_t WeightOf(const calculator::Outcome& outcome) { return outcome.ok() ? 1 + outcome.record.breakdown.size() : 1; }

}  // namespace

// The records are the message's pool: the message borrows as many as it holds,
// and what they have allocated stays. All live on one arena.
class InstantStream::AnswerMessage {
 public:
  AnswerMessage() { Create(); }

  size_t weight() const { return weight_; }

  // The message as bytes, to be written; nothing is added any more.
  const grpc::ByteBuffer& Seal() {
    bool own = false;
    // It cannot fail: the message is ours, and far below 2 GiB.
    (void)grpc::SerializationTraits<v1::StreamInstantCostsResponse>::Serialize(*response_, &bytes_, &own);
    return bytes_;
  }

  // The next outcome, of that weight.
  v1::SequencedOutcome* Add(size_t weight) {
    weight_ += weight;
    return response_->add_outcomes();
  }

  // A record for `outcome`, possibly with what it held before.
  v1::MeterRecord* LendTo(v1::SequencedOutcome* outcome) {
    if (lent_ == records_.size()) records_.push_back(google::protobuf::Arena::CreateMessage<v1::MeterRecord>(&arena_));
    v1::MeterRecord* record = records_[lent_++];
    outcome->unsafe_arena_set_allocated_result(record);
    return record;
  }

  // The message has been written. A breakdown may be a hundred times the size of
  // other answers, and is not kept for those.
  void Sent() {
    bytes_.Clear();
    if (weight_ > kAnswersPerMessage) Renew();
  }

  void Empty() {
    lent_ = 0;
    weight_ = 0;
    if (arena_.SpaceUsed() > kMostArenaBytes) {
      Renew();
      return;
    }
    for (v1::SequencedOutcome& outcome : *response_->mutable_outcomes()) {
      if (outcome.has_result()) outcome.unsafe_arena_release_result();
    }
    response_->clear_outcomes();
  }

 private:
  void Renew() {
    records_.clear();
    arena_.Reset();
    Create();
  }

  void Create() { response_ = google::protobuf::Arena::CreateMessage<v1::StreamInstantCostsResponse>(&arena_); }

  google::protobuf::Arena arena_;
  v1::StreamInstantCostsResponse* response_ = nullptr;
  grpc::ByteBuffer bytes_;
  std::vector<v1::MeterRecord*> records_;
  size_t lent_ = 0;
  size_t weight_ = 0;
};

// Records on their way through the calculator.
struct InstantStream::Chunk {
  RecycledArena arena;
  v1::StreamInstantCostsRequest* request = nullptr;  // on the arena
  calculator::Batch batch;
  std::vector<calculator::Submission> submissions;
  std::vector<calculator::Outcome> outcomes;
  size_t weight = 0;
  bool done = false;  // guarded by the stream's mutex

  size_t kept_bytes() const { return arena.kept_bytes() + outcomes.capacity() * sizeof(calculator::Outcome); }
};

InstantStream* InstantStream::Start(calculator::Calculator* calculator, Settings settings, StreamRegistry* registry,
                                    grpc::CallbackServerContext* context) {
  std::shared_ptr<InstantStream> stream(new InstantStream(calculator, std::move(settings), registry, context));
  InstantStream* const raw = stream.get();
  raw->self_ = stream;
  registry->Add(stream);  // first: the stream may end, and remove itself, at any time from now on
  raw->Do(raw->flow_.Begin());
  return raw;
}

InstantStream::InstantStream(calculator::Calculator* calculator, Settings settings, StreamRegistry* registry,
                             grpc::CallbackServerContext* context)
    : calculator_(calculator),
      settings_(std::move(settings)),
      registry_(registry),
      context_(context),
      flow_({kMostPending, kMostWeightUnderWay, kMostChunksUnderWay}) {}

InstantStream::~InstantStream() = default;

void InstantStream::EndSoon() {
  draining_.store(true);
  Do(flow_.EndSoon());
  Hurry();
}

void InstantStream::OnCancel() { Hurry(); }

void InstantStream::OnReadDone(bool ok) {
  if (!ok) {
    Do(flow_.ReadEnded());
    return;
  }
  settings_.observed.Received();
  if (!flow_.ReadArrived()) return;
  std::unique_ptr<Chunk> taken = TakeChunk();
  if (grpc::Status refusal = ReadChunk(taken.get()); !refusal.ok()) {
    refusal_ = std::move(refusal);
    Do(flow_.ReadEnded());
    return;
  }
  Chunk* const chunk = taken.get();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    chunks_.push_back(std::move(taken));
  }
  flow_.HandingOn(chunk->weight);
  if (const absl::Duration wait = settings_.lease.TakeChunk(); wait > absl::ZeroDuration()) {
    read_at_ = absl::Now() + wait;
  }
  calculator_->Calculate(&chunk->batch, [this, chunk] { Calculated(chunk); });
  Do(flow_.HandedOn());
}

std::unique_ptr<InstantStream::Chunk> InstantStream::TakeChunk() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (!spare_.empty()) {
      std::unique_ptr<Chunk> chunk = std::move(spare_.back());
      spare_.pop_back();
      spare_bytes_ -= chunk->kept_bytes();
      return chunk;
    }
  }
  auto chunk = std::make_unique<Chunk>();
  chunk->batch.caller.account_id = settings_.identity->tenant.account_id;
  chunk->batch.caller.live_mode = settings_.identity->tenant.live_mode;
  chunk->batch.caller.authorization = AuthorizationOf(*context_);
  chunk->batch.caller.deadline = absl::FromChrono(context_->deadline());
  chunk->batch.caller.cancelled = [context = context_] { return context->IsCancelled(); };
  chunk->batch.may_wait = true;
  chunk->request = chunk->arena.Renew<v1::StreamInstantCostsRequest>();
  return chunk;
}

void InstantStream::Recycle(std::unique_ptr<Chunk> chunk) {
  chunk->batch.keep_alive.reset();
  if (chunk->batch.options.include_breakdown) std::vector<calculator::Outcome>().swap(chunk->outcomes);
  chunk->request = chunk->arena.Renew<v1::StreamInstantCostsRequest>();
  chunk->done = false;
  std::lock_guard<std::mutex> lock(mutex_);
  const size_t bytes = chunk->kept_bytes();
  if (spare_.empty() || (spare_.size() < kMostSpareChunks && spare_bytes_ + bytes <= kMostSpareBytes)) {
    spare_bytes_ += bytes;
    spare_.push_back(std::move(chunk));
  }
}

grpc::Status InstantStream::ReadChunk(Chunk* chunk) {
  const size_t bytes = incoming_.Length();
  if (!grpc::SerializationTraits<v1::StreamInstantCostsRequest>::Deserialize(&incoming_, chunk->request).ok()) {
    return InvalidField("records",
                        "cannot be read: the bytes are no StreamInstantCostsRequest, or a text is not UTF-8; the "
                        "stream ends here");
  }
  const size_t count = static_cast<size_t>(chunk->request->records_size());
  if (count == 0 || count > settings_.chunk_limit) {
    return InvalidField("records", absl::StrCat("holds ", count, " records; a chunk must hold 1 to ",
                                                settings_.chunk_limit, "; the stream ends here"));
  }
  chunk->weight =
      std::max(chunk->request->include_breakdown() ? count * kWeightOfBreakdown : count, bytes / kBytesOfWeight);
  chunk->submissions.resize(count);
  if (chunk->outcomes.size() < count) chunk->outcomes.resize(count);
  for (size_t i = 0; i < count; ++i) {
    chunk->submissions[i] = DecodeSubmission(chunk->request->records(static_cast<int>(i)).record());
  }
  chunk->batch.options = DecodeOptions(*chunk->request);
  chunk->batch.submissions = chunk->submissions;
  chunk->batch.outcomes = absl::MakeSpan(chunk->outcomes.data(), count);
  return grpc::Status::OK;
}

void InstantStream::Calculated(Chunk* chunk) {
  std::shared_ptr<InstantStream> self;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    chunk->done = true;
    if (answering_) return;
    answering_ = true;
    // The stream may be over, and gone, with the last answer. It is not over yet:
    // this chunk is under way.
    self = self_;
  }
  for (;;) {
    std::unique_ptr<Chunk> oldest;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (chunks_.empty() || !chunks_.front()->done) {
        answering_ = false;
        return;
      }
      oldest = std::move(chunks_.front());
      chunks_.pop_front();
    }
    Answer(std::move(oldest));
  }
}

// The message that the next answer goes into: the last one if it has room.
InstantStream::AnswerMessage* InstantStream::WithRoom(size_t weight, std::vector<AnswerMessage*>* messages) {
  if (!messages->empty() && messages->back()->weight() + weight <= kAnswersPerMessage) return messages->back();
  AnswerMessage* message = flow_.TakeSpare();
  if (message == nullptr) {
    messages_.push_back(std::make_unique<AnswerMessage>());
    message = messages_.back().get();
  } else {
    message->Empty();
  }
  messages->push_back(message);
  return message;
}

void InstantStream::Answer(std::unique_ptr<Chunk> chunk) {
  const calculator::Batch& batch = chunk->batch;
  const v1::StreamInstantCostsRequest& request = *chunk->request;
  std::vector<AnswerMessage*> messages;
  if (AnswerMessage* newest = flow_.TakeNewest()) messages.push_back(newest);
  const bool full = request.view() == v1::MeterRecordView::FULL;
  for (size_t i = 0; i < batch.outcomes.size(); ++i) {
    const calculator::Outcome& outcome = batch.outcomes[i];
    const size_t weight = WeightOf(outcome);
    AnswerMessage* message = WithRoom(weight, &messages);
    v1::SequencedOutcome* item = message->Add(weight);
    item->set_sequence(request.records(static_cast<int>(i)).sequence());
    if (!outcome.ok()) {
      EncodeFailure(*outcome.failure, absl::StrCat("records[", i, "].record."), item->mutable_status());
      continue;
    }
    v1::MeterRecord* record = message->LendTo(item);
    if (full) {
      EncodeFull(chunk->submissions[i], outcome.record, batch, record);
    } else {
      // A record that was lent out for a full view before holds more than this one shall.
      if (!record->object().empty()) record->Clear();
      EncodeLean(chunk->submissions[i], outcome.record, record);
    }
  }
  const size_t weight = chunk->weight;
  Recycle(std::move(chunk));
  Do(flow_.Answered(messages, weight));
}

void InstantStream::OnWriteDone(bool ok) {
  under_way_->Sent();
  Do(ok ? flow_.Written() : flow_.WriteFailed());
}

void InstantStream::OnDone() {
  {
    // It holds on to this.
    std::lock_guard<std::mutex> lock(mutex_);
    read_alarm_.reset();
  }
  registry_->Remove(this);
  self_.reset();  // perhaps the last owner
}

void InstantStream::Do(Flow::Next next) {
  for (;;) {
    // Nobody finishes the stream, so that it could be gone, before a write that
    // has been said is done and a read that has been said is started.
    const bool read = next.read && !PutOffRead();
    if (read) StartRead(&incoming_);
    if (next.write != nullptr) {
      under_way_ = next.write;
      settings_.observed.Sent();
      StartWrite(&under_way_->Seal());
    }
    if (next.finish) {
      const grpc::Status status = EndStatus();
      settings_.observed.Ended(status.error_code());
      Finish(status);
    }
    if (!read) return;
    next = flow_.ReadStarted();
  }
}

// The stream cannot finish meanwhile: the read was said and is not yet started.
bool InstantStream::PutOffRead() {
  if (read_at_ == absl::InfinitePast()) return false;
  const absl::Time at = std::exchange(read_at_, absl::InfinitePast());
  if (at <= absl::Now()) return false;
  std::lock_guard<std::mutex> lock(mutex_);
  if (hurried_) return false;
  // Another one each time: the last may still be in its function.
  read_alarm_ = std::make_unique<grpc::Alarm>();
  read_alarm_->Set(absl::ToChronoTime(at), [this, self = self_](bool) {
    StartRead(&incoming_);
    Do(flow_.ReadStarted());
  });
  return true;
}

void InstantStream::Hurry() {
  std::lock_guard<std::mutex> lock(mutex_);
  hurried_ = true;
  if (read_alarm_ != nullptr) read_alarm_->Cancel();
}

grpc::Status InstantStream::EndStatus() const {
  if (!refusal_.ok()) return refusal_;
  if (!draining_.load()) return grpc::Status::OK;
  return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                      "the server is shutting down; open a new stream for the records that were not answered");
}

}  // namespace costs::rpc
