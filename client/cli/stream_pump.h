// The pipelined stream: reads lines from a source, sends their records over a RecordStream,
// and hands the answers on in the order of the lines.
//
// The calling thread reads and sends; the receiver is called by others, one at a time. The
// lines that are read and not yet answered are bounded, so memory does not grow with the
// input. A line goes out as soon as it is read, so that a pipe's lines are answered as they
// come.
#ifndef CLIENT_CLI_STREAM_PUMP_H_
#define CLIENT_CLI_STREAM_PUMP_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/record_source.h"
#include "client/cli/rpc_error.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "grpcpp/channel.h"

namespace costs::cli {

// Called by one thread at a time. An error ends the stream.
class AnswerReceiver {
 public:
  virtual ~AnswerReceiver() = default;

  // The record of this line was priced.
  virtual absl::Status OnResult(absl::string_view carry, const v1::MeterRecord& result) = 0;
  // The server refused it.
  virtual absl::Status OnRefusal(int64_t line, absl::string_view carry, const google::rpc::Status& status) = 0;
  // The line held no record. `error` begins with its number.
  virtual absl::Status OnBadLine(int64_t line, absl::string_view carry, absl::string_view error) = 0;
  // Called after some lines, and whenever each line that was read has been handed on.
  // offset: of the input behind them.
  virtual absl::Status OnSomeDone(int64_t offset) = 0;
};

struct PumpOptions {
  size_t chunk_records = 1'000;
  // Full chunks that are read and not yet answered, at least 2.
  size_t chunks_in_flight = 8;
  // How long a broken stream is tried again without an answer; once one has been connected.
  absl::Duration retry_for = absl::Minutes(5);
  // Told why, the first time after an answer.
  std::function<void(const RpcError& why)> on_interruption;
  // When the whole stream shall have ended; none: no limit.
  std::optional<absl::Time> deadline;
  // The options of each chunk; has no records.
  v1::StreamInstantCostsRequest request;
};

struct PumpResult {
  int64_t lines_read = 0;       // records and bad lines
  int64_t records_sent = 0;     // of them
  int64_t lines_handed_on = 0;  // to the receiver
  // The most records that were sent and not yet answered.
  int64_t most_outstanding = 0;
  int64_t reconnections = 0;
  // The last line that was handed on; 0: none.
  int64_t last_line = 0;

  // How the stream ended. Empty: every line was handed on.
  std::optional<RpcError> stream_error;
  // Why the source could not be read to its end.
  std::string read_error;
  // What the receiver said.
  absl::Status receiver_status;

  bool complete() const { return !stream_error.has_value() && read_error.empty() && receiver_status.ok(); }
};

// Runs until the source's end, or until something goes wrong. A source without
// a record opens no stream.
PumpResult PumpRecords(std::shared_ptr<grpc::Channel> channel, const PumpOptions& options, RecordSource* source,
                       AnswerReceiver* receiver);

}  // namespace costs::cli

#endif  // CLIENT_CLI_STREAM_PUMP_H_
