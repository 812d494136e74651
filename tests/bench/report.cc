// Prints the project's speed, a line `NAME RATIO` for each figure on standard
// output, and how it came about on standard error:
//
//   bazel run --config=opt //tests/bench:report
//   bazel run --config=opt //tests/bench:report -- --only='^unary' --rounds=9
//
// service_report.h and engine_report.h say what the names mean.
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tests/bench/engine_report.h"
#include "tests/bench/name_filter.h"
#include "tests/bench/service_report.h"
#include "tools/cpp/runfiles/runfiles.h"

ABSL_FLAG(std::string, only, "", "Only lines whose name this regular expression (POSIX, extended) is found in.");
ABSL_FLAG(int, rounds, 5, "How often everything is measured; a line shows the median.");
ABSL_FLAG(double, seconds, 2, "Length of one measurement.");
ABSL_FLAG(int, connections, 1, "Connections that the 64 unary calls in flight are spread over.");
ABSL_FLAG(std::string, server_cmd, "",
          "Another server to measure in place of costsd: program and arguments with spaces between them. It must "
          "print `grpc HOST:PORT` when it is ready. Default: costsd with the demo catalog.");

namespace costs::bench {
namespace {

using ::bazel::tools::cpp::runfiles::Runfiles;

int Run(const char* argv0) {
  const auto fail = [](const absl::Status& status) {
    std::cerr << "report: " << status << "\n";
    return 1;
  };
  std::string error;
  const std::unique_ptr<Runfiles> runfiles(Runfiles::Create(argv0, &error));
  if (runfiles == nullptr) return fail(absl::NotFoundError(absl::StrCat(error, "; start it with bazel run")));
  const auto file = [&](const std::string& path) { return runfiles->Rlocation(absl::StrCat("instant_costs/", path)); };
  const absl::StatusOr<NameFilter> only = NameFilter::Create(absl::GetFlag(FLAGS_only));
  if (!only.ok()) return fail(only.status());

  ReportOptions options;
  const std::string echo = file("tests/bench/echo_server");
  options.echo_callback = {echo, "--mode=callback"};
  options.echo_cq = {echo, "--mode=cq"};
  options.service = absl::StrSplit(absl::GetFlag(FLAGS_server_cmd), ' ', absl::SkipEmpty());
  if (options.service.empty()) {
    options.service = {file("service/server/costsd"), "--grpc_listen=127.0.0.1:0",
                       "--rest_listen=", "--authentication=none",
                       absl::StrCat("--catalog=", file("service/catalog/demo"))};
  }
  options.rounds = absl::GetFlag(FLAGS_rounds);
  options.duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  options.connections = absl::GetFlag(FLAGS_connections);

  // The engine's benchmark is optional: it is run where the BUILD file has it.
  int engine_lines = 0;
  const std::string engine = file("tests/bench/engine_bench");
  if (access(engine.c_str(), X_OK) == 0) {
    const absl::StatusOr<int> lines = RunEngineReport(engine, *only, options.rounds, std::cout);
    if (!lines.ok()) return fail(lines.status());
    engine_lines = *lines;
  }
  const absl::Status status = RunServiceReport(options, *only, std::cout, std::cerr);
  if (absl::IsNotFound(status) && engine_lines > 0) return 0;
  return status.ok() ? 0 : fail(status);
}

}  // namespace
}  // namespace costs::bench

int main(int argc, char** argv) {
  // The distribution's Abseil looks for deadlocks at each lock that gRPC takes; nothing that is measured does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::SetProgramUsageMessage(
      "The service beside a bare gRPC echo of the same messages, and the engine.\n"
      "report [--only=REGEX] [--rounds=N] [--seconds=S] [--server_cmd=COMMAND]");
  absl::ParseCommandLine(argc, argv);
  return costs::bench::Run(argv[0]);
}
