// A stream of meter records to be priced: records go in one by one, answers come out in
// the same order, and connections that drop on the way are nobody's worry.
//
//   costs::StreamOptions options;
//   options.on_answer = [](const costs::RecordAnswer& answer) { ... };
//   std::unique_ptr<costs::RecordStream> stream = client->OpenStream(std::move(options));
//   for (const auto& record : records) {
//     if (!stream->Write(record).ok()) break;
//   }
//   absl::Status status = stream->Finish();
//
// Records that were sent and not answered are kept, and sent again over a new connection
// when one breaks. A record that is sent twice is stored once: its device or location,
// direction, rate and period are its key. So each record is answered once, and none is
// lost or doubled, as long as the program lives.
//
// What is written and not yet answered is bounded (window_records, window_bytes): Write()
// waits, TryWrite() says no. Records travel in messages of up to chunk_records; while the
// server has nothing of ours to do a record goes at once.
#ifndef CLIENT_RECORD_STREAM_H_
#define CLIENT_RECORD_STREAM_H_

#include <grpcpp/channel.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "energy/costs/v1/costs_service.pb.h"

namespace costs {

// Of one record; valid while on_answer runs.
struct RecordAnswer {
  uint64_t sequence;                             // 0 for the first record that was written, then 1, ...
  const energy::costs::v1::MeterRecord* record;  // null where it was refused
  const google::rpc::Status* refusal;            // null where it was priced; see client/errors.h
};

struct StreamOptions {
  // Called once for each record, in the order of the records, by one thread at a time, one
  // of gRPC's. While it runs no further answer is read, so that it may take its time. It
  // must not wait for the stream (Write(), Finish(), the destructor).
  std::function<void(const RecordAnswer& answer)> on_answer;

  // Called once, at the end, with what Finish() returns; may be null. It must not wait for
  // the stream.
  std::function<void(const absl::Status& end)> on_end;
  // Told when a connection broke, or a record is to be asked for again, before it is tried
  // anew. From any thread; may be null.
  std::function<void(const absl::Status& why)> on_interruption;

  // What each answer shall hold: include_tariff, include_breakdown, view and so on; its
  // records are not used.
  energy::costs::v1::StreamInstantCostsRequest request;

  size_t chunk_records = 1'000;    // 1 to 10000
  size_t window_records = 10'000;  // at least chunk_records
  size_t window_bytes = 16 << 20;

  // When all must be over.
  absl::Time deadline = absl::InfiniteFuture();
  // How long it is tried again without any answer before the stream gives up.
  absl::Duration patience = absl::Minutes(5);
  // False: the first connection is tried once.
  bool retry_first_connection = true;
  // How often a record is asked for that the server refuses for now (UNAVAILABLE, or
  // RESOURCE_EXHAUSTED with a time to try again), before it counts as refused.
  int attempts_of_record = 5;
};

class RecordStream {
 public:
  struct Progress {
    uint64_t written = 0;
    uint64_t answered = 0;  // those refused included
    uint64_t refused = 0;
    int64_t reconnections = 0;
    size_t most_outstanding = 0;  // the most that were written and not answered
  };

  // Connects with the first record.
  static std::unique_ptr<RecordStream> Open(std::shared_ptr<grpc::ChannelInterface> channel, StreamOptions options);

  // Cancels what is left, and waits until on_answer does not run any more.
  ~RecordStream();

  RecordStream(const RecordStream&) = delete;
  RecordStream& operator=(const RecordStream&) = delete;

  // Takes a record; waits while the window is full. INVALID_ARGUMENT: a text of it is not
  // UTF-8, or it has more than 1 MiB; then it is not taken, and the stream goes on. Any
  // other error is the stream's end, and the same for all who ask.
  absl::Status Write(const energy::costs::v1::MeterRecordSubmission& record);

  // Takes it only if there is room now; `*taken` says whether. Room comes with answers.
  absl::Status TryWrite(const energy::costs::v1::MeterRecordSubmission& record, bool* taken);

  // No more records will be written.
  void WritesDone();
  // The same, and waits for the end. OK: each record was answered. Else some have no
  // answer, and the status says why.
  absl::Status Finish();

  // Ends it soon, with CANCELLED. From any thread, also from on_answer.
  void Cancel();

  Progress progress() const;

 private:
  class State;

  explicit RecordStream(std::unique_ptr<State> state);

  const std::unique_ptr<State> state_;
};

}  // namespace costs

#endif  // CLIENT_RECORD_STREAM_H_
