#include "client/cli/stream_pump.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "client/record_stream.h"

namespace costs::cli {
namespace {

// Lines after which the receiver may write out what it has.
constexpr int64_t kLinesBetweenDone = 1'000;
// The text that the window's lines may hold.
constexpr size_t kMostText = size_t{16} << 20;

// A line that was read, and not yet handed on.
struct Line {
  int64_t number;
  int64_t offset;
  std::string carry;
  std::string error;
  bool sent;

  size_t text() const { return carry.size() + error.size(); }
};

class Pump {
 public:
  Pump(std::shared_ptr<grpc::Channel> channel, const PumpOptions& options, RecordSource* source,
       AnswerReceiver* receiver)
      : channel_(std::move(channel)), options_(options), source_(source), receiver_(receiver) {}

  PumpResult Run();

 private:
  StreamOptions MakeStreamOptions();
  bool Queue(bool sent);
  void OnAnswer(const RecordAnswer& answer);
  bool PopFront(bool sent, Line* line);
  void HandOnBadLines();
  void HandOnBadLinesLocked();
  void HandedOn(const Line& line, absl::Status status);
  size_t MostLines() const { return options_.chunk_records * options_.chunks_in_flight; }

  const std::shared_ptr<grpc::Channel> channel_;
  const PumpOptions& options_;
  RecordSource* const source_;
  AnswerReceiver* const receiver_;
  std::unique_ptr<RecordStream> stream_;

  InputLine line_;  // the sending side's

  std::mutex queue_mutex_;
  std::condition_variable less_queued_;
  std::deque<Line> queue_;  // guarded by queue_mutex_
  size_t queued_text_ = 0;  // guarded by queue_mutex_
  bool enough_ = false;     // guarded by queue_mutex_: nothing more is wanted, or can be

  std::mutex handing_mutex_;  // taken before queue_mutex_; of what follows
  bool has_enough_ = false;   // the receiver
  bool interrupted_ = false;  // since the last answer
  int64_t since_done_ = 0;
  int64_t last_offset_ = 0;
  PumpResult result_;  // lines_read is the sending side's
};

StreamOptions Pump::MakeStreamOptions() {
  StreamOptions options;
  options.request = options_.request;
  options.chunk_records = options_.chunk_records;
  options.window_records = MostLines();
  options.deadline = options_.deadline.value_or(absl::InfiniteFuture());
  options.patience = options_.retry_for;
  // A wrong address is told at once.
  options.retry_first_connection = false;
  options.on_answer = [this](const RecordAnswer& answer) { OnAnswer(answer); };
  options.on_end = [this](const absl::Status&) {
    {
      const std::lock_guard<std::mutex> lock(queue_mutex_);
      enough_ = true;
    }
    less_queued_.notify_all();
  };
  options.on_interruption = [this](const absl::Status& why) {
    const std::lock_guard<std::mutex> lock(handing_mutex_);
    if (std::exchange(interrupted_, true) || options_.on_interruption == nullptr) return;
    options_.on_interruption(ErrorFrom(why));
  };
  return options;
}

PumpResult Pump::Run() {
  stream_ = RecordStream::Open(channel_, MakeStreamOptions());
  v1::MeterRecordSubmission record;
  for (;;) {
    const RecordSource::Got got = source_->Next(&record, &line_);
    if (got == RecordSource::Got::kReadError) result_.read_error = line_.error;
    if (got == RecordSource::Got::kReadError || got == RecordSource::Got::kEnd) break;
    ++result_.lines_read;
    if (!Queue(got == RecordSource::Got::kRecord)) break;
    if (got == RecordSource::Got::kRecord && !stream_->Write(record).ok()) break;
  }
  const absl::Status status = stream_->Finish();
  const RecordStream::Progress progress = stream_->progress();
  stream_ = nullptr;
  // Those behind the last record; where the stream broke, behind the last answer.
  HandOnBadLines();
  const std::lock_guard<std::mutex> lock(handing_mutex_);
  if (!has_enough_) {
    if (absl::Status told = receiver_->OnSomeDone(last_offset_); !told.ok()) result_.receiver_status = told;
  }
  result_.records_sent = static_cast<int64_t>(progress.written);
  result_.most_outstanding = static_cast<int64_t>(progress.most_outstanding);
  result_.reconnections = progress.reconnections;
  if (result_.receiver_status.ok() && !status.ok()) result_.stream_error = ErrorFrom(status);
  return std::move(result_);
}

// Puts the line behind the others; waits while there are too many. False: no more is wanted.
bool Pump::Queue(bool sent) {
  const auto has_room = [this] { return enough_ || (queue_.size() < MostLines() && queued_text_ < kMostText); };
  std::unique_lock<std::mutex> lock(queue_mutex_);
  if (!has_room()) {
    lock.unlock();
    HandOnBadLines();
    lock.lock();
    // Now the first is a record's, whose answer is under way, or the stream's end.
    less_queued_.wait(lock, has_room);
  }
  if (enough_) return false;
  queue_.push_back({line_.number, line_.offset, std::string(line_.carry), line_.error, sent});
  queued_text_ += queue_.back().text();
  return true;
}

// Takes the first line if it is of that kind.
bool Pump::PopFront(bool sent, Line* line) {
  const std::lock_guard<std::mutex> lock(queue_mutex_);
  if (queue_.empty() || queue_.front().sent != sent) return false;
  *line = std::move(queue_.front());
  queue_.pop_front();
  queued_text_ -= line->text();
  return true;
}

void Pump::OnAnswer(const RecordAnswer& answer) {
  {
    const std::lock_guard<std::mutex> lock(handing_mutex_);
    interrupted_ = false;
    // Those that were read while the last answer was being handed on.
    HandOnBadLinesLocked();
    Line line;
    if (has_enough_ || !PopFront(/*sent=*/true, &line)) return;
    HandedOn(line, answer.record != nullptr ? receiver_->OnResult(line.carry, *answer.record)
                                            : receiver_->OnRefusal(line.number, line.carry, *answer.refusal));
    HandOnBadLinesLocked();
  }
  less_queued_.notify_one();
}

void Pump::HandOnBadLines() {
  const std::lock_guard<std::mutex> lock(handing_mutex_);
  HandOnBadLinesLocked();
}

// Up to the first record's. With handing_mutex_ held.
void Pump::HandOnBadLinesLocked() {
  Line line;
  while (!has_enough_ && PopFront(/*sent=*/false, &line)) {
    HandedOn(line, receiver_->OnBadLine(line.number, line.carry, line.error));
  }
}

// With handing_mutex_ held.
void Pump::HandedOn(const Line& line, absl::Status status) {
  ++result_.lines_handed_on;
  result_.last_line = line.number;
  last_offset_ = line.offset;
  bool all = false;
  {
    const std::lock_guard<std::mutex> lock(queue_mutex_);
    all = queue_.empty();
  }
  if (status.ok() && (all || ++since_done_ >= kLinesBetweenDone)) {
    since_done_ = 0;
    status = receiver_->OnSomeDone(line.offset);
  }
  if (status.ok()) return;
  result_.receiver_status = std::move(status);
  has_enough_ = true;
  {
    const std::lock_guard<std::mutex> lock(queue_mutex_);
    enough_ = true;
  }
  less_queued_.notify_all();
  stream_->Cancel();
}

}  // namespace

PumpResult PumpRecords(std::shared_ptr<grpc::Channel> channel, const PumpOptions& options, RecordSource* source,
                       AnswerReceiver* receiver) {
  return Pump(std::move(channel), options, source, receiver).Run();
}

}  // namespace costs::cli
