// What of the server's stream rate a program gets that uses the client library, and what
// memory it takes.
//
//   bazel run --config=opt //tests/bench:client_bench
//
// The server's rate is that of load_client.h: chunks of 1000 records, serialised beforehand,
// answers that are scanned and not parsed. The library's program copies each record, and
// reads each answer's cost. In memory, and with each record stored. Prints `NAME RATIO` for
// each figure on standard output (the rounds' median), and what was measured on standard
// error. The server has the first core, the client the second.
#include <sys/resource.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/costs_client.h"
#include "tests/bench/load_client.h"
#include "tests/bench/sample_records.h"
#include "tests/bench/served_bench.h"

ABSL_FLAG(double, seconds, 3, "Length of one measurement.");
ABSL_FLAG(int, rounds, 5, "How often everything is measured.");

namespace costs::bench {
namespace {

// What this process has in memory now, in KiB.
int64_t ResidentKib() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * 4;
}

struct Streamed {
  double records_per_second = 0;
  int64_t early_kib = 0, late_kib = 0;  // in memory after a tenth of the time, and at the end
};

// Writes records for as long as the flag says.
absl::StatusOr<Streamed> Stream(const Server& server, const std::vector<v1::MeterRecordSubmission>& records) {
  ClientOptions client_options;
  client_options.address = server.grpc;
  const absl::StatusOr<std::unique_ptr<Client>> client = Client::Connect(client_options);
  if (!client.ok()) return client.status();
  double cost = 0;
  StreamOptions options;
  options.on_answer = [&cost](const RecordAnswer& answer) {
    if (answer.record != nullptr) cost += answer.record->data().tariff().value();
  };
  const std::unique_ptr<RecordStream> stream = (*client)->OpenStream(std::move(options));
  Streamed streamed;
  const absl::Duration duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  const absl::Time begin = absl::Now();
  size_t count = 0;
  for (;; ++count) {
    if (count % 1'000 == 0) {
      const absl::Duration passed = absl::Now() - begin;
      if (streamed.early_kib == 0 && passed > duration / 10) streamed.early_kib = ResidentKib();
      if (passed > duration) break;
    }
    if (absl::Status status = stream->Write(records[count % records.size()]); !status.ok()) return status;
  }
  streamed.late_kib = ResidentKib();
  if (absl::Status status = stream->Finish(); !status.ok()) return status;
  if (stream->progress().refused > 0 || cost == 0) return absl::InternalError("records were refused");
  streamed.records_per_second = static_cast<double>(count) / absl::ToDoubleSeconds(absl::Now() - begin);
  return streamed;
}

absl::StatusOr<double> ServersRate(const Server& server) {
  LoadOptions options;
  options.address = server.grpc;
  options.server_pid = server.process->pid();
  options.cores = AllowedCores();
  options.load = Load::kChunkStream;
  options.chunks_in_flight = 10;  // as the library has
  options.duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  const absl::StatusOr<LoadResult> result = RunLoad(options);
  if (!result.ok()) return result.status();
  return result->records_per_second;
}

absl::Status Run(const Places& places) {
  const std::vector<int> cores = AllowedCores();
  if (cores.size() < 2) return absl::FailedPreconditionError("two cores are needed: server and client have one each");
  PinToCore(cores[1]);
  std::vector<v1::MeterRecordSubmission> records;
  for (int i = 0; i < kSampleRecords; ++i) records.push_back(SampleSubmission(i));
  const std::string catalog = absl::StrCat("--catalog=", places.catalog);
  const absl::StatusOr<Server> memory = StartServer({places.costsd, catalog}, cores[0]);
  if (!memory.ok()) return memory.status();
  const absl::StatusOr<Server> stored =
      StartServer({places.costsd, catalog, absl::StrCat("--store=", places.directory, "/store")}, cores[0]);
  if (!stored.ok()) return stored.status();
  Ratios ratios;
  for (int round = 1; round <= absl::GetFlag(FLAGS_rounds); ++round) {
    for (const auto& [name, server] :
         {std::pair<const char*, const Server*>{"memory", &*memory}, {"stored", &*stored}}) {
      const absl::StatusOr<double> own = ServersRate(*server);
      if (!own.ok()) return own.status();
      const absl::StatusOr<Streamed> streamed = Stream(*server, records);
      if (!streamed.ok()) return streamed.status();
      std::fprintf(stderr, "%s: the server %.0f/s, the library %.0f/s, in %lld and %lld KiB\n", name, *own,
                   streamed->records_per_second, static_cast<long long>(streamed->early_kib),
                   static_cast<long long>(streamed->late_kib));
      ratios[absl::StrCat("client_stream_", name, "_vs_server")].push_back(streamed->records_per_second / *own);
      ratios[absl::StrCat("client_stream_", name, "_memory")].push_back(static_cast<double>(streamed->late_kib) /
                                                                        static_cast<double>(streamed->early_kib));
    }
  }
  Print(std::move(ratios));
  return absl::OkStatus();
}

}  // namespace
}  // namespace costs::bench

int main(int argc, char** argv) {
  return costs::bench::BenchMain(argc, argv, "Measures the client library's stream; see docs/performance.md.",
                                 costs::bench::Run);
}
