// The documentation's example: what gRPC's JSON mapping prints and what the REST
// face answers are the same document, and the documentation's.
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/catalog_loader.h"
#include "service/rest/testing/raw_client.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/json_leaves.h"
#include "tests/conformance/rest_comparison.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;

// The fields of the documentation's example, and what it gives for them. Only
// the id, the account and the time of the answer are another's.
constexpr char kRequest[] = R"({
  "location_id": "loc_641b90b758fb8e6293716e40",
  "device_id": "dev_65e6d8334c8d715963d99db3",
  "session_reference_id": "SESSION1234567890",
  "record_reference_id": "MET1234567890",
  "direction": "IMPORT",
  "tariff_rate": "IMPORT",
  "measurand": "TRANSFERRED",
  "units": "W",
  "value": 20567,
  "confidence": 1,
  "start_time": "2022-02-01T10:30:00Z",
  "end_time": "2022-02-01T11:00:00Z"
})";

constexpr char kResponse[] = R"({
  "object": "meter_record",
  "live_mode": true,
  "direction": "IMPORT",
  "tariff_rate": "IMPORT",
  "currency_code": "GBP",
  "energy_units": "WH",
  "carbon_units": "gCO2eq",
  "request": {
    "location_id": "loc_641b90b758fb8e6293716e40",
    "device_id": "dev_65e6d8334c8d715963d99db3",
    "session_reference_id": "SESSION1234567890",
    "record_reference_id": "MET1234567890",
    "direction": "IMPORT",
    "tariff_rate": "IMPORT",
    "measurand": "TRANSFERRED",
    "units": "W",
    "value": 20567,
    "confidence": 1,
    "start_time": "2022-02-01T10:30:00Z",
    "end_time": "2022-02-01T11:00:00Z",
    "non_persistent": false
  },
  "data": {
    "start_time": "2022-02-01T10:30:00Z",
    "end_time": "2022-02-01T11:00:00Z",
    "session_reference_id": "SESSION1234567890",
    "record_reference_id": "MET1234567890",
    "energy": { "value": 10284 },
    "tariff": { "value": 928.372, "confidence": 1 },
    "carbon": { "value": 35.24, "confidence": 0.8 }
  },
  "account_id": "acc_conformance"
})";

class ApiJson : public testing::Test {
 protected:
  static std::shared_ptr<const catalog::Snapshot> DemoCatalog() {
    std::string error;
    std::unique_ptr<bazel::tools::cpp::runfiles::Runfiles> runfiles(
        bazel::tools::cpp::runfiles::Runfiles::CreateForTest(&error));
    EXPECT_NE(runfiles, nullptr) << error;
    return *catalog::LoadCatalog(runfiles->Rlocation("instant_costs/service/catalog/demo"), 1);
  }

  // What the REST face answers to `body`.
  std::string AskRest(const std::string& body) {
    rest::RawClient client(faces_.rest_port());
    RestRequest request;
    request.body = body;
    EXPECT_TRUE(client.Send(HttpText(request)));
    const auto response = client.Read();
    if (!response) return "no answer";
    EXPECT_EQ(response->status, 200) << response->body;
    EXPECT_EQ(response->header("content-type"), "application/json");
    return response->body;
  }

  // The JSON mapping of gRPC's answer to the record that the mapping reads from `json`.
  std::string AskGrpc(const std::string& json) {
    v1::CalculateInstantCostRequest request;
    const auto read = google::protobuf::util::JsonStringToMessage(json, request.mutable_record());
    EXPECT_TRUE(read.ok()) << read.ToString();
    grpc::ClientContext context;
    v1::MeterRecord record;
    const grpc::Status status = faces_.stub()->CalculateInstantCost(&context, request, &record);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::string printed;
    EXPECT_TRUE(google::protobuf::util::MessageToJsonString(record, &printed).ok());
    return printed;
  }

  Faces faces_{DemoCatalog()};
};

// Takes what each answer has of its own, and returns it.
std::string TakeText(const std::string& name, JsonLeaves* leaves) {
  const auto found = leaves->find(name);
  if (found == leaves->end() || found->second.kind != LeafKind::kString) return "";
  std::string text = found->second.text;
  leaves->erase(found);
  return text;
}

void ExpectUtcMilliseconds(const std::string& time) {
  EXPECT_EQ(time.substr(time.size() < 1 ? 0 : time.size() - 1), "Z") << time;
  absl::Time parsed;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, time, &parsed, nullptr)) << time;
  EXPECT_EQ(absl::ToUnixNanos(parsed) % 1'000'000, 0) << time;
}

TEST_F(ApiJson, DocumentationExample_IsTheSameDocumentOnBothFaces) {
  // One text for both: the fields have the same names and the same values.
  JsonLeaves rest = *LeavesOf(AskRest(kRequest));
  JsonLeaves grpc = *LeavesOf(AskGrpc(kRequest));
  const std::string id = TakeText("id", &rest);
  EXPECT_EQ(id.size(), 28u) << id;
  EXPECT_EQ(id.substr(0, 4), "mre_");
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef", 4), std::string::npos) << id;
  EXPECT_EQ(TakeText("id", &grpc), id);
  ExpectUtcMilliseconds(TakeText("time_created", &rest));
  ExpectUtcMilliseconds(TakeText("time_created", &grpc));

  const JsonLeaves documentation = *LeavesOf(kResponse);
  const auto expect_documentation = [&](const char* face, const JsonLeaves& leaves) {
    for (const auto& [path, leaf] : documentation) {
      const auto found = leaves.find(path);
      ASSERT_NE(found, leaves.end()) << face << " lacks " << path;
      EXPECT_TRUE(found->second == leaf) << face << ", " << path << ": " << found->second.text << ", not " << leaf.text;
    }
    for (const auto& [path, leaf] : leaves) {
      EXPECT_EQ(documentation.count(path), 1u) << face << " has " << path << ": " << leaf.text;
    }
  };
  expect_documentation("REST", rest);
  expect_documentation("gRPC", grpc);
}

TEST_F(ApiJson, DefaultsLeftOut_AreResolvedInTheAnswer) {
  constexpr char kShort[] = R"({"location_id":"loc_641b90b758fb8e6293716e40","units":"W","value":20567,
      "start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z"})";
  JsonLeaves rest = *LeavesOf(AskRest(kShort));
  JsonLeaves grpc = *LeavesOf(AskGrpc(kShort));
  EXPECT_EQ(TakeText("id", &rest), TakeText("id", &grpc));
  TakeText("time_created", &rest);
  TakeText("time_created", &grpc);
  EXPECT_EQ(rest, grpc);
  JsonLeaves documentation = *LeavesOf(kResponse);
  for (const char* given : {"request.device_id", "request.session_reference_id", "request.record_reference_id",
                            "data.session_reference_id", "data.record_reference_id"}) {
    documentation.erase(given);
  }
  EXPECT_EQ(rest, documentation);
}

// A device's record is the device's, so its id differs from the location's.
TEST_F(ApiJson, SameRecordOfAnotherThing_HasAnotherId) {
  JsonLeaves of_device = *LeavesOf(AskRest(kRequest));
  std::string other = kRequest;
  other.replace(other.find("dev_65e6d8334c8d715963d99db3"), 28, "dev_000000000000000000000000");
  JsonLeaves of_other = *LeavesOf(AskRest(other));
  JsonLeaves again = *LeavesOf(AskRest(kRequest));
  const std::string id = TakeText("id", &of_device);
  EXPECT_NE(TakeText("id", &of_other), id);
  EXPECT_EQ(TakeText("id", &again), id);
}

}  // namespace
}  // namespace costs::conformance
