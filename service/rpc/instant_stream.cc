#include "service/rpc/instant_stream.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
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

InstantStream* InstantStream::Start(calculator::Calculator* calculator, const Settings& settings,
                                    StreamRegistry* registry, grpc::CallbackServerContext* context) {
  std::shared_ptr<InstantStream> stream(new InstantStream(calculator, settings, registry, context));
  InstantStream* const raw = stream.get();
  raw->self_ = stream;
  registry->Add(stream);  // first: the stream may end, and remove itself, at any time from now on
  raw->Do(raw->flow_.Begin());
  return raw;
}

InstantStream::InstantStream(calculator::Calculator* calculator, const Settings& settings, StreamRegistry* registry,
                             grpc::CallbackServerContext* context)
    : calculator_(calculator), settings_(settings), registry_(registry), context_(context), flow_(kMostPending) {
  request_ = request_arena_.Renew<v1::StreamInstantCostsRequest>();
  batch_.caller.account_id = settings_.account_id;
  batch_.caller.live_mode = settings_.live_mode;
  batch_.caller.deadline = absl::FromChrono(context->deadline());
  batch_.caller.cancelled = [context] { return context->IsCancelled(); };
}

InstantStream::~InstantStream() = default;

void InstantStream::EndSoon() {
  draining_.store(true);
  Do(flow_.EndSoon());
}

void InstantStream::OnReadDone(bool ok) {
  if (!ok) {
    Do(flow_.ReadEnded());
    return;
  }
  if (!flow_.ReadArrived()) return;
  if (grpc::Status refusal = ReadChunk(); !refusal.ok()) {
    refusal_ = std::move(refusal);
    Do(flow_.ReadEnded());
    return;
  }
  const size_t count = static_cast<size_t>(request_->records_size());
  submissions_.resize(count);
  if (outcomes_.size() < count) outcomes_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    submissions_[i] = DecodeSubmission(request_->records(static_cast<int>(i)).record());
  }
  batch_.options = DecodeOptions(*request_);
  batch_.submissions = submissions_;
  batch_.outcomes = absl::MakeSpan(outcomes_.data(), count);
  calculator_->Calculate(&batch_, [this] { Answer(); });
}

grpc::Status InstantStream::ReadChunk() {
  if (!grpc::SerializationTraits<v1::StreamInstantCostsRequest>::Deserialize(&incoming_, request_).ok()) {
    return InvalidField("records",
                        "cannot be read: the bytes are no StreamInstantCostsRequest, or a text is not UTF-8; the "
                        "stream ends here");
  }
  const size_t count = static_cast<size_t>(request_->records_size());
  if (count == 0 || count > settings_.chunk_limit) {
    return InvalidField("records", absl::StrCat("holds ", count, " records; a chunk must hold 1 to ",
                                                settings_.chunk_limit, "; the stream ends here"));
  }
  return grpc::Status::OK;
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

void InstantStream::Answer() {
  std::vector<AnswerMessage*> messages;
  if (AnswerMessage* newest = flow_.TakeNewest()) messages.push_back(newest);
  const bool full = request_->view() == v1::MeterRecordView::FULL;
  for (size_t i = 0; i < batch_.outcomes.size(); ++i) {
    const calculator::Outcome& outcome = batch_.outcomes[i];
    const size_t weight = WeightOf(outcome);
    AnswerMessage* message = WithRoom(weight, &messages);
    v1::SequencedOutcome* item = message->Add(weight);
    item->set_sequence(request_->records(static_cast<int>(i)).sequence());
    if (!outcome.ok()) {
      EncodeFailure(*outcome.failure, absl::StrCat("records[", i, "].record."), item->mutable_status());
      continue;
    }
    v1::MeterRecord* record = message->LendTo(item);
    if (full) {
      EncodeFull(submissions_[i], outcome.record, batch_, record);
    } else {
      // A record that was lent out for a full view before holds more than this one shall.
      if (!record->object().empty()) record->Clear();
      EncodeLean(submissions_[i], outcome.record, record);
    }
  }
  batch_.keep_alive.reset();
  if (batch_.options.include_breakdown) std::vector<calculator::Outcome>().swap(outcomes_);
  request_ = request_arena_.Renew<v1::StreamInstantCostsRequest>();
  Do(flow_.Answered(messages));
}

void InstantStream::OnWriteDone(bool ok) {
  under_way_->Sent();
  Do(ok ? flow_.Written() : flow_.WriteFailed());
}

void InstantStream::OnDone() {
  registry_->Remove(this);
  self_.reset();  // perhaps the last owner
}

void InstantStream::Do(Flow::Next next) {
  for (;;) {
    // Nobody finishes the stream, so that it could be gone, before a write that
    // has been said is done and a read that has been said is started.
    const bool read = next.read;
    if (read) StartRead(&incoming_);
    if (next.write != nullptr) {
      under_way_ = next.write;
      StartWrite(&under_way_->Seal());
    }
    if (next.finish) Finish(EndStatus());
    if (!read) return;
    next = flow_.ReadStarted();
  }
}

grpc::Status InstantStream::EndStatus() const {
  if (!refusal_.ok()) return refusal_;
  if (!draining_.load()) return grpc::Status::OK;
  return grpc::Status(grpc::StatusCode::UNAVAILABLE,
                      "the server is shutting down; open a new stream for the records that were not answered");
}

}  // namespace costs::rpc
