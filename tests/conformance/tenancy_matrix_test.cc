// Each method and each REST path with each id that is another's: the answer is that
// which an id has that never was, and nothing is changed. The methods come from the
// API's descriptors and the paths from the routes, so that a new one without an entry
// in tenancy_rows.h fails.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor_database.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/postgres/connection.h"
#include "service/postgres/testing/postgres_server.h"
#include "service/rest/testing/raw_client.h"
#include "tests/conformance/raw_calls.h"
#include "tests/conformance/tenancy_rows.h"
#include "tests/conformance/tenant_faces.h"

namespace costs::conformance {
namespace {

namespace pb = google::protobuf;
namespace v1 = energy::costs::v1;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// ---- what there is ------------------------------------------------------------

// Who has entries; all are of the same kinds, and differ in the last letter.
struct Owner {
  std::string authorization;
  std::string letter;
  std::string rate;  // of a kWh
};
const Owner kCaller = {"Bearer a-live", "a", "0.1"};
const Owner kOtherAccount = {"Bearer b-live", "b", "0.2"};
const Owner kOtherMode = {"Bearer a-test", "c", "0.3"};

using Ids = std::map<std::string, std::string>;  // "$location" -> "loc_..."

Ids IdsOf(const std::string& letter) {
  const std::string tail = absl::StrCat(std::string(23, '0'), letter);
  return {{"$location", "loc_" + tail},         {"$device", "dev_" + tail},
          {"$element", "trf_" + tail},          {"$calendar", "cal_" + tail},
          {"$series", "series-of-" + letter},   {"$region", "region-of-" + letter},
          {"$session", "session-of-" + letter}, {"$reference", "reference-of-" + letter},
          {"$record", "mre_" + tail},           {"$batch", "bat_" + tail}};
}

std::string WithIds(const std::string& text, const Ids& ids) { return absl::StrReplaceAll(text, ids); }

std::string WithoutIds(std::string text, const Ids& ids) {
  for (const auto& [name, id] : ids) text = absl::StrReplaceAll(text, {{id, name}});
  return text;
}

// ---- asking -------------------------------------------------------------------

const pb::MethodDescriptor* FindMethod(const std::string& name) {
  const std::vector<std::string> parts = {name.substr(0, name.find('/')), name.substr(name.find('/') + 1)};
  return pb::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrCat("energy.costs.v1.", parts[0], ".", parts[1]));
}

// "LocationsService/GetLocation", … of every service that the API has.
std::vector<std::string> AllMethods() {
  (void)v1::CalculateInstantCostRequest::descriptor();  // so that they are linked
  std::vector<std::string> files, methods;
  pb::DescriptorPool::internal_generated_database()->FindAllFileNames(&files);
  for (const std::string& name : files) {
    if (!absl::StartsWith(name, "energy/costs/")) continue;
    const pb::FileDescriptor* const file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
    for (int i = 0; i < file->service_count(); ++i) {
      for (int j = 0; j < file->service(i)->method_count(); ++j) {
        methods.push_back(absl::StrCat(file->service(i)->name(), "/", file->service(i)->method(j)->name()));
      }
    }
  }
  return methods;
}

// All that a call was answered.
struct Said {
  bool ok = false;
  bool not_found = false;
  std::string bytes;  // status and message, or messages
};

class Asker {
 public:
  explicit Asker(const TenantFaces& faces) : faces_(faces) {}

  RawResult Grpc(const std::string& method, const std::string& text, const Authorizations& authorizations) {
    const pb::MethodDescriptor* const descriptor = FindMethod(method);
    const std::unique_ptr<pb::Message> request(factory_.GetPrototype(descriptor->input_type())->New());
    EXPECT_TRUE(pb::TextFormat::ParseFromString(text, request.get())) << method << " " << text;
    const std::string path = absl::StrCat("/energy.costs.v1.", method);
    if (descriptor->client_streaming()) {
      return CallStream(faces_.channel(), path, {request->SerializeAsString()}, authorizations);
    }
    return CallUnary(faces_.channel(), path, request->SerializeAsString(), authorizations);
  }

  // The response to a call that must succeed, as text.
  std::string Response(const std::string& method, const std::string& text, const Owner& owner) {
    const RawResult result = Grpc(method, text, {owner.authorization});
    EXPECT_TRUE(result.status.ok()) << method << " " << text << ": " << result.status.error_message();
    return TextOf(method, result);
  }

  std::string TextOf(const std::string& method, const RawResult& result) {
    std::string all;
    for (const std::string& bytes : result.responses) {
      const std::unique_ptr<pb::Message> response(factory_.GetPrototype(FindMethod(method)->output_type())->New());
      EXPECT_TRUE(response->ParseFromString(bytes));
      absl::StrAppend(&all, response->DebugString());
    }
    return all;
  }

  Said SayGrpc(const Row& row, const Ids& ids, const Owner& caller) {
    const std::string text = absl::StrReplaceAll(
        WithIds(row.request, ids),
        {{"@location", IdsOf(caller.letter).at("$location")}, {"@element", IdsOf(caller.letter).at("$element")}});
    const RawResult result = Grpc(row.method, text, {caller.authorization});
    Said said;
    said.ok = result.status.ok();
    said.not_found = result.status.error_code() == grpc::StatusCode::NOT_FOUND;
    google::rpc::Status details;
    details.ParseFromString(result.status.error_details());
    said.bytes = absl::StrCat(static_cast<int>(result.status.error_code()), " ", result.status.error_message(), "\n",
                              details.DebugString(), TextOf(row.method, result));
    return said;
  }

  rest::RawResponse Rest(const std::string& method, const std::string& target, const std::string& body,
                         const std::string& fields) {
    rest::RawClient client(faces_.rest_port());
    client.Send(absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: test\r\n", fields,
                             body.empty() ? "" : "Content-Type: application/json\r\n", "Content-Length: ", body.size(),
                             "\r\n\r\n", body));
    std::optional<rest::RawResponse> response = client.Read();
    if (response) return *std::move(response);
    ADD_FAILURE() << "no answer to " << method << " " << target;
    return {};
  }
  rest::RawResponse Rest(const std::string& method, const std::string& target, const std::string& body,
                         const Owner& owner) {
    return Rest(method, target, body, absl::StrCat("Authorization: ", owner.authorization, "\r\n"));
  }

  Said SayRest(const Row& row, const Ids& ids, const Owner& caller) {
    const std::string method = row.method.substr(0, row.method.find(' '));
    const rest::RawResponse response = Rest(method, WithIds(row.request, ids), WithIds(row.body, ids), caller);
    Said said;
    said.ok = response.status < 300;
    said.not_found = response.status == 404;
    // When it was answered, and the number of a batch, differ from call to call.
    said.bytes = absl::StrCat(response.status, " ", response.body);
    for (const char* beginning : {"\"time_created\":\"20", "\"id\":\"bat_", "\"id\":\"mba_", "\"batch_id\":\"bat_"}) {
      for (size_t at = 0; (at = said.bytes.find(beginning, at)) != std::string::npos;) {
        said.bytes.erase(at, said.bytes.find('"', at + strlen(beginning)) + 1 - at);
      }
    }
    return said;
  }

 private:
  const TenantFaces& faces_;
  pb::DynamicMessageFactory factory_;
};

// ---- the tests ----------------------------------------------------------------

std::string StoreName(const ::testing::TestParamInfo<bool>& info) { return info.param ? "Postgres" : "Sqlite"; }

postgres::PostgresServer& SharedServer() {
  static const auto server = [] {
    auto started = postgres::PostgresServer::Start({"fsync=off", "max_connections=100"});
    if (!started.ok()) {
      ADD_FAILURE() << started.status();
      abort();
    }
    return *std::move(started);
  }();
  return *server;
}

class TenancyTest : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::string store;
    if (GetParam()) {
      COSTS_REQUIRE_POSTGRES();
      static int count = 0;
      postgres::ConnectOptions options;
      options.conninfo = SharedServer().url();
      auto connection = postgres::Connection::Open(options);
      ASSERT_TRUE(connection.ok()) << connection.status();
      const std::string name = absl::StrCat("tenancy_", ++count);
      ASSERT_TRUE((*connection)->Execute(absl::StrCat("CREATE DATABASE ", name)).ok());
      store = SharedServer().url(name);
    } else {
      std::string folder = (std::filesystem::path(::testing::TempDir()) / "tenancyXXXXXX").string();
      folder_ = mkdtemp(&folder[0]);
      store = (folder_ / "store").string();
    }
    faces_ = std::make_unique<TenantFaces>(store);
    ask_ = std::make_unique<Asker>(*faces_);
  }

  ~TenancyTest() override {
    faces_.reset();
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }

  // One entry of every kind.
  Ids Fill(const Owner& owner, Ids ids) {
    const auto add = [&](const std::string& method, const std::string& text) {
      return ask_->Response(method, WithIds(text, ids), owner);
    };
    add("TariffsService/UploadMarketPrices",
        "market_series: '$series' currency_code: 'GBP' prices { valid_from { seconds: 0 } valid_to { seconds: 60 } "
        "rate: 1 }");
    add("CarbonService/UploadIntensities",
        "region: '$region' intensities { valid_from { seconds: 1767225600 } valid_to { seconds: 1767312000 } actual: "
        "50 }");
    add("TariffsService/CreateSpecialDayCalendar",
        "special_day_calendar { id: '$calendar' rules { fixed_date { month: 12 day: 25 } } }");
    add("LocationsService/CreateLocation",
        "location { id: '$location' reference_id: '$reference' timezone: 'UTC' currency_code: 'GBP' carbon_region: "
        "'$region' }");
    add("TariffsService/CreateTariffElement",
        absl::StrCat("tariff_element { id: '$element' location_id: '$location' special_day_calendar: '$calendar' ",
                     Schedule(owner.rate), " }"));
    add("LocationsService/CreateDevice", "device { id: '$device' reference_id: '$reference' }");
    const std::string record =
        add("CostsService/CalculateInstantCost",
            absl::StrCat("record { location_id: '$location' device_id: '$device' session_reference_id: '$session' "
                         "record_reference_id: '$reference' ",
                         kHours, " }"));
    ids["$record"] = IdIn(record, "mre_");
    const rest::RawResponse batch =
        ask_->Rest("PUT", "/meters/interval",
                   WithIds(absl::StrCat(R"([{"location_id": "$location", )", kHoursJson, "}]"), ids), owner);
    EXPECT_EQ(batch.status, 200) << batch.body;
    ids["$batch"] = IdIn(batch.body, "bat_");
    return ids;
  }

  static std::string IdIn(const std::string& text, absl::string_view prefix) {
    const size_t begin = text.find(prefix.data(), 0, prefix.size());
    if (begin == std::string::npos) {
      ADD_FAILURE() << "no " << prefix << " in " << text;
      return "";
    }
    size_t end = begin + prefix.size();
    while (end < text.size() && absl::ascii_isalnum(text[end])) ++end;
    return text.substr(begin, end - begin);
  }

  // Everything that an owner can see.
  std::string All(const Owner& owner, const Ids& ids) {
    std::string all;
    for (const char* method :
         {"LocationsService/ListLocations", "LocationsService/ListDevices", "TariffsService/ListTariffElements",
          "TariffsService/ListSpecialDayCalendars", "MeterRecordsService/ListMeterRecords"}) {
      absl::StrAppend(&all, ask_->Response(method, "", owner));
    }
    absl::StrAppend(&all, ask_->Response("CarbonService/ListIntensities", WithIds("region: '$region'", ids), owner));
    absl::StrAppend(
        &all, ask_->Response("MeterRecordsService/ListMeterRecordRevisions", WithIds("id: '$record'", ids), owner));
    absl::StrAppend(&all, ask_->Rest("GET", WithIds("/meters/batch?batch_id=$batch", ids), "", owner).body);
    return all;
  }

  using Say = Said (Asker::*)(const Row&, const Ids&, const Owner&);

  // Each row of those that are expected so, with the ids of each of the others.
  void Check(const std::vector<Row>& rows, Say say, bool own_last) {
    const Ids never = IdsOf("d");
    for (const Row& row : rows) {
      if ((row.expect == Expect::kOwn) != own_last) continue;
      SCOPED_TRACE(absl::StrCat(row.method, " ", row.request, " ", row.body));
      if (row.expect == Expect::kOwn) {
        for (const auto& [owner, ids] : others_) {
          const Said said = ((*ask_).*say)(row, ids, kCaller);
          EXPECT_TRUE(said.ok) << said.bytes;
        }
        continue;
      }
      const Said unknown = ((*ask_).*say)(row, never, kCaller);
      if (row.expect == Expect::kNotFound) {
        EXPECT_TRUE(unknown.not_found) << unknown.bytes;
      }
      if (row.expect == Expect::kRefused) {
        EXPECT_FALSE(unknown.ok) << unknown.bytes;
      }
      for (const auto& [owner, ids] : others_) {
        const Said said = ((*ask_).*say)(row, ids, kCaller);
        EXPECT_EQ(WithoutIds(said.bytes, ids), WithoutIds(unknown.bytes, never));
        if (absl::StrContains(row.request + row.body, "$")) {
          const Said his_own = ((*ask_).*say)(row, IdsOfReading(row, ids), owner);
          EXPECT_TRUE(his_own.ok || !Reads(row))
              << "a row that finds nothing for its owner proves nothing: " << his_own.bytes;
        } else {
          for (const auto& [name, id] : ids) EXPECT_THAT(said.bytes, Not(HasSubstr(id)));
        }
      }
    }
  }

  // Rows that change nothing may be asked by the owner too. Others go nowhere then.
  static bool Reads(const Row& row) {
    for (const char* word : {"/Get", "/List", "/Audit", "/Find", "GET ", "POST /costs/i", "POST /costs/s"}) {
      if (absl::StrContains(row.method, word)) return true;
    }
    return false;
  }
  static Ids IdsOfReading(const Row& row, const Ids& ids) { return Reads(row) ? ids : IdsOf("e"); }

  std::filesystem::path folder_;
  std::unique_ptr<TenantFaces> faces_;
  std::unique_ptr<Asker> ask_;
  std::vector<std::pair<Owner, Ids>> others_;
};

INSTANTIATE_TEST_SUITE_P(, TenancyTest, ::testing::Bool(), StoreName);

TEST_P(TenancyTest, ForeignIds_AreAsIfTheyNeverWere) {
  Ids own = Fill(kCaller, IdsOf(kCaller.letter));
  for (const Owner& owner : {kOtherAccount, kOtherMode}) others_.emplace_back(owner, Fill(owner, IdsOf(owner.letter)));
  std::vector<std::string> before;
  for (const auto& [owner, ids] : others_) before.push_back(All(owner, ids));
  const std::string own_before = All(kCaller, own);

  Check(GrpcRows(), &Asker::SayGrpc, /*own_last=*/false);
  Check(RestRows(), &Asker::SayRest, /*own_last=*/false);
  EXPECT_EQ(All(kCaller, own), own_before);
  for (size_t i = 0; i < others_.size(); ++i) EXPECT_EQ(All(others_[i].first, others_[i].second), before[i]);

  // From here on the caller has entries of these names, which are his own.
  Check(GrpcRows(), &Asker::SayGrpc, /*own_last=*/true);
  for (size_t i = 0; i < others_.size(); ++i) {
    EXPECT_EQ(All(others_[i].first, others_[i].second), before[i]);
    ask_->Response("LocationsService/DeleteDevice", WithIds("id: '$device'", others_[i].second), kCaller);
    ask_->Response("TariffsService/DeleteSpecialDayCalendar", WithIds("id: '$calendar'", others_[i].second), kCaller);
  }
  Check(RestRows(), &Asker::SayRest, /*own_last=*/true);
  for (size_t i = 0; i < others_.size(); ++i) {
    const auto& [owner, ids] = others_[i];
    EXPECT_EQ(All(owner, ids), before[i]);
    EXPECT_THAT(ask_->Response("LocationsService/GetLocation", WithIds("id: '$location'", ids), kCaller),
                AllOf(HasSubstr("currency_code: \"EUR\""), HasSubstr("account_id: \"acc_a\"")));
    ask_->Response("LocationsService/DeleteLocation", WithIds("id: '$location'", ids), kCaller);
    EXPECT_EQ(All(owner, ids), before[i]);
  }
}

TEST_P(TenancyTest, PageTokens_AreOfNoUseToAnother) {
  for (const Owner& owner : {kCaller, kOtherAccount}) {
    for (const char* id : {"one", "two"}) {
      ask_->Response("LocationsService/CreateDevice", absl::StrCat("device { id: '", id, "' }"), owner);
    }
  }
  const std::string page = ask_->Response("LocationsService/ListDevices", "page_size: 1", kOtherAccount);
  const size_t begin = page.find("next_page_token: ") + strlen("next_page_token: ");
  const std::string token = page.substr(begin, page.find('"', begin + 1) + 1 - begin);
  const std::string request = absl::StrCat("page_size: 1 page_token: ", token);
  ask_->Response("LocationsService/ListDevices", request, kOtherAccount);
  const RawResult result = ask_->Grpc("LocationsService/ListDevices", request, {kCaller.authorization});
  EXPECT_EQ(result.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_P(TenancyTest, EveryMethodAndRoute_HasAnEntry) {
  std::set<std::string> entries = OpenMethods();
  for (const Row& row : GrpcRows()) entries.insert(row.method);
  const std::vector<std::string> methods = AllMethods();
  EXPECT_GE(methods.size(), 30u);
  for (const std::string& method : methods) {
    EXPECT_TRUE(entries.count(method) > 0) << method << " needs rows in the matrix of this test";
  }
  std::set<std::string> paths;
  for (const Row& row : RestRows()) paths.insert(row.method);
  for (const auto& [method, pattern] : faces_->closed_routes()) {
    EXPECT_TRUE(paths.count(absl::StrCat(method, " ", pattern)) > 0)
        << method << " " << pattern << " needs rows in the matrix of this test";
  }
  EXPECT_THAT(faces_->open_routes(), ::testing::ElementsAre(std::pair<std::string, std::string>("GET", "/healthz")));
}

TEST_P(TenancyTest, NobodyWhoIsRecognised_GetsNoFurther) {
  const Ids own = Fill(kCaller, IdsOf(kCaller.letter));
  const std::string before = All(kCaller, own);
  struct Sender {
    Authorizations authorizations;
    grpc::StatusCode code;
    std::string reason;
    int status;
  };
  const std::vector<Sender> senders = {
      {{}, grpc::StatusCode::UNAUTHENTICATED, "BAD_CREDENTIALS", 403},
      {{""}, grpc::StatusCode::UNAUTHENTICATED, "BAD_CREDENTIALS", 403},
      {{"Bearer stranger"}, grpc::StatusCode::UNAUTHENTICATED, "BAD_CREDENTIALS", 403},
      {{"a-live"}, grpc::StatusCode::UNAUTHENTICATED, "BAD_CREDENTIALS", 403},
      {{"Bearer a-live", "Bearer b-live"}, grpc::StatusCode::UNAUTHENTICATED, "BAD_CREDENTIALS", 403},
      {{"Bearer disabled"}, grpc::StatusCode::PERMISSION_DENIED, "ACCOUNT_DISABLED", 422},
  };
  for (const Sender& sender : senders) {
    SCOPED_TRACE(sender.authorizations.empty() ? "nothing" : sender.authorizations[0]);
    for (const Row& row : GrpcRows()) {
      // With what is there, and with what says nothing at all.
      for (const std::string& text : {WithIds(absl::StrReplaceAll(row.request, {{"@", "$"}}), own), std::string()}) {
        const RawResult result = ask_->Grpc(row.method, text, sender.authorizations);
        EXPECT_EQ(result.status.error_code(), sender.code) << row.method << ": " << result.status.error_message();
        google::rpc::Status details;
        google::rpc::ErrorInfo info;
        ASSERT_TRUE(details.ParseFromString(result.status.error_details()));
        ASSERT_GE(details.details_size(), 1) << row.method;
        details.details(0).UnpackTo(&info);
        EXPECT_EQ(info.reason(), sender.reason) << row.method;
        EXPECT_THAT(result.responses, IsEmpty());
      }
    }
    std::string fields;
    for (const std::string& word : sender.authorizations) absl::StrAppend(&fields, "Authorization: ", word, "\r\n");
    for (const Row& row : RestRows()) {
      const std::string method = row.method.substr(0, row.method.find(' '));
      for (const std::string& body : {WithIds(row.body, own), std::string(), std::string("{")}) {
        const rest::RawResponse response = ask_->Rest(method, WithIds(row.request, own), body, fields);
        EXPECT_EQ(response.status, sender.status) << row.method << ": " << response.body;
        EXPECT_THAT(response.body,
                    HasSubstr(sender.status == 403 ? R"("code":"bad_credentials")" : R"("code":"account_disabled")"));
      }
    }
    EXPECT_EQ(ask_->Rest("GET", "/healthz", "", fields).status, 200);
    EXPECT_EQ(ask_->Rest("GET", "/nowhere", "", fields).status, 404);
  }
  EXPECT_EQ(All(kCaller, own), before);
}

TEST_P(TenancyTest, SameIdsInOneStreamOfCalls_EachHasHisOwnPrice) {
  const std::vector<Owner> owners = {kCaller, kOtherAccount, kOtherMode};
  for (const Owner& owner : owners) Fill(owner, IdsOf("x"));
  const std::string record = WithIds(
      "location_id: '$location' units: KWH value: 1 start_time { seconds: 1767225600 } end_time { seconds: "
      "1767229200 }",
      IdsOf("x"));
  for (int round = 0; round < 20; ++round) {
    for (const Owner& owner : owners) {
      const std::string expected = absl::StrCat("tariff {\n    value: ", owner.rate, "\n");
      EXPECT_THAT(ask_->Response("CostsService/CalculateInstantCost", absl::StrCat("record { ", record, " }"), owner),
                  HasSubstr(expected));
      EXPECT_THAT(
          ask_->Response("CostsService/BatchCalculateInstantCosts", absl::StrCat("records { ", record, " }"), owner),
          HasSubstr(absl::StrCat("value: ", owner.rate)));
      EXPECT_THAT(ask_->Response("CostsService/StreamInstantCosts",
                                 absl::StrCat("records { sequence: 7 record { ", record, " } }"), owner),
                  HasSubstr(absl::StrCat("value: ", owner.rate)));
      const rest::RawResponse response =
          ask_->Rest("POST", "/costs/instant",
                     WithIds(absl::StrCat(R"({"location_id": "$location", )", kHoursJson, "}"), IdsOf("x")), owner);
      EXPECT_THAT(response.body, HasSubstr(absl::StrCat(R"("live_mode":)", owner.letter == "c" ? "false" : "true")));
      EXPECT_THAT(response.body, HasSubstr(absl::StrCat(R"("account_id":"acc_)", owner.letter == "b" ? "b" : "a")));
    }
  }
  // What is stored is everybody's own as well: two records a head, one of the device's.
  for (const Owner& owner : owners) {
    const std::string list = ask_->Response("MeterRecordsService/ListMeterRecords", "", owner);
    EXPECT_THAT(list, HasSubstr(absl::StrCat("account_id: \"acc_", owner.letter == "b" ? "b" : "a")));
    EXPECT_THAT(
        ask_->Response("CostsService/GetSessionCosts", WithIds("session_reference_id: '$session'", IdsOf("x")), owner),
        HasSubstr(absl::StrCat("value: ", 2 * std::stod(owner.rate))));
  }
}

}  // namespace
}  // namespace costs::conformance
