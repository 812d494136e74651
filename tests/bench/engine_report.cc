#include "tests/bench/engine_report.h"

#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "rapidjson/document.h"
#include "tests/bench/child_process.h"

namespace costs::bench {
namespace {

constexpr absl::Duration kListTimeout = absl::Seconds(30);
constexpr absl::Duration kRunTimeout = absl::Minutes(5);

absl::StatusOr<std::string> Output(const std::vector<std::string>& command, absl::Duration timeout) {
  const std::vector<int> cores = AllowedCores();
  const absl::StatusOr<std::unique_ptr<ChildProcess>> process =
      ChildProcess::Start(command, cores.empty() ? 0 : cores.front());
  if (!process.ok()) return process.status();
  return (*process)->ReadAll(timeout);
}

// Null where there is no such text.
const char* Text(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsString() ? member->value.GetString() : nullptr;
}

// A benchmark's name as a literal in a regular expression.
std::string Quoted(absl::string_view name) {
  std::string result;
  for (const char c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '_' && c != '/' && c != ':') result += '\\';
    result += c;
  }
  return result;
}

}  // namespace

std::string EngineFigureName(absl::string_view benchmark) {
  absl::ConsumePrefix(&benchmark, "BM_");
  std::string name;
  for (const char c : benchmark) {
    const auto byte = static_cast<unsigned char>(c);
    const bool word = absl::ascii_isalnum(byte);
    const bool starts = !word || absl::ascii_isupper(byte);
    if (starts && !name.empty() && name.back() != '_') name += '_';
    if (word) name += absl::ascii_tolower(byte);
  }
  return absl::StrCat("engine_", absl::StripSuffix(name, "_"), "_mrecords_per_s_core");
}

absl::StatusOr<std::vector<std::pair<std::string, double>>> EngineFigures(const std::string& json) {
  rapidjson::Document document;
  document.Parse(json.c_str(), json.size());
  if (document.HasParseError() || !document.IsObject()) return absl::InvalidArgumentError("not a JSON object");
  const auto benchmarks = document.FindMember("benchmarks");
  if (benchmarks == document.MemberEnd() || !benchmarks->value.IsArray()) {
    return absl::InvalidArgumentError("no array 'benchmarks'");
  }
  std::vector<std::pair<std::string, double>> figures;
  for (const rapidjson::Value& benchmark : benchmarks->value.GetArray()) {
    if (!benchmark.IsObject()) return absl::InvalidArgumentError("'benchmarks' holds something else than objects");
    const char* name = Text(benchmark, "run_name");
    const char* aggregate = Text(benchmark, "aggregate_name");
    const auto items = benchmark.FindMember("items_per_second");
    if (name == nullptr || items == benchmark.MemberEnd() || !items->value.IsNumber()) continue;
    if (aggregate != nullptr && absl::string_view(aggregate) != "median") continue;
    figures.emplace_back(EngineFigureName(name), items->value.GetDouble() / 1e6);
  }
  return figures;
}

absl::StatusOr<int> RunEngineReport(const std::string& program, const NameFilter& only, int rounds, std::ostream& out) {
  const absl::StatusOr<std::string> list = Output({program, "--benchmark_list_tests=true"}, kListTimeout);
  if (!list.ok()) return list.status();
  std::vector<std::string> wanted;
  for (const absl::string_view name : absl::StrSplit(*list, '\n', absl::SkipEmpty())) {
    if (only.Passes(EngineFigureName(name))) wanted.push_back(Quoted(name));
  }
  if (wanted.empty()) return 0;
  const absl::StatusOr<std::string> json =
      Output({program, "--benchmark_format=json", absl::StrCat("--benchmark_repetitions=", rounds),
              absl::StrCat("--benchmark_report_aggregates_only=", rounds > 1 ? "true" : "false"),
              absl::StrCat("--benchmark_filter=^(", absl::StrJoin(wanted, "|"), ")$")},
             kRunTimeout);
  if (!json.ok()) return json.status();
  const auto figures = EngineFigures(*json);
  if (!figures.ok()) {
    return absl::Status(figures.status().code(), absl::StrCat("output of ", program, ": ", figures.status().message()));
  }
  for (const auto& [name, figure] : *figures) out << absl::StreamFormat("%s %.3f\n", name, figure);
  out.flush();
  return static_cast<int>(figures->size());
}

}  // namespace costs::bench
