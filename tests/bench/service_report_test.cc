#include "tests/bench/service_report.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/name_filter.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace costs::bench {
namespace {

using ::bazel::tools::cpp::runfiles::Runfiles;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

NameFilter Only(const std::string& regex) {
  absl::StatusOr<NameFilter> filter = NameFilter::Create(regex);
  EXPECT_TRUE(filter.ok()) << filter.status();
  return *filter;
}

// One short round, with the callback echo in the service's place.
ReportOptions ShortOptions() {
  const std::unique_ptr<Runfiles> runfiles(Runfiles::CreateForTest());
  const std::string echo = runfiles->Rlocation("instant_costs/tests/bench/echo_server");
  ReportOptions options;
  options.service = {echo, "--mode=callback"};
  options.echo_callback = {echo, "--mode=callback"};
  options.echo_cq = {echo, "--mode=cq"};
  options.rounds = 1;
  options.duration = absl::Milliseconds(200);
  options.warm_up = absl::Milliseconds(50);
  return options;
}

// The report's lines by name; a line of another form is a failure.
std::map<std::string, double> Lines(const std::string& out) {
  std::map<std::string, double> lines;
  for (const absl::string_view line : absl::StrSplit(out, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    double ratio = 0;
    EXPECT_EQ(words.size(), 2U) << line;
    EXPECT_TRUE(absl::SimpleAtod(words.back(), &ratio)) << line;
    EXPECT_TRUE(lines.emplace(words.front(), ratio).second) << "twice: " << line;
  }
  return lines;
}

TEST(ServiceReport, AllComparisons_PrintsALineForEach) {
  std::ostringstream out;
  std::ostringstream details;
  const absl::Status status = RunServiceReport(ShortOptions(), Only(""), out, details);
  ASSERT_TRUE(status.ok()) << status << "\n" << details.str();
  std::vector<std::string> names;
  for (const auto& [name, ratio] : Lines(out.str())) {
    names.push_back(name);
    // 0 where a busy machine left a server no time in so short a run.
    EXPECT_GE(ratio, 0) << name;
  }
  EXPECT_THAT(names,
              UnorderedElementsAre("unary_vs_echo_callback", "unary_vs_echo_callback_cpu", "stream1_vs_echo_callback",
                                   "stream1_vs_echo_callback_cpu", "stream1000_vs_echo_callback",
                                   "stream1000_vs_echo_callback_cpu", "unary_vs_echo_cq", "unary_vs_echo_cq_cpu",
                                   "stream1_vs_echo_cq", "stream1_vs_echo_cq_cpu", "stream1000_vs_echo_cq",
                                   "stream1000_vs_echo_cq_cpu", "echo_cq_vs_echo_callback_unary",
                                   "echo_cq_vs_echo_callback_unary_cpu", "echo_cq_vs_echo_callback_stream1",
                                   "echo_cq_vs_echo_callback_stream1_cpu", "echo_cq_vs_echo_callback_stream1000",
                                   "echo_cq_vs_echo_callback_stream1000_cpu"));
}

TEST(ServiceReport, Filter_StartsOnlyWhatItNeeds) {
  ReportOptions options = ShortOptions();
  options.service = {"/nonexistent/costsd"};
  std::ostringstream out;
  std::ostringstream details;
  const absl::Status status = RunServiceReport(options, Only("^echo_.*_unary$"), out, details);
  ASSERT_TRUE(status.ok()) << status << "\n" << details.str();
  std::vector<std::string> names;
  for (const auto& [name, ratio] : Lines(out.str())) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("echo_cq_vs_echo_callback_unary"));
}

TEST(ServiceReport, FilterPassesNothing_NotFound) {
  std::ostringstream out;
  const absl::Status status = RunServiceReport(ShortOptions(), Only("no_such_line"), out, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_EQ(out.str(), "");
}

TEST(ServiceReport, ProgramIsMissing_NamesIt) {
  ReportOptions options = ShortOptions();
  options.service = {"/nonexistent/costsd"};
  std::ostringstream out;
  const absl::Status status = RunServiceReport(options, Only("unary_vs_echo_cq"), out, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nonexistent/costsd"));
}

TEST(ServiceReport, ServerNeverReady_SaysWhatItWaitedFor) {
  ReportOptions options = ShortOptions();
  options.service = {"/bin/echo", "listening"};
  std::ostringstream out;
  const absl::Status status = RunServiceReport(options, Only("unary_vs_echo_cq"), out, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("grpc HOST:PORT"));
}

TEST(ServiceReport, ServerDies_NamesLoadAndServer) {
  ReportOptions options = ShortOptions();
  options.service = {"/bin/echo", "grpc 127.0.0.1:1"};
  std::ostringstream out;
  const absl::Status status = RunServiceReport(options, Only("unary_vs_echo_cq$"), out, out);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("unary on service"));
}

TEST(NameFilter, NotARegularExpression_Refused) {
  EXPECT_EQ(NameFilter::Create("(").status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace costs::bench
