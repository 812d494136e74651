#include "client/cli/instant_command.h"

#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "client/testing/fake_costs_service.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

InstantOptions DocumentationsRecord() {
  InstantOptions options;
  options.server = "the fake";
  v1::MeterRecordSubmission* const record = options.request.mutable_record();
  record->set_location_id("loc_1");
  record->set_record_reference_id("r1");
  record->set_value(10284);
  record->set_units(v1::Units::WH);
  record->mutable_start_time()->set_seconds(1'643'711'400);
  record->mutable_end_time()->set_seconds(1'643'713'200);
  return options;
}

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

Ran Instant(const InstantOptions& options, const FakeCostsService& service) {
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = RunInstant(options, service.NewStub().get(), &out, &err);
  return {code, out.str(), err.str()};
}

TEST(RunInstant, Answer_IsJsonWithTheDocumentationsNames) {
  FakeCostsService service;
  Ran ran = Instant(DocumentationsRecord(), service);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_EQ(ran.out,
            R"({
 "id": "mre_r1",
 "object": "meter_record",
 "live_mode": false,
 "direction": "IMPORT",
 "tariff_rate": "IMPORT",
 "currency_code": "GBP",
 "energy_units": "WH",
 "carbon_units": "gCO2eq",
 "request": {
  "location_id": "loc_1",
  "record_reference_id": "r1",
  "units": "WH",
  "value": 10284,
  "start_time": "2022-02-01T10:30:00Z",
  "end_time": "2022-02-01T11:00:00Z"
 },
 "data": {
  "start_time": "2022-02-01T10:30:00Z",
  "end_time": "2022-02-01T11:00:00Z",
  "energy": {
   "value": 10284
  },
  "tariff": {
   "value": 20.568,
   "confidence": 1
  },
  "carbon": {
   "value": 1028.4,
   "confidence": 0.8
  }
 }
}
)");
  EXPECT_EQ(ran.err, "");
}

TEST(RunInstant, Table_IsForPeople) {
  FakeCostsService service;
  InstantOptions options = DocumentationsRecord();
  options.format = InstantOptions::Format::kTable;
  options.request.set_include_breakdown(true);
  Ran ran = Instant(options, service);
  EXPECT_EQ(ran.code, kOk) << ran.err;
  EXPECT_EQ(ran.out,
            "record    mre_r1\n"
            "location  loc_1\n"
            "period    2022-02-01T10:30:00Z to 2022-02-01T11:00:00Z\n"
            "energy    10284 Wh\n"
            "cost      20.568 GBP, confidence 1\n"
            "carbon    1028.4 gCO2eq, confidence 0.8\n"
            "\n"
            "2022-02-01T10:30:00Z to 2022-02-01T11:00:00Z\n"
            "  energy  10284 Wh\n"
            "  rate    2 per kWh, tre_1, confidence 1\n"
            "  cost    20.568 GBP\n"
            "  carbon  1028.4 gCO2eq\n");
}

TEST(RunInstant, Refusal_ListsEachViolationAndTheReason) {
  FakeCostsService service;
  InstantOptions options = DocumentationsRecord();
  options.request.mutable_record()->set_location_id("loc_invalid");
  Ran ran = Instant(options, service);
  EXPECT_EQ(ran.code, kServerRefused);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err,
            "costs: INVALID_ARGUMENT: the record has 2 faults\n"
            "  value: must be at least 0\n"
            "  end_time: must be after start_time\n"
            "  reason: INVALID_FIELD\n");
}

TEST(RunInstant, NoServer_SaysSoAndWhatToDo) {
  std::unique_ptr<v1::CostsService::Stub> stub;
  {
    FakeCostsService gone;
    stub = gone.NewStub();
  }
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(RunInstant(DocumentationsRecord(), stub.get(), &out, &err), kServerUnreachable);
  EXPECT_TRUE(absl::StartsWith(err.str(), "costs: no answer from the fake; is costsd running there?")) << err.str();
  EXPECT_TRUE(absl::StrContains(err.str(), "UNAVAILABLE")) << err.str();
}

TEST(RunInstant, ServerThatHangs_IsLeftAtTheDeadline) {
  FakeBehaviour behaviour;
  behaviour.hang = true;
  FakeCostsService service(behaviour);
  InstantOptions options = DocumentationsRecord();
  options.deadline = absl::Milliseconds(100);
  Ran ran = Instant(options, service);
  EXPECT_EQ(ran.code, kServerUnreachable);
  EXPECT_TRUE(absl::StrContains(ran.err, "DEADLINE_EXCEEDED")) << ran.err;
}

}  // namespace
}  // namespace costs::cli
