// What more load than it can bear does to costsd: goodput, latency and memory at 1, 2
// and 4 times its capacity, which is measured first in the same run.
//
//   bazel run --config=opt //tests/bench:overload_bench
//
// Prints `NAME RATIO` for each figure on standard output (the rounds' median), and what
// was measured on standard error. The server has the first core, the client the second.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/bench/child_process.h"
#include "tests/bench/overload_client.h"
#include "tests/bench/served_bench.h"

ABSL_FLAG(double, seconds, 8, "Length of one measurement, after a second of warm-up.");
ABSL_FLAG(int, rounds, 3, "How often everything is measured.");
ABSL_FLAG(int, batch_records, 1'000,
          "Records of a call; 0: single ones, which the client cannot offer much too many of.");
ABSL_FLAG(bool, stored, true,
          "Whether the records are stored (SQLite, in a directory of its own under TMPDIR or /tmp).");
ABSL_FLAG(int, connections, 16, "Connections that the calls are spread over.");
ABSL_FLAG(std::vector<std::string>, server_flags, {}, "Further flags of costsd.");

namespace costs::bench {
namespace {

// Calls in flight while the capacity is measured.
constexpr int kCapacityRecords = 6'400, kLeastInFlight = 4, kMostInFlight = 64;

void Say(const char* what, const OverloadResult& result) {
  std::fprintf(
      stderr,
      "%-9s offered %8.0f/s  good %8.0f/s  refused %8.0f/s  late %6.0f/s  median %7.1f ms  p99 %7.1f ms  %5.0f MB\n",
      what, result.offered, result.good, result.refused, result.late, absl::ToDoubleMilliseconds(result.median),
      absl::ToDoubleMilliseconds(result.p99), static_cast<double>(result.server_bytes) / 1e6);
}

absl::Status Round(OverloadOptions options, uint64_t* calls, Ratios* ratios) {
  options.calls_per_second = 0;
  options.calls_before = *calls;
  const absl::StatusOr<OverloadResult> capacity = RunOverload(options);
  if (!capacity.ok()) return capacity.status();
  *calls += capacity->calls;
  Say("capacity", *capacity);
  double peak = capacity->good;
  std::vector<std::pair<int, OverloadResult>> results;
  for (const int times : {1, 2, 4}) {
    options.calls_per_second = capacity->good * times;
    options.calls_before = *calls;
    const absl::StatusOr<OverloadResult> result = RunOverload(options);
    if (!result.ok()) return result.status();
    *calls += result->calls;
    Say(absl::StrCat(times, " times").c_str(), *result);
    peak = std::max(peak, result->good);
    results.emplace_back(times, *result);
  }
  for (const auto& [times, result] : results) {
    const std::string at = absl::StrCat("_at_", times, "_vs_");
    (*ratios)[absl::StrCat("goodput", at, "peak")].push_back(result.good / peak);
    (*ratios)[absl::StrCat("p99", at, "deadline")].push_back(absl::FDivDuration(result.p99, options.deadline));
    (*ratios)[absl::StrCat("memory", at, "capacity")].push_back(static_cast<double>(result.server_bytes) /
                                                                static_cast<double>(capacity->server_bytes));
    (*ratios)[absl::StrCat("offered", at, "capacity")].push_back(result.offered / capacity->good);
  }
  return absl::OkStatus();
}

absl::Status Run(const Places& places) {
  const std::vector<int> cores = AllowedCores();
  if (cores.size() < 2) return absl::FailedPreconditionError("two cores are needed: server and client have one each");
  PinToCore(cores[1]);
  std::vector<std::string> command = {places.costsd, absl::StrCat("--catalog=", places.catalog)};
  if (absl::GetFlag(FLAGS_stored)) command.push_back(absl::StrCat("--store=", places.directory, "/store"));
  for (const std::string& flag : absl::GetFlag(FLAGS_server_flags)) command.push_back(flag);
  const absl::StatusOr<Server> server = StartServer(command, cores[0]);
  if (!server.ok()) return server.status();
  OverloadOptions options;
  options.address = server->grpc;
  options.server_pid = server->process->pid();
  options.connections = absl::GetFlag(FLAGS_connections);
  options.batch_records = absl::GetFlag(FLAGS_batch_records);
  // As many records in flight whatever the batches are: enough to have no pause, too few to be refused.
  options.in_flight = std::clamp(kCapacityRecords / std::max(options.batch_records, 1), kLeastInFlight, kMostInFlight);
  options.duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  Ratios ratios;
  uint64_t calls = 0;
  for (int round = 1; round <= absl::GetFlag(FLAGS_rounds); ++round) {
    if (absl::Status status = Round(options, &calls, &ratios); !status.ok()) return status;
  }
  Print(std::move(ratios));
  return absl::OkStatus();
}

}  // namespace
}  // namespace costs::bench

int main(int argc, char** argv) {
  return costs::bench::BenchMain(
      argc, argv, "Measures costsd under more load than it can bear; see docs/performance.md.", costs::bench::Run);
}
