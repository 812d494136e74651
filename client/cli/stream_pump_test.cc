#include "client/cli/stream_pump.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/testing/fake_costs_service.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

enum class Kind { kGood, kUnknown, kBad };

// Makes up `count` lines; line n is of kind_of(n).
class MadeUpSource : public RecordSource {
 public:
  MadeUpSource(int64_t count, std::function<Kind(int64_t)> kind_of) : count_(count), kind_of_(std::move(kind_of)) {}

  void FailAtEnd() { fails_ = true; }
  void set_padding(size_t bytes) { padding_.assign(bytes, 'x'); }

  Got Next(v1::MeterRecordSubmission* record, InputLine* line) override {
    line->error.clear();
    if (next_ > count_) {
      if (fails_) line->error = "the disk is gone";
      return fails_ ? Got::kReadError : Got::kEnd;
    }
    line->number = next_++;
    line->offset = line->number * 10;
    carry_ = absl::StrCat("carry ", line->number, padding_);
    line->carry = carry_;
    const Kind kind = kind_of_(line->number);
    if (kind == Kind::kBad) {
      line->error = absl::StrCat("line ", line->number, ": bad");
      return Got::kBadLine;
    }
    record->Clear();
    record->set_location_id(kind == Kind::kUnknown ? "loc_unknown" : "loc_1");
    record->set_value(static_cast<double>(line->number));
    return Got::kRecord;
  }
  absl::string_view header() const override { return ""; }
  absl::string_view empty_carry() const override { return ""; }

 private:
  const int64_t count_;
  const std::function<Kind(int64_t)> kind_of_;
  bool fails_ = false;
  std::string padding_;
  int64_t next_ = 1;
  std::string carry_;
};

// Checks that every line comes once, in order, with its own answer.
class CheckingReceiver : public AnswerReceiver {
 public:
  explicit CheckingReceiver(std::function<Kind(int64_t)> kind_of) : kind_of_(std::move(kind_of)) {}

  void FailAtLine(int64_t line) { fails_at_ = line; }

  absl::Status OnResult(absl::string_view carry, const v1::MeterRecord& result) override {
    EXPECT_EQ(kind_of_(lines_ + 1), Kind::kGood) << lines_ + 1;
    EXPECT_EQ(result.data().energy().value(), lines_ + 1);
    return OnLine(carry);
  }
  absl::Status OnRefusal(int64_t line, absl::string_view carry, const google::rpc::Status& status) override {
    EXPECT_EQ(kind_of_(lines_ + 1), Kind::kUnknown);
    EXPECT_EQ(line, lines_ + 1);
    EXPECT_EQ(ErrorFrom(status).reason, "LOCATION_NOT_FOUND");
    return OnLine(carry);
  }
  absl::Status OnBadLine(int64_t line, absl::string_view carry, absl::string_view error) override {
    EXPECT_EQ(kind_of_(lines_ + 1), Kind::kBad);
    EXPECT_EQ(line, lines_ + 1);
    EXPECT_EQ(error, absl::StrCat("line ", line, ": bad"));
    return OnLine(carry);
  }
  absl::Status OnSomeDone(int64_t offset) override {
    EXPECT_EQ(offset, lines_ * 10);
    done_ = lines_;
    return absl::OkStatus();
  }

  int64_t lines() const { return lines_; }
  // Which had been handed on when the receiver was last told that some were.
  int64_t done() const { return done_; }

 private:
  absl::Status OnLine(absl::string_view carry) {
    ++lines_;
    EXPECT_TRUE(absl::StartsWith(carry, absl::StrCat("carry ", lines_))) << carry;
    return lines_ == fails_at_ ? absl::CancelledError("enough") : absl::OkStatus();
  }

  const std::function<Kind(int64_t)> kind_of_;
  int64_t fails_at_ = -1;
  int64_t lines_ = 0;
  int64_t done_ = 0;
};

Kind AllGood(int64_t) { return Kind::kGood; }
Kind AllBad(int64_t) { return Kind::kBad; }
Kind Mixed(int64_t line) { return line % 7 == 0 ? Kind::kBad : line % 5 == 0 ? Kind::kUnknown : Kind::kGood; }

PumpOptions Options(size_t chunk, size_t in_flight) {
  PumpOptions options;
  options.chunk_records = chunk;
  options.chunks_in_flight = in_flight;
  options.retry_for = absl::ZeroDuration();
  return options;
}

TEST(PumpRecords, AnswersMergedOrSplit_ArriveInTheOrderOfTheLines) {
  for (int answers_per_message : {0, 1, 3, 37, 250}) {
    FakeBehaviour behaviour;
    behaviour.answers_per_message = answers_per_message;
    FakeCostsService service(behaviour);
    auto channel = service.NewChannel();
    for (size_t chunk : {1, 10, 1000}) {
      if (chunk * 8 < static_cast<size_t>(answers_per_message)) continue;  // the server would wait for more
      MadeUpSource source(2'000, Mixed);
      CheckingReceiver receiver(Mixed);
      PumpResult result = PumpRecords(channel, Options(chunk, 8 + 37), &source, &receiver);
      EXPECT_TRUE(result.complete()) << answers_per_message << " " << chunk;
      EXPECT_EQ(result.lines_read, 2'000);
      EXPECT_EQ(result.lines_handed_on, 2'000);
      EXPECT_EQ(result.records_sent, 2'000 - 2'000 / 7);
      EXPECT_EQ(result.last_line, 2'000);
      EXPECT_EQ(receiver.lines(), 2'000);
    }
  }
}

TEST(PumpRecords, Window_BoundsWhatIsOutstanding) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  MadeUpSource source(100'000, AllGood);
  CheckingReceiver receiver(AllGood);
  PumpResult result = PumpRecords(channel, Options(100, 3), &source, &receiver);
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(receiver.lines(), 100'000);
  EXPECT_EQ(receiver.done(), 100'000);
  EXPECT_GE(result.most_outstanding, 100);
  EXPECT_LE(result.most_outstanding, 300);
  EXPECT_LE(service.largest_chunk(), 100);
}

TEST(PumpRecords, LinesOfMuchText_WaitForThoseBefore) {
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  PumpOptions options = Options(1'000, 8);
  options.deadline = absl::Now() + absl::Milliseconds(500);
  const auto one_good = [](int64_t line) { return line == 1 ? Kind::kGood : Kind::kBad; };
  MadeUpSource source(1'000'000, one_good);
  source.set_padding(100'000);
  CheckingReceiver receiver(one_good);
  PumpResult result = PumpRecords(channel, options, &source, &receiver);
  EXPECT_TRUE(result.stream_error.has_value());
  EXPECT_LT(result.lines_read, 200);  // 16 MiB of text
}

TEST(PumpRecords, NothingToSend_OpensNoStream) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  MadeUpSource none(0, AllGood);
  CheckingReceiver receiver(AllGood);
  EXPECT_TRUE(PumpRecords(channel, Options(10, 2), &none, &receiver).complete());
  EXPECT_EQ(receiver.lines(), 0);

  MadeUpSource bad(1'000, AllBad);
  CheckingReceiver bad_receiver(AllBad);
  PumpResult result = PumpRecords(channel, Options(10, 2), &bad, &bad_receiver);
  EXPECT_TRUE(result.complete());
  EXPECT_EQ(result.records_sent, 0);
  EXPECT_EQ(bad_receiver.lines(), 1'000);
  EXPECT_EQ(service.streams(), 0);
}

TEST(PumpRecords, Options_GoWithEveryChunk) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  PumpOptions options = Options(10, 2);
  options.request.set_non_persistent(true);
  options.request.set_include_carbon(false);
  MadeUpSource source(95, AllGood);
  CheckingReceiver receiver(AllGood);
  EXPECT_TRUE(PumpRecords(channel, options, &source, &receiver).complete());
  EXPECT_EQ(service.last_chunk_options().SerializeAsString(), options.request.SerializeAsString());
}

TEST(PumpRecords, ServerThatStopsEarly_LeavesTheAnsweredLines) {
  const struct {
    grpc::Status status;
    int code;
    const char* message;
  } cases[] = {
      {grpc::Status::OK, grpc::StatusCode::UNAVAILABLE, "the server closed the stream early"},
      {grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down"), grpc::StatusCode::UNAVAILABLE, "going down"},
      {grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who?"), grpc::StatusCode::UNAUTHENTICATED, "who?"},
  };
  for (const auto& c : cases) {
    FakeBehaviour behaviour;
    behaviour.end_after = 123;
    behaviour.end_status = c.status;
    FakeCostsService service(behaviour);
    auto channel = service.NewChannel();
    MadeUpSource source(100'000, AllGood);
    CheckingReceiver receiver(AllGood);
    PumpResult result = PumpRecords(channel, Options(10, 4), &source, &receiver);
    EXPECT_FALSE(result.complete());
    ASSERT_TRUE(result.stream_error.has_value());
    EXPECT_EQ(result.stream_error->code, c.code);
    EXPECT_EQ(result.stream_error->message, c.message);
    EXPECT_EQ(receiver.lines(), 123);
    EXPECT_EQ(result.lines_handed_on, 123);
    EXPECT_EQ(result.last_line, 123);
    EXPECT_LE(result.lines_read, 123 + 40 + 1);
  }
}

TEST(PumpRecords, StatusBehindTheLastAnswer_ChangesNothing) {
  FakeBehaviour behaviour;
  behaviour.end_after = 100;
  behaviour.end_status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  MadeUpSource source(100, AllGood);
  CheckingReceiver receiver(AllGood);
  EXPECT_TRUE(PumpRecords(channel, Options(10, 4), &source, &receiver).complete());
  EXPECT_EQ(receiver.lines(), 100);
}

TEST(PumpRecords, ServerThatAnswersWrongly_IsFoundOut) {
  FakeBehaviour sequence;
  sequence.wrong_sequence_at = 55;
  FakeBehaviour empty;
  empty.empty_answer_at = 55;
  FakeBehaviour more;
  more.one_too_many = true;
  const struct {
    FakeBehaviour behaviour;
    int64_t lines;
    const char* message;
  } cases[] = {
      {sequence, 55, "the server answered record 62 where 55 was to be answered"},
      {empty, 55, "the server's answer to record 55 is empty"},
      {more, 1'000, "the server answered more records than it was sent"},
  };
  for (const auto& c : cases) {
    FakeCostsService service(c.behaviour);
    auto channel = service.NewChannel();
    MadeUpSource source(1'000, AllGood);
    CheckingReceiver receiver(AllGood);
    PumpResult result = PumpRecords(channel, Options(10, 4), &source, &receiver);
    ASSERT_TRUE(result.stream_error.has_value()) << c.message;
    EXPECT_EQ(result.stream_error->message, c.message);
    EXPECT_EQ(receiver.lines(), c.lines);
  }
}

TEST(PumpRecords, ServerThatHangs_IsLeftAtTheDeadline) {
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeCostsService service(behaviour);
  auto channel = service.NewChannel();
  PumpOptions options = Options(10, 4);
  options.deadline = absl::Now() + absl::Milliseconds(200);
  MadeUpSource source(100'000, AllGood);
  CheckingReceiver receiver(AllGood);
  PumpResult result = PumpRecords(channel, options, &source, &receiver);
  ASSERT_TRUE(result.stream_error.has_value());
  EXPECT_EQ(result.stream_error->code, grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(receiver.lines(), 0);
  EXPECT_LE(result.lines_read, 40 + 1);
}

TEST(PumpRecords, NoServer_IsUnavailable) {
  std::string address;
  {
    FakeCostsService gone;
    address = gone.address();
  }
  auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  MadeUpSource source(1'000, AllGood);
  CheckingReceiver receiver(AllGood);
  PumpResult result = PumpRecords(channel, Options(10, 4), &source, &receiver);
  ASSERT_TRUE(result.stream_error.has_value());
  EXPECT_EQ(ExitCodeFor(*result.stream_error), kServerUnreachable);
}

TEST(PumpRecords, ReceiverThatHasEnough_EndsTheStream) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  for (auto kind_of : {AllGood, AllBad}) {
    MadeUpSource source(1'000'000, kind_of);
    CheckingReceiver receiver(kind_of);
    receiver.FailAtLine(25);
    PumpResult result = PumpRecords(channel, Options(10, 4), &source, &receiver);
    EXPECT_FALSE(result.complete());
    EXPECT_FALSE(result.stream_error.has_value());
    EXPECT_EQ(result.receiver_status.code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(receiver.lines(), 25);
    EXPECT_LE(result.lines_read, 25 + 50);
  }
}

TEST(PumpRecords, SourceThatFails_KeepsWhatWasRead) {
  FakeCostsService service;
  auto channel = service.NewChannel();
  MadeUpSource source(95, AllGood);
  source.FailAtEnd();
  CheckingReceiver receiver(AllGood);
  PumpResult result = PumpRecords(channel, Options(10, 4), &source, &receiver);
  EXPECT_FALSE(result.complete());
  EXPECT_EQ(result.read_error, "the disk is gone");
  EXPECT_FALSE(result.stream_error.has_value());
  EXPECT_EQ(receiver.lines(), 95);
}

}  // namespace
}  // namespace costs::cli
