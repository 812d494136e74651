#include "tests/fault/costsd_process.h"

#include <signal.h>

#include <cstdio>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace costs::fault {
namespace {

// Far more than it takes, also for a sanitized server on a busy machine.
constexpr absl::Duration kPatience = absl::Minutes(2);

std::string Program() {
  std::string error;
  std::unique_ptr<bazel::tools::cpp::runfiles::Runfiles> runfiles(
      bazel::tools::cpp::runfiles::Runfiles::CreateForTest(&error));
  return runfiles == nullptr ? "" : runfiles->Rlocation("instant_costs/service/server/costsd");
}

}  // namespace

CostsdProcess::CostsdProcess(std::vector<std::string> flags) : flags_(std::move(flags)) {}

bool CostsdProcess::Start() {
  std::vector<std::string> command = {Program(), absl::StrCat("--grpc_listen=", grpc_),
                                      absl::StrCat("--rest_listen=", rest_), "--authentication=none"};
  command.insert(command.end(), flags_.begin(), flags_.end());
  absl::StatusOr<std::unique_ptr<bench::ChildProcess>> process = bench::ChildProcess::Start(command);
  if (!process.ok()) {
    std::fprintf(stderr, "%s\n", process.status().ToString().c_str());
    return false;
  }
  process_ = *std::move(process);
  for (;;) {
    const absl::StatusOr<std::string> line = process_->ReadLine(kPatience);
    if (!line.ok()) {
      std::fprintf(stderr, "costsd did not start: %s\n", line.status().ToString().c_str());
      return false;
    }
    const std::vector<std::string> words = absl::StrSplit(*line, ' ');
    if (words[0] == "grpc") grpc_ = words[1];
    if (words[0] == "rest") rest_ = words[1];
    if (words[0] == "ready") return true;
  }
}

bool CostsdProcess::Stop() {
  kill(process_->pid(), SIGTERM);
  const bool ended = process_->ReadAll(kPatience).ok();
  process_ = nullptr;
  return ended;
}

void CostsdProcess::Kill() { process_->Kill(); }
void CostsdProcess::Freeze() { kill(process_->pid(), SIGSTOP); }
void CostsdProcess::Thaw() { kill(process_->pid(), SIGCONT); }

}  // namespace costs::fault
