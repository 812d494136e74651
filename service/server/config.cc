#include "service/server/config.h"

#include <sys/stat.h>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/postgres/address.h"
#include "service/server/setting_check.h"

ABSL_FLAG(std::string, grpc_listen, "127.0.0.1:50051", "Address of the gRPC port, host:port; port 0 takes a free one.");
ABSL_FLAG(std::string, rest_listen, "127.0.0.1:8080",
          "Address of the REST port, host:port; port 0 takes a free one; empty: no REST face.");
ABSL_FLAG(
    std::string, catalog, "",
    "Directory of the catalog: locations, tariff elements, market and carbon series. With --store it only fills a "
    "store that is empty.");
ABSL_FLAG(
    std::string, store, "",
    "SQLite file of a catalog that calls can change; it is made where there is none. Or the URL of a PostgreSQL "
    "database that several servers may share, postgres://USER@HOST/DATABASE; its password rather in PGPASSWORD or "
    "PGPASSFILE. Empty: the catalog is the directory's, and calls cannot change it.");
ABSL_FLAG(std::string, account_id, "acc_000000000000000000000001",
          "The account that the entries of the --catalog files belong to; with --authentication=none, every call.");
ABSL_FLAG(bool, live_mode, true, "Whether that is the account's live mode; false: its test mode.");
ABSL_FLAG(uint32_t, batch_limit, 1000, "Most records in a BatchCalculateInstantCosts call, 1 to 1000.");
ABSL_FLAG(uint32_t, stream_chunk_limit, 10000, "Most records in a chunk of StreamInstantCosts, 1 to 10000.");
ABSL_FLAG(uint32_t, grpc_message_limit, 16 << 20, "Most bytes in a gRPC request message, 4096 to 67108864.");
ABSL_FLAG(uint32_t, rest_body_limit, 64 << 10, "Most bytes in the body of a REST request, 1024 to 16777216.");
ABSL_FLAG(uint32_t, rest_bulk_limit, 16 << 20,
          "Most bytes in the body of a bulk submission (PUT /meters/interval), 1024 to 67108864.");
ABSL_FLAG(uint32_t, rest_connections, 1024, "Most open REST connections, 1 to 65536.");
ABSL_FLAG(uint32_t, rest_threads, 2, "Threads of the REST face, 1 to 64.");
ABSL_FLAG(
    std::string, scheduling, "auto",
    "What a thread does that is woken while its core is busy: normal, it may interrupt what runs there; batch, it "
    "waits its turn, a few milliseconds, and more is answered; auto: batch in the modes proxy and fallback.");
ABSL_FLAG(absl::Duration, drain_delay, absl::ZeroDuration(),
          "On SIGTERM: how long to go on taking calls after health says NOT_SERVING, so that load balancers notice; 0 "
          "to 5m.");
ABSL_FLAG(absl::Duration, drain_timeout, absl::Seconds(25),
          "On SIGTERM: how long calls in flight may take to end before they are ended, 0 to 1h.");

namespace costs::server {
namespace {

bool IsDirectory(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

ServerConfig ConfigFromFlags() {
  ServerConfig config;
  config.grpc_listen = absl::GetFlag(FLAGS_grpc_listen);
  config.rest_listen = absl::GetFlag(FLAGS_rest_listen);
  config.catalog = absl::GetFlag(FLAGS_catalog);
  config.store = absl::GetFlag(FLAGS_store);
  config.account_id = absl::GetFlag(FLAGS_account_id);
  config.live_mode = absl::GetFlag(FLAGS_live_mode);
  config.sign_in = SignInConfigFromFlags();
  config.batch_limit = absl::GetFlag(FLAGS_batch_limit);
  config.stream_chunk_limit = absl::GetFlag(FLAGS_stream_chunk_limit);
  config.grpc_message_limit = absl::GetFlag(FLAGS_grpc_message_limit);
  config.rest_body_limit = absl::GetFlag(FLAGS_rest_body_limit);
  config.rest_bulk_limit = absl::GetFlag(FLAGS_rest_bulk_limit);
  config.rest_connections = absl::GetFlag(FLAGS_rest_connections);
  config.rest_threads = absl::GetFlag(FLAGS_rest_threads);
  config.limits = LimitsFromFlags();
  config.transport = TransportFromFlags();
  config.upstream = UpstreamFromFlags();
  config.telemetry = TelemetryFromFlags();
  config.scheduling = absl::GetFlag(FLAGS_scheduling);
  config.drain_delay = absl::GetFlag(FLAGS_drain_delay);
  config.drain_timeout = absl::GetFlag(FLAGS_drain_timeout);
  return config;
}

std::string StoreName(const ServerConfig& config) {
  if (!postgres::IsUrl(config.store)) return config.store;
  const absl::StatusOr<std::string> address = postgres::AddressOf(config.store);
  return absl::StrCat("postgres://", address.ok() ? *address : "");
}

bool UsesBatchScheduling(const ServerConfig& config) {
  if (config.scheduling != "auto") return config.scheduling == "batch";
  return config.upstream.mode == "proxy" || config.upstream.mode == "fallback";
}

std::vector<std::string> CheckConfig(const ServerConfig& config) {
  SettingCheck check;
  if (check.Address("grpc_listen", config.grpc_listen)) {
    CheckPlaintext(config.transport, "grpc_listen", config.grpc_listen, &check);
  }
  if (!config.rest_listen.empty() && check.Address("rest_listen", config.rest_listen)) {
    CheckPlaintext(config.transport, "rest_listen", config.rest_listen, &check);
  }
  CheckLimits(config.limits, &check);
  CheckTransport(config.transport, &check);
  CheckUpstream(config.upstream, &check);
  CheckTelemetry(config.telemetry, &check);
  if (postgres::IsUrl(config.store)) {
    const absl::StatusOr<std::string> address = postgres::AddressOf(config.store);
    if (!address.ok()) {
      check.Fault("store", absl::StrCat(address.status().message(), "; write postgres://USER@HOST/DATABASE"));
    }
  } else if (!config.store.empty() && !IsDirectory(DirectoryOf(config.store))) {
    check.Fault("store", absl::StrCat("is '", config.store, "', but there is no directory '", DirectoryOf(config.store),
                                      "'; make it, or name another"));
  }
  if (config.catalog.empty()) {
    // What only asks another has no prices of its own.
    const bool proxy = config.upstream.mode == "proxy" && config.upstream.modes_file.empty();
    if (config.store.empty() && !proxy) {
      check.Fault("catalog", "is required without --store; name a directory, such as service/catalog/demo");
    }
  } else if (!IsDirectory(config.catalog)) {
    check.Fault("catalog", absl::StrCat("is '", config.catalog, "', which is not a directory"));
  }
  if (config.account_id.empty() || config.account_id.size() > 64) {
    check.Fault("account_id", "must be 1 to 64 characters long");
  }
  check.Range("batch_limit", config.batch_limit, 1, 1000);
  check.Range("stream_chunk_limit", config.stream_chunk_limit, 1, 10000);
  check.Range("grpc_message_limit", config.grpc_message_limit, 4096, 64 << 20);
  check.Range("rest_body_limit", config.rest_body_limit, 1024, 16 << 20);
  check.Range("rest_bulk_limit", config.rest_bulk_limit, 1024, 64 << 20);
  check.Range("rest_connections", config.rest_connections, 1, 65536);
  check.Range("rest_threads", config.rest_threads, 1, 64);
  if (config.scheduling != "auto" && config.scheduling != "normal" && config.scheduling != "batch") {
    check.Fault("scheduling", absl::StrCat("is '", config.scheduling, "'; it must be auto, normal or batch"));
  }
  check.Range("drain_delay", config.drain_delay, absl::Minutes(5));
  check.Range("drain_timeout", config.drain_timeout, absl::Hours(1));
  std::vector<std::string> faults = std::move(check).faults();
  const std::vector<std::string> more =
      CheckSignIn(config.sign_in, {{"grpc_listen", config.grpc_listen}, {"rest_listen", config.rest_listen}});
  faults.insert(faults.end(), more.begin(), more.end());
  return faults;
}

}  // namespace costs::server
