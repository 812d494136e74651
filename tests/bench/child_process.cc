#include "tests/bench/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"

namespace costs::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);

// What the child does between fork and exec; only async-signal-safe calls.
[[noreturn]] void Become(char* const* argv, const cpu_set_t& cores, int output) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  sched_setaffinity(0, sizeof(cores), &cores);
  dup2(output, STDOUT_FILENO);
  execv(argv[0], argv);
  _exit(127);
}

}  // namespace

std::vector<int> AllowedCores() {
  std::vector<int> result;
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof(cores), &cores) != 0) return result;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &cores)) result.push_back(core);
  }
  return result;
}

void PinToCore(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  sched_setaffinity(0, sizeof(cores), &cores);
}

absl::StatusOr<std::unique_ptr<ChildProcess>> ChildProcess::Start(const std::vector<std::string>& command,
                                                                  absl::optional<int> core) {
  if (command.empty() || access(command[0].c_str(), X_OK) != 0) {
    return absl::NotFoundError(absl::StrCat("no program to run: '", absl::StrJoin(command, " "), "'"));
  }
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (core) {
    CPU_SET(*core, &cores);
  } else {
    sched_getaffinity(0, sizeof(cores), &cores);
  }

  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError(absl::StrCat("pipe: ", strerror(errno)));
  const pid_t pid = fork();
  if (pid == 0) Become(argv.data(), cores, ends[1]);
  close(ends[1]);
  if (pid < 0) {
    close(ends[0]);
    return absl::InternalError(absl::StrCat("fork: ", strerror(errno)));
  }
  return std::unique_ptr<ChildProcess>(new ChildProcess(pid, ends[0]));
}

void ChildProcess::Kill() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  ended_ = true;
}

ChildProcess::~ChildProcess() {
  close(output_);
  if (ended_) return;
  kill(pid_, SIGTERM);
  const absl::Time deadline = absl::Now() + kPatience;
  while (waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (absl::Now() > deadline) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
      return;
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
}

absl::StatusOr<bool> ChildProcess::ReadMore(absl::Time deadline) {
  pollfd ready = {output_, POLLIN, 0};
  const int64_t left = std::max<int64_t>(absl::ToInt64Milliseconds(deadline - absl::Now()), 0);
  const int polled = poll(&ready, 1, static_cast<int>(left));
  if (polled < 0 && errno == EINTR) return true;
  if (polled <= 0) return absl::DeadlineExceededError("the program printed nothing in time");
  char bytes[4096];
  const ssize_t size = read(output_, bytes, sizeof(bytes));
  if (size <= 0) return false;
  buffer_.append(bytes, static_cast<size_t>(size));
  return true;
}

absl::StatusOr<std::string> ChildProcess::ReadLine(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos) {
    const absl::StatusOr<bool> more = ReadMore(deadline);
    if (!more.ok()) return more.status();
    if (!*more) return absl::UnavailableError("the program ended, or closed its output, without a line");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

absl::StatusOr<std::string> ChildProcess::ReadAll(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (true) {
    const absl::StatusOr<bool> more = ReadMore(deadline);
    if (!more.ok()) return more.status();
    if (!*more) return std::exchange(buffer_, "");
  }
}

}  // namespace costs::bench
