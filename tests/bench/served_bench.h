// What the benchmarks that start servers share: the server, the ratios, and main().
#ifndef TESTS_BENCH_SERVED_BENCH_H_
#define TESTS_BENCH_SERVED_BENCH_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/child_process.h"

namespace costs::bench {

struct Server {
  std::unique_ptr<ChildProcess> process;
  std::string grpc, rest;  // host:port
};

// A costsd on free ports, without authentication, pinned to that core; serves on return.
absl::StatusOr<Server> StartServer(std::vector<std::string> command, int core);

// By name, in order; what each round gave.
using Ratios = std::map<std::string, std::vector<double>>;

// `NAME RATIO` with the rounds' median on standard output, the least and the most on
// standard error.
void Print(Ratios ratios);

// Where a benchmark's things are.
struct Places {
  std::string costsd, catalog, echo_server;
  std::string directory;  // its own, under TMPDIR or /tmp; removed at the end
};

// main() of a benchmark: parses the flags and runs it. `usage` says what it measures.
int BenchMain(int argc, char** argv, const char* usage, const std::function<absl::Status(const Places&)>& run);

}  // namespace costs::bench

#endif  // TESTS_BENCH_SERVED_BENCH_H_
