// Thousands of streams that open, close, break off and are broken off, at a
// calculator that answers on its own threads: nothing crashes or hangs, and a
// stream that ends with OK has answered every record.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>. Threads
// take turns as they like, so a failure may need several runs to come again.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "service/engine/testing/random_tariffs.h"
#include "service/engine/testing/tariff_spec.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/threaded_calculator.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;
using engine::testing::Random;
using Stream = grpc::ClientReaderWriter<v1::StreamInstantCostsRequest, v1::StreamInstantCostsResponse>;

constexpr int kClients = 8;
constexpr int kStreamsOfAClient = 300;
constexpr int kCrowd = 2'000;

std::shared_ptr<const catalog::Snapshot> FlatCatalog() {
  engine::testing::ElementSpec spec = engine::testing::Flat("0.25");
  catalog::CatalogContent content;
  content.elements = {engine::testing::Build(spec)};
  content.locations = {{"loc_flat", "Europe/London", "GBP", "", {spec.id}}};
  return *catalog::Snapshot::Create(1, std::move(content));
}

v1::StreamInstantCostsRequest Chunk(int size, uint64_t first_sequence) {
  v1::StreamInstantCostsRequest chunk;
  for (int i = 0; i < size; ++i) {
    v1::SequencedSubmission* item = chunk.add_records();
    item->set_sequence(first_sequence + static_cast<uint64_t>(i));
    v1::MeterRecordSubmission* record = item->mutable_record();
    record->set_location_id("loc_flat");
    record->set_units(v1::Units::WH);
    record->set_value(i);
    record->mutable_start_time()->set_seconds(1'600'000'000);
    record->mutable_end_time()->set_seconds(1'600'001'800);
  }
  return chunk;
}

class StreamStress : public testing::Test {
 protected:
  StreamStress()
      : faces_(FlatCatalog(),
               [](calculator::Calculator* local) { return std::make_unique<ThreadedCalculator>(local, 3); }) {}

  // Calls on one connection beyond about a hundred wait for each other.
  std::vector<std::unique_ptr<v1::CostsService::Stub>> Stubs(int count) {
    std::vector<std::unique_ptr<v1::CostsService::Stub>> stubs;
    stubs.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      const std::shared_ptr<grpc::Channel> channel = faces_.NewChannel();
      // A busy machine may fail the first attempt to connect, which is not what is tested here.
      EXPECT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::minutes(1)));
      stubs.push_back(v1::CostsService::NewStub(channel));
    }
    return stubs;
  }

  Faces faces_;
};

// How a client treats its stream.
enum class Manner {
  kHalfCloseAtOnce,
  kWellBehaved,
  kCancelAfterWriting,
  kCancelWhileReading,
  kDeadline,
  kNeverReads,
  kEmptyChunk,
  kWalksAway,
  kCount,
};

// One stream, from its opening to its status.
class Client {
 public:
  Client(v1::CostsService::Stub* stub, Random& random) : random_(random) {
    manner_ = static_cast<Manner>(random.Between(0, static_cast<int64_t>(Manner::kCount) - 1));
    if (manner_ == Manner::kDeadline) {
      context_.set_deadline(std::chrono::system_clock::now() + std::chrono::microseconds(random.Between(0, 8'000)));
    }
    stream_ = stub->StreamInstantCosts(&context_);
  }

  void Run() {
    switch (manner_) {
      case Manner::kWalksAway:
        context_.TryCancel();
        break;
      case Manner::kHalfCloseAtOnce:
        stream_->WritesDone();
        ReadAll();
        break;
      case Manner::kWellBehaved:
      case Manner::kDeadline:
        Exchange(static_cast<int>(random_.Between(1, 5)));
        break;
      case Manner::kCancelAfterWriting:
        Write(static_cast<int>(random_.Between(1, 20)));
        context_.TryCancel();
        break;
      case Manner::kCancelWhileReading:
        Write(static_cast<int>(random_.Between(1, 300)));
        stream_->Read(&response_);
        context_.TryCancel();
        break;
      case Manner::kNeverReads:
        for (int i = 0; i < 5; ++i) Write(1000);
        context_.TryCancel();
        break;
      case Manner::kEmptyChunk:
        Write(3);
        stream_->Write(v1::StreamInstantCostsRequest());
        ReadAll();
        break;
      case Manner::kCount:
        break;
    }
    CheckEnd(stream_->Finish());
  }

 private:
  bool Write(int size) {
    if (!stream_->Write(Chunk(size, sent_))) return false;
    sent_ += static_cast<uint64_t>(size);
    return true;
  }

  bool ReadOne() {
    if (!stream_->Read(&response_)) return false;
    for (const v1::SequencedOutcome& outcome : response_.outcomes()) EXPECT_EQ(outcome.sequence(), answered_++);
    return true;
  }

  void ReadAll() {
    while (ReadOne()) {
    }
  }

  // Chunks in turn with their answers, or all chunks first.
  void Exchange(int chunks) {
    const bool in_turn = random_.OneIn(2);
    for (int i = 0; i < chunks && Write(static_cast<int>(random_.Between(1, 200))); ++i) {
      while (in_turn && answered_ < sent_ && ReadOne()) {
      }
    }
    stream_->WritesDone();
    ReadAll();
  }

  void CheckEnd(const grpc::Status& status) {
    const grpc::StatusCode code = status.error_code();
    switch (manner_) {
      case Manner::kHalfCloseAtOnce:
      case Manner::kWellBehaved:
        EXPECT_EQ(code, grpc::StatusCode::OK) << status.error_message();
        break;
      case Manner::kEmptyChunk:
        EXPECT_EQ(code, grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
        EXPECT_EQ(answered_, 3u);
        break;
      case Manner::kDeadline:
        EXPECT_TRUE(code == grpc::StatusCode::OK || code == grpc::StatusCode::DEADLINE_EXCEEDED)
            << code << " " << status.error_message();
        break;
      default:
        EXPECT_EQ(code, grpc::StatusCode::CANCELLED) << status.error_message();
        break;
    }
    if (code == grpc::StatusCode::OK) {
      EXPECT_EQ(answered_, sent_);
    }
  }

  Random& random_;
  Manner manner_;
  grpc::ClientContext context_;
  std::unique_ptr<Stream> stream_;
  v1::StreamInstantCostsResponse response_;
  uint64_t sent_ = 0;
  uint64_t answered_ = 0;
};

TEST_F(StreamStress, StreamsOfEveryManner_EndAsTheirClientsMeant) {
  const std::vector<std::unique_ptr<v1::CostsService::Stub>> stubs = Stubs(kClients);
  std::vector<std::thread> clients;
  clients.reserve(kClients);
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([stub = stubs[static_cast<size_t>(i)].get(), i] {
      Random random(static_cast<uint64_t>(3000 + i));
      for (int stream = 0; stream < kStreamsOfAClient && !HasFailure(); ++stream) Client(stub, random).Run();
    });
  }
  for (std::thread& client : clients) client.join();
}

// All open at the same time, and the server ends while half of them still are.
TEST_F(StreamStress, CrowdOfOpenStreams_EndsWithTheServer) {
  struct Open {
    grpc::ClientContext context;
    std::unique_ptr<Stream> stream;
    bool cancelled = false;
  };
  const std::vector<std::unique_ptr<v1::CostsService::Stub>> stubs = Stubs(kCrowd / 100);
  Random random(4000);
  std::vector<std::unique_ptr<Open>> crowd;
  crowd.reserve(kCrowd);
  const v1::StreamInstantCostsRequest chunk = Chunk(10, 0);
  for (int i = 0; i < kCrowd; ++i) {
    Open& open = *crowd.emplace_back(std::make_unique<Open>());
    open.stream = stubs[static_cast<size_t>(i) % stubs.size()]->StreamInstantCosts(&open.context);
    EXPECT_TRUE(open.stream->Write(chunk));
  }
  // A stream that meets a server in its shutdown is cancelled by gRPC, which no
  // service can help; so all of them have arrived before.
  while (faces_.service().calls_in_flight() < size_t{kCrowd}) std::this_thread::yield();
  for (size_t i = crowd.size(); i > 1; --i) {
    std::swap(crowd[i - 1], crowd[static_cast<size_t>(random.Between(0, static_cast<int64_t>(i) - 1))]);
  }
  const size_t half = crowd.size() / 2;
  for (size_t i = 0; i < half; ++i) {
    Open& open = *crowd[i];
    if ((open.cancelled = random.OneIn(2))) {
      open.context.TryCancel();
    } else {
      open.stream->WritesDone();
    }
  }
  std::thread ender([this] {
    faces_.service().EndStreams();
    faces_.StopGrpc();
  });
  for (size_t i = 0; i < crowd.size(); ++i) {
    Open& open = *crowd[i];
    int answered = 0;
    v1::StreamInstantCostsResponse response;
    while (open.stream->Read(&response)) answered += response.outcomes_size();
    const grpc::StatusCode code = open.stream->Finish().error_code();
    if (open.cancelled) {
      EXPECT_EQ(code, grpc::StatusCode::CANCELLED);
    } else if (code == grpc::StatusCode::OK) {
      EXPECT_EQ(answered, chunk.records_size());
    } else {
      EXPECT_EQ(code, grpc::StatusCode::UNAVAILABLE);
    }
  }
  ender.join();
}

}  // namespace
}  // namespace costs::conformance
