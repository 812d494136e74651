// What proxy mode costs beside libcurl alone, and what fallback mode costs beside compute
// mode while the upstream is dead.
//
//   bazel run --config=opt //tests/bench:proxy_bench
//
// Prints `NAME RATIO` for each figure on standard output (the rounds' median), and what
// was measured on standard error. The upstream has the first core; what asks it (libcurl,
// or the proxy with its own client) the second. On that core a proxy can do no more than
// libcurl and a bare gRPC echo with its client would together: `_vs_libcurl_and_echo`.
// `_of_own_core_vs_libcurl` is worked out of the proxy's CPU time for a record: what it
// would answer if its client were elsewhere.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "google/protobuf/util/json_util.h"
#include "service/tls/testing/test_certificates.h"
#include "tests/bench/bare_curl.h"
#include "tests/bench/child_process.h"
#include "tests/bench/delayed_link.h"
#include "tests/bench/load_client.h"
#include "tests/bench/sample_records.h"
#include "tests/bench/served_bench.h"

ABSL_FLAG(double, seconds, 2, "Length of one measurement.");
ABSL_FLAG(int, rounds, 5, "How often everything is measured.");
ABSL_FLAG(bool, upstream_stores, false, "Whether the upstream stores what it prices, as one does that is somebody's.");
ABSL_FLAG(bool, upstream_tls, false, "Whether the upstream is asked over TLS, as one is that is somebody's.");
ABSL_FLAG(absl::Duration, upstream_distance, absl::ZeroDuration(),
          "How long bytes take to the upstream, and back again.");
ABSL_FLAG(std::vector<std::string>, proxy_flags, {}, "Further flags of the proxy.");

namespace costs::bench {
namespace {

// Nobody listens there.
constexpr char kDead[] = "http://127.0.0.1:9";

std::vector<std::string> Bodies() {
  std::vector<std::string> bodies;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  for (int i = 0; i < kSampleRecords; ++i) {
    std::string body;
    const auto written = google::protobuf::util::MessageToJsonString(SampleSubmission(i), &body, options);
    if (!written.ok()) std::fprintf(stderr, "%s\n", written.ToString().c_str());
    bodies.push_back(std::move(body));
  }
  return bodies;
}

absl::StatusOr<LoadResult> Measure(const Server& server, Load load) {
  LoadOptions options;
  options.address = server.grpc;
  options.server_pid = server.process->pid();
  options.cores = AllowedCores();
  options.load = load;
  // More than the 64 that the proxy has under way, as by streams: or else some of its connections
  // would be idle while answers and the next calls are between it and the client.
  options.calls_in_flight = 128;
  options.connections = 2;
  options.duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  return RunLoad(options);
}

absl::StatusOr<double> Rate(const Server& server, Load load) {
  const absl::StatusOr<LoadResult> result = Measure(server, load);
  if (!result.ok()) return result.status();
  return result->records_per_second;
}

struct Servers {
  Server upstream, proxy, compute, fallback, echo;
  std::string upstream_url;
  std::string upstream_ca;  // empty: it has no TLS
};

absl::Status Round(const Servers& servers, const std::vector<std::string>& bodies, Ratios* ratios) {
  BareCurlOptions bare;
  bare.url = absl::StrCat(servers.upstream_url, "/costs/instant");
  bare.ca = servers.upstream_ca;
  bare.bodies = bodies;
  bare.duration = absl::Seconds(absl::GetFlag(FLAGS_seconds));
  const absl::StatusOr<double> curl = RunBareCurl(bare);
  if (!curl.ok()) return curl.status();
  std::fprintf(stderr, "libcurl alone  %8.0f/s\n", *curl);
  for (const Load load : {Load::kUnary, Load::kSingleRecordStream, Load::kChunkStream}) {
    const absl::StatusOr<LoadResult> proxied = Measure(servers.proxy, load);
    if (!proxied.ok()) return proxied.status();
    const absl::StatusOr<double> echoed = Rate(servers.echo, load);
    if (!echoed.ok()) return echoed.status();
    const double rate = proxied->records_per_second;
    // One core does both for each record: gRPC's part at both ends, and libcurl's.
    const double both = 1 / (1 / *echoed + 1 / *curl);
    // Without its client, and never more than the upstream answers.
    const double alone = std::min(1e6 / proxied->server_cpu_us_per_record, *curl);
    const std::string name = absl::StrCat("proxy_", LoadName(load));
    std::fprintf(stderr, "%-16s %8.0f/s, on a core of its own %8.0f/s; echo %8.0f/s, libcurl and echo %8.0f/s\n",
                 name.c_str(), rate, alone, *echoed, both);
    (*ratios)[name + "_vs_libcurl"].push_back(rate / *curl);
    (*ratios)[name + "_vs_libcurl_and_echo"].push_back(rate / both);
    (*ratios)[name + "_of_own_core_vs_libcurl"].push_back(alone / *curl);
  }
  for (const Load load : {Load::kUnary, Load::kSingleRecordStream, Load::kChunkStream}) {
    const absl::StatusOr<double> computed = Rate(servers.compute, load);
    if (!computed.ok()) return computed.status();
    const absl::StatusOr<double> fallen = Rate(servers.fallback, load);
    if (!fallen.ok()) return fallen.status();
    std::fprintf(stderr, "compute %-8s %8.0f/s, fallback %8.0f/s\n", std::string(LoadName(load)).c_str(), *computed,
                 *fallen);
    (*ratios)[absl::StrCat("fallback_", LoadName(load), "_vs_compute")].push_back(*fallen / *computed);
  }
  return absl::OkStatus();
}

// The flags of a server with a certificate, whose CA goes into `ca`.
std::vector<std::string> TlsFlags(const std::string& directory, const std::string& ca) {
  tls::TestCa signer;
  const tls::TestPair pair = signer.SignServer();
  const std::string certificate = directory + "/server.pem";
  const std::string key = directory + "/server.key";
  tls::WriteFile(ca, signer.certificate());
  tls::WriteFile(certificate, pair.certificate);
  tls::WriteFile(key, pair.private_key);
  return {"--tls_certificate=" + certificate, "--tls_private_key=" + key};
}

absl::Status Run(const Places& places) {
  const std::vector<int> cores = AllowedCores();
  if (cores.size() < 2) return absl::FailedPreconditionError("two cores are needed");
  const bool tls = absl::GetFlag(FLAGS_upstream_tls);
  PinToCore(cores[1]);
  const std::string own = absl::StrCat("--catalog=", places.catalog);
  std::vector<std::string> asked = {places.costsd, own};
  if (absl::GetFlag(FLAGS_upstream_stores)) asked.push_back(absl::StrCat("--store=", places.directory, "/upstream"));
  std::string ca;
  if (tls) {
    ca = places.directory + "/ca.pem";
    for (std::string& flag : TlsFlags(places.directory, ca)) asked.push_back(std::move(flag));
  }
  absl::StatusOr<Server> upstream = StartServer(asked, cores[0]);
  if (!upstream.ok()) return upstream.status();
  std::string address = upstream->rest;
  std::unique_ptr<DelayedLink> link;
  if (const absl::Duration distance = absl::GetFlag(FLAGS_upstream_distance); distance > absl::ZeroDuration()) {
    absl::StatusOr<std::unique_ptr<DelayedLink>> started = DelayedLink::Start(address, distance, cores[0]);
    if (!started.ok()) return started.status();
    link = *std::move(started);
    address = link->address();
  }
  const std::string url = absl::StrCat(tls ? "https://" : "http://", address);
  std::vector<std::string> command = {places.costsd, "--mode=proxy", absl::StrCat("--upstream_url=", url),
                                      "--upstream_pass_authorization"};
  if (tls) command.push_back(absl::StrCat("--upstream_ca=", ca));
  for (const std::string& flag : absl::GetFlag(FLAGS_proxy_flags)) command.push_back(flag);
  absl::StatusOr<Server> proxy = StartServer(command, cores[1]);
  if (!proxy.ok()) return proxy.status();
  absl::StatusOr<Server> compute = StartServer({places.costsd, own}, cores[0]);
  if (!compute.ok()) return compute.status();
  absl::StatusOr<Server> fallback = StartServer(
      {places.costsd, own, "--mode=fallback", absl::StrCat("--upstream_url=", kDead), "--upstream_pass_authorization"},
      cores[0]);
  if (!fallback.ok()) return fallback.status();
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start({places.echo_server}, cores[1]);
  if (!process.ok()) return process.status();
  absl::StatusOr<std::string> echo = (*process)->ReadLine(absl::Seconds(10));
  if (!echo.ok()) return echo.status();
  const Servers servers{*std::move(upstream),
                        *std::move(proxy),
                        *std::move(compute),
                        *std::move(fallback),
                        Server{*std::move(process), std::string(absl::StripPrefix(*echo, "grpc ")), ""},
                        url,
                        ca};
  const std::vector<std::string> bodies = Bodies();
  Ratios ratios;
  for (int round = 1; round <= absl::GetFlag(FLAGS_rounds); ++round) {
    if (absl::Status status = Round(servers, bodies, &ratios); !status.ok()) return status;
  }
  Print(std::move(ratios));
  return absl::OkStatus();
}

}  // namespace
}  // namespace costs::bench

int main(int argc, char** argv) {
  return costs::bench::BenchMain(argc, argv, "Measures proxy and fallback mode; see docs/performance.md.",
                                 costs::bench::Run);
}
