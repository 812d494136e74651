#include "tests/bench/service_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "tests/bench/child_process.h"
#include "tests/bench/load_client.h"

namespace costs::bench {
namespace {

constexpr absl::Duration kStartTimeout = absl::Seconds(60);
// A throughput says little where other processes took more of the cores' time.
constexpr double kQuiet = 0.1;
// Answers whose sizes differ by more are not a like comparison.
constexpr double kAlikeBytes = 0.05;

enum class Server { kService, kEchoCallback, kEchoCq };
constexpr std::array<Server, 3> kServers = {Server::kService, Server::kEchoCallback, Server::kEchoCq};
constexpr std::array<Load, 3> kLoads = {Load::kUnary, Load::kSingleRecordStream, Load::kChunkStream};

absl::string_view ServerName(Server server) {
  switch (server) {
    case Server::kService:
      return "service";
    case Server::kEchoCallback:
      return "echo_callback";
    case Server::kEchoCq:
      return "echo_cq";
  }
  return "";
}

enum class Measure { kThroughput, kCpu };

struct Comparison {
  std::string name;
  Load load;
  Server subject;
  Server baseline;
  Measure measure;
};

std::vector<Comparison> Comparisons(const NameFilter& only) {
  std::vector<Comparison> result;
  const auto add = [&](const std::string& name, Load load, Server subject, Server baseline) {
    for (const Measure measure : {Measure::kThroughput, Measure::kCpu}) {
      const std::string full = absl::StrCat(name, measure == Measure::kCpu ? "_cpu" : "");
      if (only.Passes(full)) result.push_back({full, load, subject, baseline, measure});
    }
  };
  for (const Server baseline : {Server::kEchoCallback, Server::kEchoCq}) {
    for (const Load load : kLoads) {
      add(absl::StrCat(LoadName(load), "_vs_", ServerName(baseline)), load, Server::kService, baseline);
    }
  }
  for (const Load load : kLoads) {
    add(absl::StrCat("echo_cq_vs_echo_callback_", LoadName(load)), load, Server::kEchoCq, Server::kEchoCallback);
  }
  return result;
}

using Case = std::pair<Load, Server>;
// What was measured, by rounds.
using Results = std::map<Case, std::vector<LoadResult>>;

struct RunningServer {
  std::unique_ptr<ChildProcess> process;
  std::string address;
};

absl::Status In(absl::string_view where, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(where, ": ", status.message()));
}

absl::StatusOr<RunningServer> StartServer(const std::vector<std::string>& command, int core) {
  absl::StatusOr<std::unique_ptr<ChildProcess>> process = ChildProcess::Start(command, core);
  if (!process.ok()) return process.status();
  const absl::Time deadline = absl::Now() + kStartTimeout;
  while (true) {
    const absl::StatusOr<std::string> line = (*process)->ReadLine(deadline - absl::Now());
    if (!line.ok()) {
      return In(absl::StrCat("waiting for 'grpc HOST:PORT' from ", absl::StrJoin(command, " ")), line.status());
    }
    absl::string_view address = *line;
    if (absl::ConsumePrefix(&address, "grpc ")) return RunningServer{*std::move(process), std::string(address)};
  }
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double MedianOf(const std::vector<LoadResult>& rounds, double LoadResult::*figure) {
  std::vector<double> values;
  values.reserve(rounds.size());
  for (const LoadResult& round : rounds) values.push_back(round.*figure);
  return Median(values);
}

// The rounds that other processes did not disturb; all, where that are none.
std::vector<LoadResult> Quiet(const std::vector<LoadResult>& rounds) {
  std::vector<LoadResult> quiet;
  for (const LoadResult& round : rounds) {
    if (round.disturbed <= kQuiet) quiet.push_back(round);
  }
  return quiet.empty() ? rounds : quiet;
}

struct RatioRounds {
  std::vector<double> ratios;
  bool disturbed = false;  // throughputs, and no round was quiet
};

// The ratio of each round. A ratio of throughputs leaves out the rounds that
// other processes disturbed, unless that are all of them.
RatioRounds Ratios(const Comparison& comparison, const Results& results) {
  const std::vector<LoadResult>& subject = results.at({comparison.load, comparison.subject});
  const std::vector<LoadResult>& baseline = results.at({comparison.load, comparison.baseline});
  std::vector<double> all;
  std::vector<double> quiet;
  for (size_t round = 0; round < subject.size(); ++round) {
    if (comparison.measure == Measure::kCpu) {
      all.push_back(baseline[round].server_cpu_us_per_record / subject[round].server_cpu_us_per_record);
      continue;
    }
    all.push_back(subject[round].records_per_second / baseline[round].records_per_second);
    if (std::max(subject[round].disturbed, baseline[round].disturbed) <= kQuiet) quiet.push_back(all.back());
  }
  const bool disturbed = comparison.measure == Measure::kThroughput && quiet.empty();
  if (disturbed || comparison.measure == Measure::kCpu) return {std::move(all), disturbed};
  return {std::move(quiet), false};
}

// One round of all cases; each round begins with another server.
absl::Status MeasureRound(const ReportOptions& options, int round, const std::vector<int>& cores,
                          const std::map<Server, RunningServer>& servers, Results* results, std::ostream& details) {
  for (const Load load : kLoads) {
    std::vector<Server> order;
    for (const Server server : kServers) {
      if (results->count({load, server}) != 0) order.push_back(server);
    }
    if (order.empty()) continue;
    std::rotate(order.begin(), order.begin() + round % static_cast<int>(order.size()), order.end());
    for (const Server server : order) {
      LoadOptions load_options;
      load_options.address = servers.at(server).address;
      load_options.server_pid = servers.at(server).process->pid();
      load_options.cores = cores;
      load_options.load = load;
      load_options.duration = options.duration;
      load_options.warm_up = options.warm_up;
      load_options.connections = options.connections;
      const absl::StatusOr<LoadResult> result = RunLoad(load_options);
      if (!result.ok()) return In(absl::StrCat(LoadName(load), " on ", ServerName(server)), result.status());
      (*results)[{load, server}].push_back(*result);
      details << absl::StreamFormat(
          "round %d  %-10s %-13s %9.0f records/s  server %7.3f us  client %7.3f us  disturbed %2.0f %%\n", round + 1,
          LoadName(load), ServerName(server), result->records_per_second, result->server_cpu_us_per_record,
          result->client_cpu_us_per_record, result->disturbed * 100);
    }
  }
  return absl::OkStatus();
}

void PrintDetails(const std::vector<Comparison>& comparisons, const Results& results, std::ostream& details) {
  details << "\nmedians          server           records/s   server us   client us   answer bytes (a record)\n";
  for (const auto& [where, rounds] : results) {
    details << absl::StreamFormat("%-16s %-13s %12.0f %11.3f %11.3f %14.1f\n", LoadName(where.first),
                                  ServerName(where.second), MedianOf(Quiet(rounds), &LoadResult::records_per_second),
                                  MedianOf(rounds, &LoadResult::server_cpu_us_per_record),
                                  MedianOf(rounds, &LoadResult::client_cpu_us_per_record),
                                  MedianOf(rounds, &LoadResult::answer_bytes_per_record));
  }
  details << "\nratios                                   median   least    most  rounds\n";
  for (const Comparison& comparison : comparisons) {
    const auto [ratios, disturbed] = Ratios(comparison, results);
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    details << absl::StreamFormat("%-39s %7.3f %7.3f %7.3f  %d of %d%s\n", comparison.name, Median(ratios), *least,
                                  *most, ratios.size(), results.at({comparison.load, comparison.subject}).size(),
                                  disturbed ? ", all disturbed: believe _cpu" : "");
  }
  for (const Comparison& comparison : comparisons) {
    const double subject =
        MedianOf(results.at({comparison.load, comparison.subject}), &LoadResult::answer_bytes_per_record);
    const double baseline =
        MedianOf(results.at({comparison.load, comparison.baseline}), &LoadResult::answer_bytes_per_record);
    if (std::abs(subject / baseline - 1) > kAlikeBytes) {
      details << absl::StreamFormat("warning: %s compares answers of %.0f and of %.0f bytes\n", comparison.name,
                                    subject, baseline);
    }
  }
}

}  // namespace

absl::Status RunServiceReport(const ReportOptions& options, const NameFilter& only, std::ostream& out,
                              std::ostream& details) {
  const std::vector<Comparison> comparisons = Comparisons(only);
  if (comparisons.empty()) return absl::NotFoundError("no comparison has such a name");
  Results results;
  for (const Comparison& comparison : comparisons) {
    results[{comparison.load, comparison.subject}];
    results[{comparison.load, comparison.baseline}];
  }

  // The first is the servers', the last the client's.
  std::vector<int> cores = AllowedCores();
  if (cores.empty()) return absl::InternalError("cannot tell on which cores this process may run");
  if (cores.size() == 1) details << "warning: one core only; servers and client share it\n";
  if (cores.size() > 2) cores.resize(2);
  const std::map<Server, std::vector<std::string>> commands = {
      {Server::kService, options.service},
      {Server::kEchoCallback, options.echo_callback},
      {Server::kEchoCq, options.echo_cq},
  };
  std::map<Server, RunningServer> servers;
  for (const auto& [where, rounds] : results) {
    const Server server = where.second;
    if (servers.count(server) != 0) continue;
    absl::StatusOr<RunningServer> running = StartServer(commands.at(server), cores.front());
    if (!running.ok()) return In(ServerName(server), running.status());
    servers.emplace(server, *std::move(running));
  }
  PinToCore(cores.back());

  for (int round = 0; round < std::max(options.rounds, 1); ++round) {
    absl::Status status = MeasureRound(options, round, cores, servers, &results, details);
    if (!status.ok()) return status;
  }
  PrintDetails(comparisons, results, details);
  for (const Comparison& comparison : comparisons) {
    out << absl::StreamFormat("%s %.3f\n", comparison.name, Median(Ratios(comparison, results).ratios));
  }
  out.flush();
  return absl::OkStatus();
}

}  // namespace costs::bench
