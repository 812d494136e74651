#include "client/record_stream.h"

#include <google/protobuf/arena.h>
#include <grpcpp/client_context.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/slice.h>

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/errors.h"
#include "client/stream_chunk.h"

namespace costs {
namespace {

namespace v1 = ::energy::costs::v1;

using Request = v1::StreamInstantCostsRequest;
using Response = v1::StreamInstantCostsResponse;

// Chunks that are under way before one that is not full is held back, to grow.
constexpr size_t kPartialChunks = 2;
// Holds the answers of a chunk of the usual size without another allocation.
constexpr size_t kArenaBytes = size_t{1} << 20;

constexpr char kMethod[] = "/energy.costs.v1.CostsService/StreamInstantCosts";

constexpr absl::Duration kFirstPause = absl::Milliseconds(200);
constexpr absl::Duration kLongestPause = absl::Seconds(5);

// Whether the same may go well later.
bool MayPass(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kCancelled:  // not by us; a server's in the moment of its end
    case absl::StatusCode::kAborted:
      return true;
    case absl::StatusCode::kResourceExhausted:
      return RetryAfterOf(status).has_value();
    default:
      return false;
  }
}

}  // namespace

// The stream's part that its connection and its pause know. It ends on the thread of the
// stream's owner, and with it the connections: a channel must not end on a thread of
// gRPC's.
class RecordStream::State {
 public:
  State(std::shared_ptr<grpc::ChannelInterface> channel, StreamOptions options)
      : stub_(std::move(channel)),
        options_(std::move(options)),
        // As many as the window holds of full ones.
        chunks_(WithoutRecords(options_.request),
                options_.window_records / std::max<size_t>(options_.chunk_records, 1) + 1) {}

  absl::Status Write(const v1::MeterRecordSubmission& record, bool wait, bool* taken);
  void WritesDone();
  void Cancel();
  absl::Status Await();
  Progress progress() const;

 private:
  class Connection;

  // What is to be done without the mutex.
  struct Next {
    std::shared_ptr<Connection> connection;
    bool start = false;
    const Chunk* write = nullptr;
    bool writes_done = false;
    bool release = false;  // nothing will be written any more
  };

  // What the reading side has answered and not yet told.
  struct Tally {
    size_t answered = 0;
    size_t refused = 0;
    size_t chunks = 0;  // of which each record is answered
  };

  static std::string WithoutRecords(Request request) {
    request.clear_records();
    return request.SerializeAsString();
  }

  bool HasRoom() const;
  void Seal();
  Next Proceed();
  void Do(Next next);
  void Connect(Next* next);
  void Pause(absl::Duration pause);
  absl::Duration PauseAfter(const absl::Status& status);
  // Of a connection.
  void Wrote(Connection* connection, bool ok);
  bool Read(Connection* connection, const Response& response);
  void ReadEnded(Connection* connection);
  void Ended(Connection* connection, const grpc::Status& status);
  bool Answer(Connection* connection, const v1::SequencedOutcome& outcome, Tally* tally);
  void Settle(Tally* tally);
  bool Violated(Connection* connection, const std::string& what);
  void End(absl::Status status);
  void TellEnd();
  void Leave();
  void GiveUpOrPause(const absl::Status& status);

  grpc::TemplatedGenericStub<grpc::ByteBuffer, Response> stub_;
  const StreamOptions options_;

  mutable std::mutex mutex_;  // of all below, unless said otherwise
  std::condition_variable changed_;
  ChunkPool chunks_;
  std::deque<std::unique_ptr<Chunk>> unanswered_;  // sealed, the oldest first
  size_t sent_ = 0;                                // of them, over this connection
  std::unique_ptr<Chunk> filling_;
  size_t outstanding_ = 0;
  size_t outstanding_bytes_ = 0;
  Progress progress_;

  std::shared_ptr<Connection> connection_;  // null: none, or it has ended
  std::shared_ptr<Connection> last_;        // the one before
  int busy_ = 0;                            // threads, not the caller's, that are not done with this
  bool pausing_ = false;
  int failures_ = 0;  // connections in a row that brought no answer
  bool ever_answered_ = false;
  absl::Time waiting_since_ = absl::InfiniteFuture();  // for an answer
  int attempts_ = 1;                                   // of the oldest record
  bool asked_again_for_login_ = false;

  bool finishing_ = false;
  bool cancelled_ = false;
  bool over_ = false;
  absl::Status end_;
  bool telling_ = false;
  bool told_ = false;  // on_end has run

  std::mt19937_64 random_{std::random_device{}()};

  // The reading side's; there is one connection at a time.
  uint64_t next_answer_ = 0;
  Chunk* head_ = nullptr;
};

// One gRPC stream. Its state keeps it until gRPC is done with it.
class RecordStream::State::Connection final : public grpc::ClientBidiReactor<grpc::ByteBuffer, Response> {
 public:
  explicit Connection(State* state)
      : state_(state), arena_block_(new char[kArenaBytes]), arena_(arena_block_.get(), kArenaBytes) {}

  void Start() {
    if (state_->options_.deadline != absl::InfiniteFuture()) {
      context_.set_deadline(absl::ToChronoTime(state_->options_.deadline));
    }
    context_.set_wait_for_ready(false);  // the pauses are the stream's
    state_->stub_.PrepareBidiStreamingCall(&context_, kMethod, grpc::StubOptions(), this);
    AddHold();  // for writes
    ReadNext();
    StartCall();
  }

  void Write(const Chunk& chunk) {
    const grpc::Slice slice(chunk.bytes);
    sending_ = grpc::ByteBuffer(&slice, 1);
    StartWrite(&sending_);
  }

  void Cancel() { context_.TryCancel(); }

  // Guarded by the state's mutex.
  bool writing = false;             // a write, or the end of writes, is being started or under way
  bool writes_done = false;         // was said
  bool released = false;            // of its hold
  bool broken = false;              // nothing more can be written
  std::optional<absl::Status> why;  // it was broken by us, and may be tried again
  std::optional<absl::Status> end;  // ... and may not
  bool broken_by_us() const { return why.has_value() || end.has_value(); }

 private:
  void ReadNext() {
    arena_.Reset();
    response_ = google::protobuf::Arena::CreateMessage<Response>(&arena_);
    StartRead(response_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return state_->ReadEnded(this);
    if (!state_->Read(this, *response_)) Cancel();
    ReadNext();
  }

  void OnWriteDone(bool ok) override { state_->Wrote(this, ok); }

  void OnDone(const grpc::Status& status) override { state_->Ended(this, status); }

  State* const state_;
  grpc::ClientContext context_;
  grpc::ByteBuffer sending_;
  std::unique_ptr<char[]> arena_block_;
  google::protobuf::Arena arena_;  // emptied for each message
  Response* response_ = nullptr;
};

bool RecordStream::State::HasRoom() const {
  return outstanding_ < options_.window_records && outstanding_bytes_ < options_.window_bytes;
}

void RecordStream::State::Seal() { unanswered_.push_back(std::move(filling_)); }

absl::Status RecordStream::State::Write(const v1::MeterRecordSubmission& record, bool wait, bool* taken) {
  const size_t bytes = record.ByteSizeLong();
  *taken = false;
  if (absl::Status wrong = CheckRecord(record, bytes); !wrong.ok()) return wrong;
  Next next;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (wait) changed_.wait(lock, [this] { return over_ || finishing_ || HasRoom(); });
    if (over_) return end_.ok() ? absl::FailedPreconditionError("the stream has been finished") : end_;
    if (finishing_) return absl::FailedPreconditionError("the stream is being finished");
    if (!HasRoom()) return absl::OkStatus();
    *taken = true;
    if (filling_ == nullptr) filling_ = chunks_.Take();
    AppendRecord(record, progress_.written++, filling_.get());
    if (outstanding_++ == 0) waiting_since_ = absl::Now();
    outstanding_bytes_ += bytes;
    filling_->records_bytes += bytes;
    progress_.most_outstanding = std::max(progress_.most_outstanding, outstanding_);
    if (filling_->ends.size() >= options_.chunk_records || filling_->bytes.size() >= kChunkBytes) Seal();
    next = Proceed();
  }
  Do(std::move(next));
  return absl::OkStatus();
}

// What there is to write now, or to connect for. With the mutex held.
RecordStream::State::Next RecordStream::State::Proceed() {
  Next next;
  if (over_ || pausing_) return next;
  if (connection_ == nullptr) {
    if (outstanding_ > 0) Connect(&next);
    return next;
  }
  Connection* const connection = connection_.get();
  if (connection->writing || connection->broken || connection->writes_done) return next;
  const bool may_grow = !finishing_ && sent_ >= kPartialChunks;
  if (sent_ == unanswered_.size() && filling_ != nullptr && !may_grow) Seal();
  next.connection = connection_;
  if (sent_ < unanswered_.size()) {
    next.write = unanswered_[sent_++].get();
    connection->writing = true;
  } else if (finishing_) {
    connection->writes_done = next.writes_done = true;
    connection->released = next.release = true;
  }
  return next;
}

void RecordStream::State::Connect(Next* next) {
  connection_ = std::make_shared<Connection>(this);
  sent_ = 0;
  next->connection = connection_;
  next->start = true;
  // Nobody else writes before it has been started.
  connection_->writing = true;
}

void RecordStream::State::Do(Next next) {
  while (next.connection != nullptr) {
    const std::shared_ptr<Connection> connection = std::move(next.connection);
    if (next.write != nullptr) connection->Write(*next.write);
    if (next.writes_done) connection->StartWritesDone();
    if (next.release) connection->RemoveHold();
    if (!next.start) return;
    connection->Start();
    const std::lock_guard<std::mutex> lock(mutex_);
    connection->writing = false;
    next = Proceed();
    if (next.connection == nullptr && connection->broken && !connection->released) {
      next.connection = connection;
      connection->released = next.release = true;
    }
  }
}

void RecordStream::State::Wrote(Connection* connection, bool ok) {
  Next next;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    connection->writing = false;
    if (!ok) connection->broken = true;
    if (connection->broken) {
      next.connection = connection_;
      connection->released = next.release = true;
    } else {
      next = Proceed();
    }
  }
  Do(std::move(next));
}

void RecordStream::State::ReadEnded(Connection* connection) {
  Next next;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    connection->broken = true;
    // What is being written says so when it is done.
    if (connection->writing || connection->released) return;
    next.connection = connection_;
    connection->released = next.release = true;
  }
  Do(std::move(next));
}

// False: nothing more of this connection is wanted.
bool RecordStream::State::Read(Connection* connection, const Response& response) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (connection->broken_by_us() || cancelled_) return false;
  }
  Tally tally;
  bool wanted = true;
  for (const v1::SequencedOutcome& outcome : response.outcomes()) {
    wanted = Answer(connection, outcome, &tally);
    if (!wanted) break;
  }
  Next next;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Settle(&tally);
    if (wanted) next = Proceed();
  }
  Do(std::move(next));
  return wanted;
}

bool RecordStream::State::Answer(Connection* connection, const v1::SequencedOutcome& outcome, Tally* tally) {
  if (head_ == nullptr) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Settle(tally);
    if (cancelled_) return false;
    // Only what was sent can be answered.
    if (sent_ > 0) head_ = unanswered_.front().get();
  }
  if (head_ == nullptr) return Violated(connection, "the server answered more records than it was sent");
  if (outcome.sequence() != next_answer_) {
    return Violated(connection, absl::StrCat("the server answered record ", outcome.sequence(), " where ", next_answer_,
                                             " was to be answered"));
  }
  const bool refused = outcome.has_status();
  if (!refused && !outcome.has_result()) {
    return Violated(connection, absl::StrCat("the server's answer to record ", next_answer_, " is empty"));
  }
  if (refused && attempts_ < options_.attempts_of_record) {
    absl::Status status = ToStatus(outcome.status());
    if (MayPass(status)) {
      ++attempts_;
      const std::lock_guard<std::mutex> lock(mutex_);
      connection->broken = true;
      connection->why = std::move(status);
      return false;
    }
  }
  options_.on_answer({next_answer_, refused ? nullptr : &outcome.result(), refused ? &outcome.status() : nullptr});
  attempts_ = 1;
  ++next_answer_;
  ++tally->answered;
  if (refused) ++tally->refused;
  if (++head_->answered < head_->ends.size()) return true;
  head_ = nullptr;
  ++tally->chunks;
  return true;
}

// Counts what was answered. With the mutex held.
void RecordStream::State::Settle(Tally* tally) {
  if (tally->answered == 0) return;
  progress_.answered += tally->answered;
  progress_.refused += tally->refused;
  outstanding_ -= tally->answered;
  for (; tally->chunks > 0; --tally->chunks) {
    std::unique_ptr<Chunk> chunk = std::move(unanswered_.front());
    unanswered_.pop_front();
    --sent_;
    outstanding_bytes_ -= chunk->records_bytes;
    chunks_.Give(std::move(chunk));
  }
  ever_answered_ = true;
  asked_again_for_login_ = false;
  failures_ = 0;
  waiting_since_ = absl::Now();
  *tally = {};
  changed_.notify_all();
}

bool RecordStream::State::Violated(Connection* connection, const std::string& what) {
  const std::lock_guard<std::mutex> lock(mutex_);
  connection->broken = true;
  connection->end = absl::InternalError(what);
  return false;
}

void RecordStream::State::Ended(Connection* connection, const grpc::Status& status) {
  absl::Status why;
  bool interrupted = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++busy_;
    last_ = std::move(connection_);
    connection_ = nullptr;
    sent_ = 0;
    head_ = nullptr;
    // What is answered is not sent again.
    if (!unanswered_.empty()) CutAnswered(chunks_.options().size(), unanswered_.front().get());
    if (cancelled_) {
      End(absl::CancelledError("the stream was cancelled"));
    } else if (connection->end) {
      End(*connection->end);
    } else if (outstanding_ == 0) {
      if (finishing_) End(absl::OkStatus());
      // Else the next record connects.
    } else {
      why = connection->why ? *connection->why
            : status.ok()   ? absl::UnavailableError("the server closed the stream early")
                            : ToStatus(status);
      GiveUpOrPause(why);
      interrupted = pausing_;
    }
  }
  if (interrupted && options_.on_interruption != nullptr) options_.on_interruption(why);
  TellEnd();
  Leave();
}

// The last that such a thread does here.
void RecordStream::State::Leave() {
  const std::lock_guard<std::mutex> lock(mutex_);
  --busy_;
  changed_.notify_all();
}

// With the mutex held.
void RecordStream::State::GiveUpOrPause(const absl::Status& status) {
  const absl::Time now = absl::Now();
  // A token that ended, or whose key was taken away, is got anew once.
  const bool login = absl::IsUnauthenticated(status) && ever_answered_ && !asked_again_for_login_;
  if (login) asked_again_for_login_ = true;
  if ((!MayPass(status) && !login) || (!ever_answered_ && !options_.retry_first_connection) ||
      now >= options_.deadline || now - waiting_since_ >= options_.patience) {
    return End(status);
  }
  ++progress_.reconnections;
  Pause(PauseAfter(status));
}

absl::Duration RecordStream::State::PauseAfter(const absl::Status& status) {
  absl::Duration most = kFirstPause;
  for (int i = 0; i < failures_ && most < kLongestPause; ++i) most *= 2;
  ++failures_;
  const double share = std::uniform_real_distribution<double>(0.5, 1)(random_);
  return RetryAfterOf(status).value_or(absl::ZeroDuration()) + std::min(most, kLongestPause) * share;
}

// Then connects, on a thread of its own: that may wait for a login, which gRPC's must not.
// With the mutex held.
void RecordStream::State::Pause(absl::Duration pause) {
  pausing_ = true;
  ++busy_;  // until the thread ends
  const absl::Time until = std::min(absl::Now() + pause, options_.deadline);
  std::thread([this, until] {
    Next next;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_until(lock, absl::ToChronoTime(until), [this] { return cancelled_; });
      pausing_ = false;
      if (cancelled_) {
        End(absl::CancelledError("the stream was cancelled"));
      } else {
        next = Proceed();
      }
    }
    TellEnd();
    Do(std::move(next));
    Leave();
  }).detach();
}

// With the mutex held; TellEnd() is to follow without it.
void RecordStream::State::End(absl::Status status) {
  over_ = true;
  end_ = std::move(status);
}

// If it is over, and nobody has told.
void RecordStream::State::TellEnd() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!over_ || std::exchange(telling_, true)) return;
  }
  changed_.notify_all();  // those who write
  if (options_.on_end != nullptr) options_.on_end(end_);
  const std::lock_guard<std::mutex> lock(mutex_);
  told_ = true;
  changed_.notify_all();
}

void RecordStream::State::WritesDone() {
  Next next;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    finishing_ = true;
    if (!over_ && connection_ == nullptr && !pausing_ && outstanding_ == 0) {
      End(absl::OkStatus());
    } else {
      next = Proceed();
    }
  }
  changed_.notify_all();
  TellEnd();
  Do(std::move(next));
}

void RecordStream::State::Cancel() {
  // Told without the mutex: it may call back at once.
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (over_ || cancelled_) return;
    cancelled_ = true;
    connection = connection_;
    if (connection == nullptr && !pausing_) End(absl::CancelledError("the stream was cancelled"));
  }
  if (connection != nullptr) connection->Cancel();
  changed_.notify_all();
  TellEnd();
}

absl::Status RecordStream::State::Await() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return told_ && busy_ == 0; });
  return end_;
}

RecordStream::Progress RecordStream::State::progress() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return progress_;
}

std::unique_ptr<RecordStream> RecordStream::Open(std::shared_ptr<grpc::ChannelInterface> channel,
                                                 StreamOptions options) {
  return std::unique_ptr<RecordStream>(
      new RecordStream(std::make_unique<State>(std::move(channel), std::move(options))));
}

RecordStream::RecordStream(std::unique_ptr<State> state) : state_(std::move(state)) {}

RecordStream::~RecordStream() {
  state_->Cancel();
  (void)state_->Await();
}

absl::Status RecordStream::Write(const v1::MeterRecordSubmission& record) {
  bool taken = false;
  return state_->Write(record, /*wait=*/true, &taken);
}

absl::Status RecordStream::TryWrite(const v1::MeterRecordSubmission& record, bool* taken) {
  return state_->Write(record, /*wait=*/false, taken);
}

void RecordStream::WritesDone() { state_->WritesDone(); }

absl::Status RecordStream::Finish() {
  state_->WritesDone();
  return state_->Await();
}

void RecordStream::Cancel() { state_->Cancel(); }

RecordStream::Progress RecordStream::progress() const { return state_->progress(); }

}  // namespace costs
