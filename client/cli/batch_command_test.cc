#include "client/cli/batch_command.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/testing/fake_costs_service.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

constexpr char kHeader[] = "location_id,value,units,start_time,end_time,record_reference_id";
constexpr char kFigures[] = "energy_wh,cost,cost_confidence,carbon_g,carbon_confidence,record_id,error";

std::string Row(absl::string_view location, int64_t number) {
  return absl::StrCat(location, ",", number, ",WH,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z,", number);
}

struct Ran {
  ExitCode code;
  std::vector<std::string> out;  // lines
  std::string err;
};

Ran Batch(const BatchOptions& options, std::shared_ptr<grpc::Channel> channel, const std::string& input) {
  const std::string path = testing::TempDir() + "/out";
  std::istringstream in(input);
  std::ostringstream err;
  Ran ran;
  ran.code = RunBatch(options, channel, &in, OutputFile::Open(path)->get(), &err);
  ran.err = err.str();
  std::ifstream written(path);
  std::string text(std::istreambuf_iterator<char>(written), {});
  EXPECT_TRUE(text.empty() || text.back() == '\n');
  ran.out = absl::StrSplit(text, '\n');
  ran.out.pop_back();
  return ran;
}

Ran Batch(const std::string& input, BatchOptions options = {}) {
  FakeCostsService service;
  options.server = "the fake";
  return Batch(options, service.NewChannel(), input);
}

TEST(RunBatch, Records_ComeOutPricedAndInOrder) {
  std::string input = absl::StrCat(kHeader, "\n");
  for (int i = 1; i <= 2'500; ++i) absl::StrAppend(&input, Row("loc_1", i), "\n");
  Ran ran = Batch(input);
  EXPECT_EQ(ran.code, kOk);
  ASSERT_EQ(ran.out.size(), 2'501u);
  EXPECT_EQ(ran.out[0], absl::StrCat(kHeader, ",", kFigures));
  EXPECT_EQ(ran.out[1], absl::StrCat(Row("loc_1", 1), ",1,0.002,1,0.1,0.8,mre_1,"));
  for (int i = 1; i <= 2'500; ++i) {
    ASSERT_TRUE(absl::StartsWith(ran.out[i], Row("loc_1", i))) << ran.out[i];
    ASSERT_TRUE(absl::EndsWith(ran.out[i], absl::StrCat(",mre_", i, ","))) << ran.out[i];
  }
  // 1 + 2 + ... + 2500 Wh, at 2 a kWh and 100 g a kWh.
  EXPECT_TRUE(
      absl::StartsWith(ran.err, "costs: 2,500 records, 0 failed; energy 3126.25 kWh, cost 6252.5, carbon 312.625 kg; "))
      << ran.err;
}

TEST(RunBatch, BadAndRefusedLines_AreReportedAndTheRestGoesOn) {
  Ran ran = Batch(absl::StrCat(kHeader, "\n", Row("loc_unknown", 2), "\n", Row("loc_1", 3), "\nloc_1,x,WH,,,4\n",
                               Row("loc_invalid", 5), "\nloc_1\n", Row("loc_1", 7), "\n"));
  EXPECT_EQ(ran.code, kSomeRecordsFailed);
  ASSERT_EQ(ran.out.size(), 7u);
  const std::string unknown = "line 2: LOCATION_NOT_FOUND: there is no location loc_unknown";
  EXPECT_EQ(ran.out[1], absl::StrCat(Row("loc_unknown", 2), ",,,,,,,", unknown));
  EXPECT_EQ(ran.out[2], absl::StrCat(Row("loc_1", 3), ",3,0.006,1,0.3,0.8,mre_3,"));
  EXPECT_EQ(ran.out[3],
            "loc_1,x,WH,,,4,,,,,,,\"line 4: value: must be a number such as 20567 or 1.5, but is \"\"x\"\"\"");
  EXPECT_EQ(ran.out[4], absl::StrCat(Row("loc_invalid", 5),
                                     ",,,,,,,line 5: INVALID_FIELD: value: must be at least 0; end_time: must be after "
                                     "start_time"));
  EXPECT_EQ(ran.out[5], "loc_1,,,,,,,,,,,,\"line 6: the row has 1 fields, the header 6\"");
  EXPECT_TRUE(absl::EndsWith(ran.out[6], "mre_7,"));
  EXPECT_TRUE(absl::StartsWith(ran.err, absl::StrCat("costs: ", unknown, "\ncosts: line 4: "))) << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.err, "costs: 6 records, 4 failed; energy 0.01 kWh,")) << ran.err;
}

TEST(RunBatch, Formats_AreConverted) {
  BatchOptions options;
  options.output = Format::kJsonLines;
  Ran ran = Batch(absl::StrCat(kHeader, "\n", Row("loc_1", 2), "\nloc_1\n"), options);
  ASSERT_EQ(ran.out.size(), 2u);
  EXPECT_EQ(ran.out[0], R"({"location_id":"loc_1","value":2,"units":"WH","start_time":"2022-02-01T10:30:00Z",)"
                        R"("end_time":"2022-02-01T11:00:00Z","record_reference_id":"2","energy_wh":2,"cost":0.004,)"
                        R"("cost_confidence":1,"carbon_g":0.2,"carbon_confidence":0.8,"record_id":"mre_2"})");
  EXPECT_EQ(ran.out[1], R"({"location_id":"loc_1","error":"line 3: the row has 1 fields, the header 6"})");

  const std::string record = ran.out[0].substr(0, ran.out[0].find(",\"energy_wh\"")) + "}";
  options.input = InputFormat::kJsonLines;
  ran = Batch(absl::StrCat(record, "\n{\n"), options);
  EXPECT_EQ(ran.code, kSomeRecordsFailed);
  ASSERT_EQ(ran.out.size(), 2u);
  EXPECT_TRUE(absl::EndsWith(ran.out[0], R"("record_id":"mre_2"})")) << ran.out[0];
  EXPECT_TRUE(absl::StartsWith(ran.out[1], R"({"error":"line 2: not JSON: )")) << ran.out[1];

  options.output = Format::kCsv;
  ran = Batch(absl::StrCat(record, "\n"), options);
  EXPECT_EQ(ran.code, kOk);
  ASSERT_EQ(ran.out.size(), 2u);
  EXPECT_TRUE(absl::StartsWith(ran.out[1], "loc_1,2,WH,2022-02-01T10:30:00Z,")) << ran.out[1];
  EXPECT_TRUE(absl::EndsWith(ran.out[1], ",2,0.004,1,0.2,0.8,mre_2,")) << ran.out[1];
}

TEST(RunBatch, MessagesOfChargingStations_BecomeRecords) {
  BatchOptions options;
  options.input = InputFormat::kOcpp;
  options.place = {"loc_1", "dev_1"};
  const auto message = [](const char* time, const char* value) {
    return absl::StrCat(R"([2,"1","MeterValues",{"connectorId":1,"transactionId":77,"meterValue":[{"timestamp":")",
                        time, R"(","sampledValue":[{"value":")", value, "\"}]}]}]\n");
  };
  const std::string input = message("2022-02-01T10:30:00Z", "1000") + "\nnonsense\n" +
                            message("2022-02-01T10:45:00Z", "1250.5") + message("2022-02-01T11:00:00Z", "1251.5");
  Ran ran = Batch(input, options);
  EXPECT_EQ(ran.code, kSomeRecordsFailed);
  ASSERT_EQ(ran.out.size(), 4u);
  EXPECT_EQ(ran.out[0], absl::StrCat("location_id,value,units,start_time,end_time,device_id,session_reference_id,"
                                     "direction,confidence,",
                                     kFigures));
  EXPECT_EQ(ran.out[1], ",,,,,,,,,,,,,,,line 3: not JSON: Invalid value. (at character 2)");
  EXPECT_EQ(ran.out[2],
            "loc_1,250.5,WH,2022-02-01T10:30:00Z,2022-02-01T10:45:00Z,dev_1,77,IMPORT,,251,0.501,1,25.05,0.8,mre_,");
  options.output = Format::kJsonLines;
  ran = Batch(input, options);
  ASSERT_EQ(ran.out.size(), 3u);
  EXPECT_EQ(ran.out[2], R"({"location_id":"loc_1","value":1,"units":"WH","start_time":"2022-02-01T10:45:00Z",)"
                        R"("end_time":"2022-02-01T11:00:00Z","device_id":"dev_1","session_reference_id":"77",)"
                        R"("direction":"IMPORT","energy_wh":1,"cost":0.002,"cost_confidence":1,"carbon_g":0.1,)"
                        R"("carbon_confidence":0.8,"record_id":"mre_"})");
}

TEST(RunBatch, GreenButton_BecomesRecords) {
  BatchOptions options;
  options.input = InputFormat::kGreenButton;
  options.place = {"loc_1", ""};
  Ran ran = Batch(
      "<feed><entry><content><ReadingType><uom>72</uom></ReadingType></content></entry><entry><content>"
      "<IntervalBlock><IntervalReading><ReadingQuality><quality>8</quality></ReadingQuality><timePeriod>"
      "<duration>900</duration><start>1643711400</start></timePeriod><value>250</value></IntervalReading>"
      "</IntervalBlock></content></entry></feed>",
      options);
  EXPECT_EQ(ran.code, kOk);
  ASSERT_EQ(ran.out.size(), 2u);
  EXPECT_EQ(ran.out[1], "loc_1,250,WH,2022-02-01T10:30:00Z,2022-02-01T10:45:00Z,,,IMPORT,0.8,250,0.5,1,25,0.8,mre_,");
  ran = Batch("<feed/>", options);
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_EQ(ran.err, "costs: has no IntervalBlock; a feed of Green Button is expected\n");
}

TEST(RunBatch, NoRecords_IsAHeader) {
  Ran ran = Batch("");
  EXPECT_EQ(ran.code, kOk);
  EXPECT_EQ(ran.out, std::vector<std::string>{kFigures});
  EXPECT_TRUE(absl::StartsWith(ran.err, "costs: 0 records, 0 failed; energy 0 kWh, cost 0, carbon 0 kg; ")) << ran.err;
  ran = Batch(kHeader);
  EXPECT_EQ(ran.code, kOk);
  EXPECT_EQ(ran.out, std::vector<std::string>{absl::StrCat(kHeader, ",", kFigures)});
}

TEST(RunBatch, MissingColumn_IsUsage) {
  Ran ran = Batch("location_id,value\n1,2\n");
  EXPECT_EQ(ran.code, kUsage);
  EXPECT_TRUE(ran.out.empty());
  EXPECT_TRUE(absl::StartsWith(ran.err, "costs: line 1: the header lacks units, start_time, end_time; ")) << ran.err;
}

TEST(RunBatch, ServerThatStops_LeavesWhatWasAnswered) {
  FakeBehaviour behaviour;
  behaviour.end_after = 1'234;
  behaviour.end_status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  FakeCostsService service(behaviour);
  std::string input = absl::StrCat(kHeader, "\n");
  for (int i = 1; i <= 20'000; ++i) absl::StrAppend(&input, Row("loc_1", i), "\n");
  BatchOptions options;
  options.server = "the fake";
  options.chunk_records = 100;
  options.retry_for = absl::ZeroDuration();
  Ran ran = Batch(options, service.NewChannel(), input);
  EXPECT_EQ(ran.code, kServerUnreachable);
  ASSERT_EQ(ran.out.size(), 1'235u);
  EXPECT_TRUE(absl::EndsWith(ran.out.back(), ",mre_1234,"));
  EXPECT_TRUE(absl::StartsWith(ran.err,
                               "costs: 1,234 records were answered, the rest was not (the last answered is on line "
                               "1235):\n  the stream to the fake broke: UNAVAILABLE: going down\n"))
      << ran.err;
}

TEST(RunBatch, ServerThatComesBack_AnswersTheRest) {
  FakeBehaviour behaviour;
  behaviour.end_after = 1'234;
  behaviour.end_status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "going down");
  FakeCostsService service(behaviour);
  std::string input = absl::StrCat(kHeader, "\n");
  for (int i = 1; i <= 3'000; ++i) absl::StrAppend(&input, Row("loc_1", i), "\n");
  BatchOptions options;
  options.server = "the fake";
  options.chunk_records = 100;
  const Ran ran = Batch(options, service.NewChannel(), input);
  EXPECT_EQ(ran.code, kOk);
  ASSERT_EQ(ran.out.size(), 3'001u);
  for (int i = 1; i <= 3'000; ++i) {
    ASSERT_TRUE(absl::StartsWith(ran.out[i], Row("loc_1", i)) &&
                absl::EndsWith(ran.out[i], absl::StrCat(",mre_", i, ",")))
        << ran.out[i];
  }
  const std::string broke = "costs: the stream to the fake broke (UNAVAILABLE: going down); trying again\n";
  EXPECT_TRUE(absl::StartsWith(ran.err, absl::StrCat(broke, broke, "costs: 3,000 records, 0 failed; "))) << ran.err;
}

TEST(RunBatch, BatchThatWasCutOff_GoesOnBehindItsOutput) {
  for (Format format : {Format::kCsv, Format::kJsonLines}) {
    FakeCostsService service;
    std::string input = absl::StrCat(kHeader, "\n");
    for (int i = 1; i <= 500; ++i) {
      absl::StrAppend(&input, i % 9 == 0 ? "loc_1,oops" : Row("loc_1", i), i % 7 == 0 ? ",\"two\nlines\"\n" : "\n");
    }
    BatchOptions options;
    options.server = "the fake";
    options.output = format;
    const std::string path = testing::TempDir() + "/resumed";
    const auto run = [&](std::string* err) {
      std::istringstream in(input);
      std::ostringstream told;
      const ExitCode code = RunBatch(options, service.NewChannel(), &in, OutputFile::OpenToResume(path)->get(), &told);
      *err = told.str();
      return code;
    };
    const auto written = [&path] {
      std::ifstream file(path);
      return std::string(std::istreambuf_iterator<char>(file), {});
    };
    std::remove(path.c_str());
    options.resume = true;
    std::string err;
    EXPECT_EQ(run(&err), kSomeRecordsFailed);  // nothing to go on with: from the start
    const std::string whole = written();
    for (size_t bytes : {size_t{0}, size_t{10}, whole.size() / 3, whole.size() / 3 + 29, whole.size() / 2 + 57,
                         whole.size() - 1, whole.size()}) {
      const int64_t before = service.records();
      std::ofstream(path, std::ios::trunc) << whole.substr(0, bytes);
      run(&err);
      EXPECT_EQ(written(), whole) << bytes << err;
      EXPECT_EQ(bytes<whole.size(), service.records()> before) << bytes;
      if (bytes > whole.size() / 3) {
        EXPECT_TRUE(absl::StartsWith(err, "costs: goes on behind ")) << err;
        EXPECT_LT(service.records() - before, 350);
      }
    }
    // An output of something else stays as it is.
    for (const std::string& other :
         {std::string("some,thing,else\n"), absl::StrCat("{\"a\":1}\n", whole), absl::StrCat(whole, "one,more\n"),
          absl::StrReplaceAll(whole, {{",250,", ",251,"}, {":250,", ":251,"}})}) {
      std::ofstream(path, std::ios::trunc) << other;
      EXPECT_EQ(run(&err), kUsage) << other.substr(0, 80);
      EXPECT_TRUE(absl::StrContains(err, "was not made from this input: ")) << err;
      EXPECT_EQ(written(), other);
    }
  }
}

TEST(RunBatch, ServerThatRefusesTheStream_IsTold) {
  FakeBehaviour behaviour;
  behaviour.end_after = 0;
  behaviour.end_status = grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "who are you?");
  FakeCostsService service(behaviour);
  BatchOptions options;
  options.server = "the fake";
  Ran ran = Batch(options, service.NewChannel(), absl::StrCat(kHeader, "\n", Row("loc_1", 1)));
  EXPECT_EQ(ran.code, kServerRefused);
  EXPECT_TRUE(absl::StrContains(ran.err,
                                "0 records were answered, the rest was not:\n  refused by the fake: "
                                "UNAUTHENTICATED: who are you?\n"))
      << ran.err;
}

TEST(RunBatch, Options_GoWithTheChunks) {
  FakeCostsService service;
  BatchOptions options;
  options.request.set_non_persistent(true);
  options.request.set_include_tariff(false);
  EXPECT_EQ(Batch(options, service.NewChannel(), absl::StrCat(kHeader, "\n", Row("loc_1", 1))).code, kOk);
  EXPECT_TRUE(service.last_chunk_options().non_persistent());
  EXPECT_FALSE(service.last_chunk_options().include_tariff());
  EXPECT_FALSE(service.last_chunk_options().has_include_carbon());
}

TEST(RunBatch, ReaderThatGoesAway_EndsItQuietly) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  FakeCostsService service;
  std::string input = absl::StrCat(kHeader, "\n");
  for (int i = 1; i <= 20'000; ++i) absl::StrAppend(&input, Row("loc_1", i), "\n");
  std::istringstream in(input);
  std::ostringstream err;
  OutputFile out(ends[1]);
  EXPECT_EQ(RunBatch({}, service.NewChannel(), &in, &out, &err), kOutputPipeClosed);
  EXPECT_EQ(err.str(), "");
  close(ends[1]);
}

}  // namespace
}  // namespace costs::cli
