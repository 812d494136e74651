#include "client/record_stream.h"

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/errors.h"
#include "client/testing/fake_costs_service.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"

namespace costs {
namespace {

v1::MeterRecordSubmission Record(uint64_t number, const std::string& location = "loc_1") {
  v1::MeterRecordSubmission record;
  record.set_location_id(location);
  record.set_value(static_cast<double>(number));
  return record;
}

// Counts the answers, and checks that each comes once, in order, and is its record's.
class Answers {
 public:
  StreamOptions Options() {
    StreamOptions options;
    options.on_answer = [this](const RecordAnswer& answer) {
      EXPECT_EQ(answer.sequence, count_);
      EXPECT_NE(answer.record == nullptr, answer.refusal == nullptr);
      if (answer.record != nullptr) {
        EXPECT_EQ(answer.record->data().energy().value(), static_cast<double>(count_));
      } else {
        reasons_.push_back(ReasonOf(ToStatus(*answer.refusal)));
      }
      ++count_;
    };
    options.on_end = [this](const absl::Status& end) { ends_.push_back(end); };
    options.on_interruption = [this](const absl::Status& why) { interruptions_.push_back(why); };
    return options;
  }

  uint64_t count() const { return count_; }
  // After the end.
  const std::vector<std::string>& reasons() const { return reasons_; }
  const std::vector<absl::Status>& ends() const { return ends_; }
  const std::vector<absl::Status>& interruptions() const { return interruptions_; }

 private:
  std::atomic<uint64_t> count_{0};
  std::vector<std::string> reasons_;
  std::vector<absl::Status> ends_;
  std::vector<absl::Status> interruptions_;
};

absl::Status WriteAll(RecordStream* stream, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) {
    if (absl::Status status = stream->Write(Record(i)); !status.ok()) return status;
  }
  return stream->Finish();
}

TEST(RecordStream, Records_AreAnsweredOnceAndInOrder) {
  for (int answers_per_message : {0, 1, 7, 900}) {
    FakeBehaviour behaviour;
    behaviour.answers_per_message = answers_per_message;
    FakeCostsService service(behaviour);
    auto channel = service.NewChannel();
    for (size_t chunk : {1, 10, 1'000}) {
      if (chunk < 1'000 && answers_per_message > 10) continue;  // the server would wait for more
      Answers answers;
      StreamOptions options = answers.Options();
      options.chunk_records = chunk;
      auto stream = RecordStream::Open(channel, std::move(options));
      EXPECT_EQ(WriteAll(stream.get(), 5'000), absl::OkStatus()) << answers_per_message << " " << chunk;
      EXPECT_EQ(answers.count(), 5'000u);
      EXPECT_EQ(answers.ends(), std::vector<absl::Status>{absl::OkStatus()});
      const RecordStream::Progress progress = stream->progress();
      EXPECT_EQ(progress.written, 5'000u);
      EXPECT_EQ(progress.answered, 5'000u);
      EXPECT_EQ(progress.refused, 0u);
      EXPECT_EQ(progress.reconnections, 0);
    }
  }
}

TEST(RecordStream, Window_BoundsWhatIsOutstanding) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  Answers answers;
  StreamOptions options = answers.Options();
  options.chunk_records = 100;
  options.window_records = 300;
  auto stream = RecordStream::Open(channel, std::move(options));
  EXPECT_EQ(WriteAll(stream.get(), 50'000), absl::OkStatus());
  EXPECT_LE(stream->progress().most_outstanding, 300u);
  EXPECT_LE(service.largest_chunk(), 100);
  // While something is under way records gather.
  EXPECT_GT(service.largest_chunk(), 1);

  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeCostsService hanging(behaviour);
  auto hanging_channel = hanging.NewChannel();
  Answers none;
  options = none.Options();
  options.window_bytes = 1'000;
  auto full = RecordStream::Open(hanging_channel, std::move(options));
  bool taken = true;
  int written = 0;
  for (; taken && written < 1'000; ++written) {
    ASSERT_EQ(full->TryWrite(Record(1, std::string(50, 'l')), &taken), absl::OkStatus());
  }
  EXPECT_LT(written, 25);
  EXPECT_FALSE(taken);
}

TEST(RecordStream, IdleStream_SendsARecordAtOnce) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(channel, answers.Options());
  for (uint64_t i = 0; i < 5; ++i) {
    ASSERT_EQ(stream->Write(Record(i)), absl::OkStatus());
    while (answers.count() <= i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(stream->Finish(), absl::OkStatus());
  EXPECT_EQ(service.largest_chunk(), 1);
}

TEST(RecordStream, LongRecords_MakeSmallMessages) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(channel, answers.Options());
  for (uint64_t i = 0; i < 100; ++i) {
    v1::MeterRecordSubmission record = Record(i);
    record.set_session_reference_id(std::string(100'000, 's'));
    ASSERT_EQ(stream->Write(record), absl::OkStatus());
  }
  EXPECT_EQ(stream->Finish(), absl::OkStatus());
  EXPECT_LE(service.largest_chunk(), 11);
}

TEST(RecordStream, RecordThatCannotBeSent_IsNotTaken) {
  FakeCostsService service;
  Answers answers;
  auto stream = RecordStream::Open(service.NewChannel(), answers.Options());
  ASSERT_EQ(stream->Write(Record(0)), absl::OkStatus());
  EXPECT_EQ(stream->Write(Record(1, "\xff")), absl::InvalidArgumentError("a text of the record is not UTF-8"));
  EXPECT_EQ(stream->Write(Record(1, std::string(1 << 20, 'x'))).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(stream->Write(Record(1)), absl::OkStatus());
  EXPECT_EQ(stream->Finish(), absl::OkStatus());
  EXPECT_EQ(answers.count(), 2u);
}

TEST(RecordStream, Refusals_AreAnswers) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(channel, answers.Options());
  ASSERT_EQ(stream->Write(Record(0)), absl::OkStatus());
  ASSERT_EQ(stream->Write(Record(1, "loc_unknown")), absl::OkStatus());
  ASSERT_EQ(stream->Write(Record(2)), absl::OkStatus());
  EXPECT_EQ(stream->Finish(), absl::OkStatus());
  EXPECT_EQ(answers.reasons(), std::vector<std::string>{"LOCATION_NOT_FOUND"});
  EXPECT_EQ(stream->progress().refused, 1u);
}

TEST(RecordStream, ConnectionsThatBreak_AreReplacedAndNothingIsLostOrDoubled) {
  for (const grpc::Status& end :
       {grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down"), grpc::Status(grpc::StatusCode::CANCELLED, "bye"),
        grpc::Status(grpc::StatusCode::OK, "")}) {
    for (size_t chunk : {7, 100}) {
      FakeBehaviour behaviour;
      behaviour.end_after = 1'234;
      behaviour.end_status = end;
      FakeCostsService service(behaviour);
      auto channel = service.NewChannel();
      Answers answers;
      StreamOptions options = answers.Options();
      options.chunk_records = chunk;
      auto stream = RecordStream::Open(channel, std::move(options));
      EXPECT_EQ(WriteAll(stream.get(), 5'000), absl::OkStatus());
      EXPECT_EQ(answers.count(), 5'000u);
      EXPECT_EQ(stream->progress().reconnections, 4);
      EXPECT_EQ(answers.interruptions().size(), 4u);
      EXPECT_EQ(service.streams(), 5);
    }
  }
}

TEST(RecordStream, ErrorsThatStay_EndIt) {
  FakeBehaviour behaviour;
  behaviour.end_after = 123;
  behaviour.end_status = grpc::Status(grpc::StatusCode::PERMISSION_DENIED, "no");
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(channel, answers.Options());
  EXPECT_EQ(WriteAll(stream.get(), 100'000), absl::PermissionDeniedError("no"));
  EXPECT_EQ(answers.count(), 123u);
  EXPECT_EQ(stream->Write(Record(1)), absl::PermissionDeniedError("no"));
  EXPECT_EQ(stream->Finish(), absl::PermissionDeniedError("no"));
  EXPECT_EQ(answers.ends().size(), 1u);
}

TEST(RecordStream, CallerThatIsNotKnownAnyMore_IsAskedForOnceMore) {
  FakeBehaviour behaviour;
  behaviour.end_after = 1'000;
  behaviour.end_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who?");
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(channel, answers.Options());
  EXPECT_EQ(WriteAll(stream.get(), 2'500), absl::OkStatus());
  EXPECT_EQ(service.streams(), 3);

  behaviour.end_after = 0;
  FakeCostsService never(behaviour);
  auto never_channel = never.NewChannel();
  Answers none;
  auto unknown = RecordStream::Open(never_channel, none.Options());
  EXPECT_EQ(WriteAll(unknown.get(), 10), absl::UnauthenticatedError("who?"));
}

TEST(RecordStream, ServerThatAnswersWrongly_IsFoundOut) {
  FakeBehaviour sequence;
  sequence.wrong_sequence_at = 55;
  FakeBehaviour empty;
  empty.empty_answer_at = 55;
  FakeBehaviour more;
  more.one_too_many = true;
  const struct {
    FakeBehaviour behaviour;
    uint64_t answers;
    const char* message;
  } cases[] = {
      {sequence, 55, "the server answered record 62 where 55 was to be answered"},
      {empty, 55, "the server's answer to record 55 is empty"},
      {more, 1'000, "the server answered more records than it was sent"},
  };
  for (const auto& c : cases) {
    FakeCostsService service(c.behaviour);
    auto channel = service.NewChannel();
    Answers answers;
    auto stream = RecordStream::Open(channel, answers.Options());
    EXPECT_EQ(WriteAll(stream.get(), 1'000), absl::InternalError(c.message));
    EXPECT_EQ(answers.count(), c.answers);
  }
}

TEST(RecordStream, NoServer_IsTriedUntilPatienceOrTheDeadlineEnds) {
  std::string address;
  {
    FakeCostsService gone;
    address = gone.address();
  }
  auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  Answers answers;
  StreamOptions options = answers.Options();
  options.patience = absl::Milliseconds(500);
  auto stream = RecordStream::Open(channel, std::move(options));
  EXPECT_EQ(WriteAll(stream.get(), 10).code(), absl::StatusCode::kUnavailable);
  EXPECT_GE(stream->progress().reconnections, 1);

  options = answers.Options();
  const absl::Time deadline = absl::Now() + absl::Milliseconds(300);
  options.deadline = deadline;
  stream = RecordStream::Open(channel, std::move(options));
  const absl::StatusCode late = WriteAll(stream.get(), 10).code();
  EXPECT_TRUE(late == absl::StatusCode::kDeadlineExceeded || late == absl::StatusCode::kUnavailable);
  EXPECT_GE(absl::Now(), deadline);

  options = answers.Options();
  options.retry_first_connection = false;
  stream = RecordStream::Open(channel, std::move(options));
  EXPECT_EQ(WriteAll(stream.get(), 10).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(stream->progress().reconnections, 0);
}

TEST(RecordStream, ServerThatHangs_IsLeftAtTheDeadline) {
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  Answers answers;
  StreamOptions options = answers.Options();
  options.deadline = absl::Now() + absl::Milliseconds(200);
  auto stream = RecordStream::Open(channel, std::move(options));
  EXPECT_EQ(WriteAll(stream.get(), 100'000).code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(answers.count(), 0u);
}

TEST(RecordStream, Cancel_EndsItFromAnyThread) {
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeCostsService hanging(behaviour);
  auto hanging_channel = hanging.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(hanging_channel, answers.Options());
  std::thread canceller([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stream->Cancel();
  });
  EXPECT_EQ(WriteAll(stream.get(), 100'000).code(), absl::StatusCode::kCancelled);
  canceller.join();

  stream = nullptr;  // before its answers and its server

  // From an answer; before the first record; and by going away in the midst.
  FakeCostsService service;
  auto channel = service.NewChannel();
  StreamOptions options;
  RecordStream* raw = nullptr;
  options.on_answer = [&raw](const RecordAnswer&) { raw->Cancel(); };
  stream = RecordStream::Open(channel, std::move(options));
  raw = stream.get();
  EXPECT_EQ(WriteAll(stream.get(), 100'000).code(), absl::StatusCode::kCancelled);

  stream = RecordStream::Open(channel, answers.Options());
  stream->Cancel();
  EXPECT_EQ(stream->Finish().code(), absl::StatusCode::kCancelled);

  for (int i = 0; i < 50; ++i) {
    Answers left;
    auto leaving = RecordStream::Open(channel, left.Options());
    for (uint64_t n = 0; n < 100; ++n) ASSERT_EQ(leaving->Write(Record(n)), absl::OkStatus());
  }
}

TEST(RecordStream, NothingWritten_ConnectsNowhere) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  Answers answers;
  auto stream = RecordStream::Open(channel, answers.Options());
  EXPECT_EQ(stream->Finish(), absl::OkStatus());
  EXPECT_EQ(stream->Write(Record(0)).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(service.streams(), 0);
}

TEST(RecordStream, WithoutWaiting_TheEndIsTold) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  Answers answers;
  StreamOptions options = answers.Options();
  std::promise<absl::Status> end;
  options.on_end = [&end](const absl::Status& status) { end.set_value(status); };
  auto stream = RecordStream::Open(channel, std::move(options));
  bool taken = false;
  ASSERT_EQ(stream->TryWrite(Record(0), &taken), absl::OkStatus());
  EXPECT_TRUE(taken);
  stream->WritesDone();
  EXPECT_EQ(end.get_future().get(), absl::OkStatus());
  EXPECT_EQ(answers.count(), 1u);
}

TEST(RecordStream, RecordRefusedForNow_IsAskedForAgain) {
  FakeBehaviour behaviour;
  behaviour.unavailable_times = 3;
  behaviour.unavailable_at = 40;
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  Answers answers;
  StreamOptions options = answers.Options();
  options.chunk_records = 10;
  auto stream = RecordStream::Open(channel, std::move(options));
  EXPECT_EQ(WriteAll(stream.get(), 100), absl::OkStatus());
  EXPECT_TRUE(answers.reasons().empty());
  EXPECT_EQ(stream->progress().reconnections, 3);

  FakeCostsService longer(behaviour);
  auto longer_channel = longer.NewChannel();
  Answers refused;
  options = refused.Options();
  options.attempts_of_record = 2;
  auto impatient = RecordStream::Open(longer_channel, std::move(options));
  EXPECT_EQ(WriteAll(impatient.get(), 100), absl::OkStatus());
  EXPECT_EQ(refused.reasons(), std::vector<std::string>{"STORE_UNAVAILABLE"});
}

}  // namespace
}  // namespace costs
