// The paths of stored records, reports and bulk submissions, asked by a real HTTP
// peer, over records in memory.
#include "service/rest/records_routes.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/calculator/testing/calculations.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/records/testing/recorded_meters.h"
#include "service/rest/meters_routes.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using calculator::testing::kLocation;
using calculator::testing::OneLocation;
using engine::testing::Flat;
using ::testing::HasSubstr;

class RecordsRoutesTest : public ServerTest {
 protected:
  void Open(bool with_store = true, size_t most_waiting = 8) {
    meters_ = std::make_unique<records::testing::RecordedMeters>(OneLocation({Flat("0.2")}));
    threads_ = std::make_unique<executor::RecordThreads>(most_waiting);
    records::CallContext context = meters_->context();
    if (!with_store) context.store = nullptr;
    calls_ = std::make_unique<records::RecordsCalls>(context);
    reports_ = std::make_unique<records::Reports>(context);
    bulk_ = std::make_unique<records::BulkSubmission>(records::BulkSubmission::Options{
        context,
        [this](calculator::Batch* batch, const calculator::UsageSource& usage) { meters_->Price(batch, usage); }});
    options_.authenticator = &owner_;
    options_.clock = absl::Now;  // a store looks at deadlines by the real clock
    options_.routes = RecordsRoutes({calls_.get(), reports_.get(), threads_.get()});
    for (Route& route : MetersRoutes({bulk_.get(), threads_.get(), /*body_bytes=*/4'000'000})) {
      options_.routes.push_back(std::move(route));
    }
    Start();
  }
  // The server goes before what it borrows.
  ~RecordsRoutesTest() override { server_.reset(); }

  RawResponse Send(absl::string_view method, absl::string_view target, absl::string_view body = "") {
    return Ask(absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: test\r\n",
                            body.empty() ? "" : "Content-Type: application/json\r\n", "Content-Length: ", body.size(),
                            "\r\n\r\n", body));
  }

  // The answer's JSON; the status is as expected.
  rapidjson::Document Get(int status, absl::string_view method, absl::string_view target, absl::string_view body = "") {
    const RawResponse response = Send(method, target, body);
    EXPECT_EQ(response.status, status) << target << ": " << response.body;
    rapidjson::Document document;
    document.Parse(response.body.data(), response.body.size());
    EXPECT_TRUE(document.IsObject()) << response.body;
    if (!document.IsObject()) document.SetObject();
    return document;
  }

  static std::string Record(int hour, absl::string_view value = "1", absl::string_view more = "") {
    return absl::StrCat(R"({"location_id": ")", kLocation, R"(", "units": "KWH", "value": )", value,
                        R"(, "start_time": "2023-06-15T)", hour < 10 ? "0" : "", hour,
                        R"(:00:00Z", "end_time": "2023-06-15T)", hour < 9 ? "0" : "", hour + 1, R"(:00:00Z")", more,
                        "}");
  }

  auth::FixedIdentity owner_{{std::string(calculator::testing::kAccount), true}};
  std::unique_ptr<records::testing::RecordedMeters> meters_;
  std::unique_ptr<executor::RecordThreads> threads_;
  std::unique_ptr<records::RecordsCalls> calls_;
  std::unique_ptr<records::Reports> reports_;
  std::unique_ptr<records::BulkSubmission> bulk_;
};

TEST_F(RecordsRoutesTest, Interval_SubmittedRecords_AreStoredListedAndDeleted) {
  Open();
  const std::string body = absl::StrCat("[", Record(8), ",", Record(9, "1000000"), ",",
                                        Record(10, "-1", R"(, "record_reference_id": "MET1")"), "]");
  rapidjson::Document batch = Get(200, "PUT", "/meters/interval", body);
  EXPECT_STREQ(batch["object"].GetString(), "meter_batch");
  EXPECT_EQ(batch["records_accepted"].GetInt(), 2);
  ASSERT_EQ(batch["failed_records"].Size(), 1u);
  EXPECT_EQ(batch["failed_records"][0]["record_num"].GetInt(), 2);
  EXPECT_STREQ(batch["failed_records"][0]["record_reference_id"].GetString(), "MET1");
  const std::string batch_path = absl::StrCat("/meters/batch?batch_id=", batch["id"].GetString());
  EXPECT_EQ(Get(200, "GET", batch_path), batch);

  rapidjson::Document list = Get(200, "GET", "/meters/records?page_size=1");
  ASSERT_EQ(list["data"].Size(), 1u);
  EXPECT_TRUE(list["has_more"].GetBool());
  const std::string next = absl::StrCat("/meters/records?page_size=1&page_token=", list["next_page_token"].GetString());
  rapidjson::Document second = Get(200, "GET", next);
  // A whole number stays one, however large.
  EXPECT_TRUE(second["data"][0]["data"]["energy"]["value"].IsInt());
  EXPECT_EQ(second["data"][0]["data"]["energy"]["value"].GetInt(), 1'000'000'000);
  EXPECT_FALSE(second["has_more"].GetBool());
  EXPECT_EQ(Get(200, "GET",
                "/meters/records?start_time=2023-06-15T10:00:00%2B01:00&end_time=2023-06-15T12:00:00+02:00")["data"]
                .Size(),
            1u);
  EXPECT_STREQ(Get(400, "GET", absl::StrCat(next, "&direction=EXPORT"))["code"].GetString(), "invalid_request");

  const std::string one = absl::StrCat("/meters/records/", list["data"][0]["id"].GetString());
  EXPECT_EQ(Get(200, "GET", one), list["data"][0]);
  rapidjson::Document revisions = Get(200, "GET", absl::StrCat(one, "/revisions"));
  ASSERT_EQ(revisions["data"].Size(), 1u);
  EXPECT_EQ(revisions["data"][0]["revision"].GetInt(), 1);
  EXPECT_STREQ(revisions["data"][0]["cause"].GetString(), "SUBMITTED");
  Get(202, "DELETE", one);
  EXPECT_STREQ(Get(404, "GET", one)["code"].GetString(), "meter_record_not_found");
  EXPECT_STREQ(Get(404, "DELETE", one)["context"].GetString(), "api.meters_records");
}

TEST_F(RecordsRoutesTest, Reports_AnswerInTheCallersOffset) {
  Open();
  Get(200, "PUT", "/meters/interval",
      absl::StrCat("[", Record(8, "1", R"(, "session_reference_id": "charge 7")"), ",", Record(21, "2.5"), "]"));
  const std::string path = absl::StrCat("/costs/interval/", kLocation);
  const char period[] = R"({"start_time": "2023-06-15T00:00:00+01:00", "end_time": "2023-06-16T00:00:00+01:00"})";
  rapidjson::Document costs = Get(200, "POST", absl::StrCat(path, "?aggregation=DAY"), period);
  EXPECT_STREQ(costs["object"].GetString(), "energy_cost");
  EXPECT_STREQ(costs["location_timezone"].GetString(), "Europe/London");
  ASSERT_EQ(costs["data"].Size(), 1u);
  EXPECT_STREQ(costs["data"][0]["start_time"].GetString(), "2023-06-15T00:00:00+01:00");
  EXPECT_STREQ(costs["data"][0]["end_time"].GetString(), "2023-06-16T00:00:00+01:00");
  EXPECT_EQ(costs["data"][0]["energy"]["value"].GetInt(), 3500);
  EXPECT_EQ(costs["data"][0]["tariff"]["value"].GetDouble(), 0.7);
  EXPECT_EQ(Get(200, "POST", path, period)["data"].Size(), 2u);
  EXPECT_FALSE(Get(200, "POST", absl::StrCat(path, "?include_tariff=false"), period)["data"][0].HasMember("tariff"));
  EXPECT_EQ(Get(200, "POST", absl::StrCat(path, "?direction=EXPORT"), period)["data"].Size(), 0u);

  rapidjson::Document session = Get(200, "POST", "/costs/session/charge%207");
  ASSERT_EQ(session["data"].Size(), 1u);
  EXPECT_STREQ(session["data"][0]["start_time"].GetString(), "2023-06-15T08:00:00Z");
  EXPECT_STREQ(session["data"][0]["session_reference_id"].GetString(), "charge 7");
  EXPECT_STREQ(session["object_id"].GetString(), kLocation.data());

  EXPECT_STREQ(Get(404, "POST", "/costs/interval/loc_none", period)["code"].GetString(), "location_not_found");
  EXPECT_STREQ(Get(404, "POST", "/costs/interval/dev_none", period)["code"].GetString(), "device_not_found");
  EXPECT_STREQ(Get(404, "POST", "/costs/session/none")["code"].GetString(), "session_not_found");
}

TEST_F(RecordsRoutesTest, Reports_FaultyRequests_NameTheFields) {
  Open();
  const std::string path = absl::StrCat("/costs/interval/", kLocation);
  for (const char* body : {"", "{}"}) {
    const RawResponse response = Send("POST", path, body);
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(response.body, HasSubstr("start_time: is required")) << "without the name of the message around it";
    EXPECT_THAT(response.body, ::testing::Not(HasSubstr("period.")));
    EXPECT_THAT(response.body, HasSubstr("api.costs_interval"));
  }
  EXPECT_THAT(Send("POST", path, R"({"start_time": "yesterday"})").body, HasSubstr("start_time: is"));
  EXPECT_THAT(Send("POST", path, "[]").body, HasSubstr("body: must be a JSON object"));
  EXPECT_THAT(Send("POST", absl::StrCat(path, "?aggregation=WEEK"), "{}").body, HasSubstr("aggregation: is"));
  EXPECT_THAT(Send("POST", "/costs/session/x?direction=UP").body, HasSubstr("direction: is"));
  EXPECT_EQ(Send("POST", path, std::string(5000, ' ')).status, 413);
}

TEST_F(RecordsRoutesTest, CumulativeReadings_AreDifferenced) {
  Open();
  const auto readings = [](absl::string_view data, absl::string_view units = "WH") {
    return absl::StrCat(R"({"location_id": ")", kLocation, R"(", "device_id": "dev_1", "units": ")", units,
                        R"(", "data": [)", data, "]}");
  };
  rapidjson::Document batch = Get(200, "PUT", "/meters/cumulative/epoch",
                                  readings(R"({"time": 1686819600, "value": 1500}, {"time": 1686816000, "value": 1000},
                                              {"time": 1686823200, "value": 3, "record_reference_id": "MET1"})"));
  EXPECT_EQ(batch["records_submitted"].GetInt(), 3);
  EXPECT_EQ(batch["records_accepted"].GetInt(), 3);
  ASSERT_EQ(batch["failed_records"].Size(), 1u);
  EXPECT_STREQ(batch["failed_records"][0]["record_reference_id"].GetString(), "MET1");
  rapidjson::Document list = Get(200, "GET", "/meters/records?device_id=dev_1");
  ASSERT_EQ(list["data"].Size(), 1u);
  EXPECT_EQ(list["data"][0]["data"]["energy"]["value"].GetInt(), 500);
  EXPECT_THAT(Send("PUT", "/meters/cumulative/epoch", readings("", "W")).body,
              HasSubstr("units: is required and must be WH or KWH"));
  EXPECT_THAT(Send("PUT", "/meters/cumulative/epoch", readings("")).body, HasSubstr("data: holds 0 readings"));
  EXPECT_EQ(Send("PUT", "/meters/cumulative/epoch", "[]").status, 400);
}

TEST_F(RecordsRoutesTest, Interval_LimitsOfABody) {
  Open();
  std::string body = "[";
  for (int i = 0; i < 10'000; ++i)
    absl::StrAppend(
        &body, i == 0 ? "" : ",",
        absl::StrReplaceAll(Record(8), {{":00:00Z\", \"end", absl::StrCat(":00:00.", 1000 + i % 9000, "Z\", \"end")}}));
  rapidjson::Document batch = Get(200, "PUT", "/meters/interval", body + "]");
  EXPECT_EQ(batch["records_accepted"].GetInt(), 10'000);
  EXPECT_THAT(Send("PUT", "/meters/interval", absl::StrCat(body, ",", Record(8), "]")).body,
              HasSubstr("more than 10000 records"));
  EXPECT_EQ(Send("PUT", "/meters/interval", "[]").status, 400);
  EXPECT_EQ(Send("PUT", "/meters/interval", Record(8)).status, 400);
  EXPECT_EQ(Send("PUT", "/meters/interval", std::string(4'000'001, ' ')).status, 413);
  EXPECT_EQ(Send("POST", "/meters/interval", "[]").header("allow"), "PUT");
  EXPECT_STREQ(Get(404, "GET", "/meters/batch?batch_id=bat_none")["code"].GetString(), "batch_not_found");
  EXPECT_THAT(Send("GET", "/meters/batch").body, HasSubstr("batch_id: is required"));
}

TEST_F(RecordsRoutesTest, WithoutStore_EveryPathSaysSo) {
  Open(/*with_store=*/false);
  const std::string records = absl::StrCat("[", Record(8), "]");
  const struct {
    const char* method;
    const char* path;
    std::string body;
  } calls[] = {{"GET", "/meters/records", ""},
               {"GET", "/meters/records/mre_1", ""},
               {"GET", "/meters/records/mre_1/revisions", ""},
               {"DELETE", "/meters/records/mre_1", ""},
               {"POST", "/costs/interval/loc_1", "{}"},
               {"POST", "/costs/session/x", ""},
               {"PUT", "/meters/interval", records},
               {"PUT", "/meters/cumulative/epoch", "{}"},
               {"GET", "/meters/batch?batch_id=bat_1", ""}};
  for (const auto& call : calls) {
    rapidjson::Document error = Get(422, call.method, call.path, call.body);
    EXPECT_STREQ(error["code"].GetString(), "no_record_store") << call.path;
    EXPECT_THAT(error["message"].GetString(), HasSubstr("--store"));
  }
}

}  // namespace
}  // namespace costs::rest
