#include "tests/bench/served_bench.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace costs::bench {

absl::StatusOr<Server> StartServer(std::vector<std::string> command, int core) {
  for (const char* flag : {"--grpc_listen=127.0.0.1:0", "--rest_listen=127.0.0.1:0", "--authentication=none"}) {
    command.push_back(flag);
  }
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(command, core);
  if (!process.ok()) return process.status();
  Server server{*std::move(process), "", ""};
  while (true) {
    const absl::StatusOr<std::string> line = server.process->ReadLine(absl::Seconds(60));
    if (!line.ok()) return line.status();
    absl::string_view address = *line;
    if (absl::ConsumePrefix(&address, "grpc ")) server.grpc = std::string(address);
    if (absl::ConsumePrefix(&address, "rest ")) server.rest = std::string(address);
    if (address == "ready") return server;
  }
}

void Print(Ratios ratios) {
  for (auto& [name, values] : ratios) {
    std::sort(values.begin(), values.end());
    std::printf("%s %.2f\n", name.c_str(), values[values.size() / 2]);
    std::fprintf(stderr, "%-28s %.2f to %.2f\n", name.c_str(), values.front(), values.back());
  }
}

int BenchMain(int argc, char** argv, const char* usage, const std::function<absl::Status(const Places&)>& run) {
  // The distribution's Abseil looks for deadlocks at each lock that gRPC takes; nothing that is measured does.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::SetProgramUsageMessage(usage);
  absl::ParseCommandLine(argc, argv);
  std::string error;
  using bazel::tools::cpp::runfiles::Runfiles;
  const std::unique_ptr<Runfiles> runfiles(Runfiles::Create(argv[0], &error));
  if (runfiles == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 1;
  }
  const char* const tmpdir = std::getenv("TMPDIR");
  std::string directory = absl::StrCat(tmpdir != nullptr ? tmpdir : "/tmp", "/costs-bench-XXXXXX");
  if (mkdtemp(directory.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  const absl::Status status = run({runfiles->Rlocation("instant_costs/service/server/costsd"),
                                   runfiles->Rlocation("instant_costs/service/catalog/demo"),
                                   runfiles->Rlocation("instant_costs/tests/bench/echo_server"), directory});
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}

}  // namespace costs::bench
