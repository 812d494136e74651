// Load on a CostsService, and what it costs the server.
//
// Three loads, each of prebuilt, already serialised requests (sample_records.h):
//   kUnary               CalculateInstantCost, `calls_in_flight` at any time
//   kSingleRecordStream  one StreamInstantCosts, chunks of one record, up to
//                        `records_in_flight` unanswered
//   kChunkStream         one StreamInstantCosts, chunks of kChunkRecords, up to
//                        `chunks_in_flight` unanswered
//
// The client is made to cost little beside the server: one thread on one
// completion queue, requests that are not serialised again, answers that are
// not parsed but scanned: every answer is counted, must be a result and must
// bear the next sequence number, however the server groups answers in messages.
// A call that fails, or an answer that is a refusal, fails the measurement.
//
// The server's CPU time per record is measured beside the throughput: it says
// the same where the server's core is the bottleneck, and other processes on
// the machine disturb it little.
//
// Thread-safety: RunLoad may be called from several threads at once.
#ifndef TESTS_BENCH_LOAD_CLIENT_H_
#define TESTS_BENCH_LOAD_CLIENT_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::bench {

enum class Load { kUnary, kSingleRecordStream, kChunkStream };

// unary, stream1, stream1000: as in the report's names.
absl::string_view LoadName(Load load);

struct LoadOptions {
  std::string address;   // host:port, plain text
  pid_t server_pid = 0;  // whose CPU time is measured
  // The cores that server and client are pinned to, to tell what else ran there.
  std::vector<int> cores;
  Load load = Load::kUnary;
  absl::Duration warm_up = absl::Milliseconds(300);
  absl::Duration duration = absl::Seconds(2);
  // How long to wait for the connections, and beyond the end for answers.
  absl::Duration patience = absl::Seconds(5);

  int calls_in_flight = 64;
  // Unary calls are spread over so many connections. gRPC queues calls beyond
  // 100 in flight on one connection inside the client.
  int connections = 1;
  int records_in_flight = 256;
  int chunks_in_flight = 4;
};

struct LoadResult {
  int64_t records = 0;  // answered while measured
  double records_per_second = 0;
  double server_cpu_us_per_record = 0;  // user and system
  double client_cpu_us_per_record = 0;  // of this process
  double answer_bytes_per_record = 0;   // serialised messages, no framing
  // The part of the cores' time that went to other processes, 0 to 1: the more,
  // the less the throughput says. CPU time per record suffers much less.
  double disturbed = 0;
};

// Loads the server for `warm_up` and then measures for `duration`. Returns at
// most about `patience` later, whatever the server does.
// UNAVAILABLE where it cannot be reached; DEADLINE_EXCEEDED where the server stops answering; INTERNAL where its answer
// is not a result or bears a wrong number; else the status of the failed call.
absl::StatusOr<LoadResult> RunLoad(const LoadOptions& options);

}  // namespace costs::bench

#endif  // TESTS_BENCH_LOAD_CLIENT_H_
