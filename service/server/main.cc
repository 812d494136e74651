// costsd: serves instant costs over gRPC and REST until SIGTERM or SIGINT.
// SIGHUP reads the catalog's files again.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "absl/flags/usage_config.h"
#include "absl/synchronization/mutex.h"
#include "service/server/config.h"
#include "service/server/server.h"
#include "service/server/version.h"
#include "service/telemetry/json_log.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace {

constexpr char kUsage[] =
    "Serves the cost and carbon of meter records over gRPC and REST.\n"
    "  costsd --catalog=DIRECTORY [--store=FILE] [--grpc_listen=HOST:PORT] [--rest_listen=HOST:PORT]\n"
    "  costsd ... [--admin_token_file=FILE] [--token_keys_dir=DIRECTORY] or [--authentication=none]\n"
    "All settings may stand in a file, one --flag=value a line: costsd --flagfile=FILE";

constexpr int kExitUsage = 2;
constexpr int kExitCannotStart = 1;

// What the store, the log and the threads need besides connections.
constexpr rlim_t kOtherDescriptors = 512;

// The connections' limits are of use only where the process may have so many.
void ProvideDescriptors(const costs::server::ServerConfig& config) {
  // A gRPC connection takes two (service/rpc/connection_acceptor.h).
  const rlim_t needed =
      2 * rlim_t{config.transport.grpc_connections} + rlim_t{config.rest_connections} + kOtherDescriptors;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= needed) return;
  limit.rlim_cur = std::min(needed, limit.rlim_max);
  setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= needed) return;
  spdlog::warn(
      "this process may have {} file descriptors, but --grpc_connections and --rest_connections need {}; raise the "
      "limit (ulimit -n) or lower them",
      limit.rlim_cur, needed);
}

// All threads inherit it that start later.
void ChooseScheduling(const costs::server::ServerConfig& config) {
  if (!costs::server::UsesBatchScheduling(config)) return;
  const sched_param none{};
  if (sched_setscheduler(0, SCHED_BATCH, &none) == 0) return;
  spdlog::warn("cannot have --scheduling=batch: {}; the scheduling stays as it is", std::strerror(errno));
}

}  // namespace

int main(int argc, char** argv) {
  // The distribution's Abseil looks for deadlocks at each lock that gRPC takes, as it does in tests.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  absl::SetProgramUsageMessage(kUsage);
  absl::FlagsUsageConfig usage;
  usage.contains_help_flags = [](absl::string_view file) {
    return file.find("service/server/") != absl::string_view::npos;
  };
  usage.version_string = [] { return std::string("costsd ") + costs::server::kVersion + "\n"; };
  absl::SetFlagsUsageConfig(usage);
  const std::vector<char*> rest = absl::ParseCommandLine(argc, argv);

  spdlog::set_default_logger(spdlog::stderr_logger_mt("costsd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);

  const costs::server::ServerConfig config = costs::server::ConfigFromFlags();
  if (config.telemetry.log_format == "json") spdlog::set_formatter(costs::telemetry::JsonLogFormatter());
  std::vector<std::string> faults = costs::server::CheckConfig(config);
  if (rest.size() > 1) faults.push_back(std::string("unexpected argument ") + rest[1] + "; settings are --flag=value");
  for (const std::string& fault : faults) spdlog::error("{}", fault);
  if (!faults.empty()) return kExitUsage;

  ProvideDescriptors(config);
  ChooseScheduling(config);

  // Before any thread starts, so that all inherit the mask and only this one
  // takes the signals.
  sigset_t signals;
  sigemptyset(&signals);
  for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);

  absl::StatusOr<std::unique_ptr<costs::server::Server>> server = costs::server::Server::Start(config);
  if (!server.ok()) {
    spdlog::error("{}", std::string(server.status().message()));
    return kExitCannotStart;
  }
  // For scripts: where it listens, once it does.
  std::printf("grpc %s\n", (*server)->grpc_address().c_str());
  if (!(*server)->rest_address().empty()) std::printf("rest %s\n", (*server)->rest_address().c_str());
  if (!(*server)->admin_address().empty()) std::printf("admin %s\n", (*server)->admin_address().c_str());
  if (!(*server)->channelz_address().empty()) std::printf("channelz %s\n", (*server)->channelz_address().c_str());
  std::printf("ready\n");
  std::fflush(stdout);

  for (;;) {
    int signal = 0;
    sigwait(&signals, &signal);
    if (signal != SIGHUP) break;
    (*server)->Reload();
  }
  spdlog::info("draining: no new calls, those in flight end");
  (*server)->Drain();
  spdlog::info("drained");
  return 0;
}
