// The catalog's paths, asked by a real HTTP peer, over a real catalog.
#include "service/rest/catalog_routes.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/executor/testing/hold.h"
#include "service/rest/testing/raw_client.h"
#include "service/rest/testing/server_fixture.h"

namespace costs::rest {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr char kLocation[] =
    R"({"id": "loc_1", "timezone": "Europe/London", "currency_code": "GBP", "reference_id": "home"})";
constexpr char kElement[] =
    R"({"id": "trf_1", "location_id": "loc_1", "direction": "IMPORT", "type": "COMMODITY",
        "contract_start_date": "2023-01-24T00:00:00Z", "contract_end_date": "2024-01-24T00:00:00Z",
        "schedule": [{"months": ["All"], "days_and_hours": [{"days": ["All"], "hours": [
          {"valid_from": "00:00:00", "valid_to": "00:00:00", "rate": [{"fixed": 0.25, "to_kwh": null}]}]}]}]})";
constexpr char kCalendar[] = R"({"id": "cal_1", "rules": [{"date": "2026-12-25"}]})";

class CatalogRoutesTest : public ServerTest {
 protected:
  void Open(bool read_only = false, size_t most_waiting = 8) {
    catalog::Catalogs::Options options;
    options.read_only = read_only;
    absl::StatusOr<std::unique_ptr<catalog::Catalogs>> catalogs = catalog::Catalogs::Open(std::move(options));
    ASSERT_TRUE(catalogs.ok()) << catalogs.status();
    catalogs_ = *std::move(catalogs);
    threads_ = std::make_unique<executor::CatalogThreads>(most_waiting);
    options_.authenticator = &live_sender_;
    options_.routes = CatalogRoutes({catalogs_.get(), threads_.get(), /*body_bytes=*/5000});
    Start();
  }
  // The server goes before what it borrows.
  ~CatalogRoutesTest() override { server_.reset(); }

  RawResponse Send(absl::string_view method, absl::string_view target, absl::string_view body = "",
                   absl::string_view fields = "") {
    return Ask(absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: test\r\n", fields,
                            body.empty() ? "" : "Content-Type: application/json\r\n", "Content-Length: ", body.size(),
                            "\r\n\r\n", body));
  }

  // The ids of a list.
  std::vector<std::string> Ids(absl::string_view target) {
    const RawResponse response = Send("GET", target);
    EXPECT_EQ(response.status, 200) << response.body;
    rapidjson::Document list;
    list.Parse(response.body.data(), response.body.size());
    std::vector<std::string> ids;
    if (!list.IsObject() || !list.HasMember("data")) return ids;
    for (const auto& entry : list["data"].GetArray()) ids.emplace_back(entry["id"].GetString());
    more_ = list["has_more"].GetBool();
    return ids;
  }

  auth::FixedIdentity live_sender_{{"acc_1", true}};
  std::unique_ptr<catalog::Catalogs> catalogs_;
  std::unique_ptr<executor::CatalogThreads> threads_;
  bool more_ = false;  // what the last list said
};

TEST_F(CatalogRoutesTest, Documents_LiveFromCreationToDeletion) {
  Open();
  const struct {
    const char* path;
    const char* document;
    const char* id;
    const char* field;
    int created;
    const char* not_found;
  } cases[] = {
      {"/locations", kLocation, "loc_1", "reference_id", 201, "location_not_found"},
      {"/devices", R"({"id": "dev_1", "reference_id": "charger"})", "dev_1", "reference_id", 201, "device_not_found"},
      {"/tariffs/elements", kElement, "trf_1", "display_name", 200, "tariff_element_not_found"},
      {"/tariffs/calendars", kCalendar, "cal_1", "display_name", 201, "calendar_not_found"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.path);
    RawResponse response = Send("POST", c.path, c.document);
    EXPECT_EQ(response.status, c.created) << response.body;
    EXPECT_THAT(response.body, HasSubstr(absl::StrCat(R"("id":")", c.id, "\"")));
    EXPECT_EQ(Send("POST", c.path, c.document).status, 409);
    const std::string one = absl::StrCat(c.path, "/", c.id);
    const std::string etag = response.header("etag");
    EXPECT_FALSE(etag.empty());
    const std::string created = response.body;
    response = Send("GET", one);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, created);
    EXPECT_EQ(response.header("etag"), etag);

    const std::string patch = absl::StrCat(R"({")", c.field, R"(": "new"})");
    response = Send("PATCH", one, patch, "If-Match: \"other\"\r\n");
    EXPECT_EQ(response.status, 412) << response.body;
    EXPECT_THAT(response.body, HasSubstr(R"("code":"etag_mismatch")"));
    response = Send("PATCH", one, patch, absl::StrCat("If-Match: ", etag, "\r\n"));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_THAT(response.body, HasSubstr(absl::StrCat("\"", c.field, R"(":"new")")));
    EXPECT_NE(response.header("etag"), etag);

    response = Send("GET", c.path);
    EXPECT_EQ(response.status, 200);
    EXPECT_THAT(response.body,
                AllOf(HasSubstr(absl::StrCat(R"({"object":"list","url":")", c.path, R"(","has_more":false)")),
                      Not(HasSubstr("next_page_token"))));
    EXPECT_EQ(Ask(absl::StrCat("HEAD ", one, " HTTP/1.1\r\nHost: a\r\n\r\n"), /*head=*/true).status, 200);
  }
  for (const auto& c : {cases[2], cases[3], cases[1], cases[0]}) {
    SCOPED_TRACE(c.path);
    const std::string one = absl::StrCat(c.path, "/", c.id);
    EXPECT_EQ(Send("DELETE", one, "", "If-Match: \"other\"\r\n").status, 412);
    RawResponse response = Send("DELETE", one);
    EXPECT_EQ(response.status, 202);
    EXPECT_EQ(response.body, R"({"message":"Accepted"})");
    response = Send("GET", one);
    EXPECT_EQ(response.status, 404);
    EXPECT_THAT(response.body, HasSubstr(absl::StrCat(R"("code":")", c.not_found, "\"")));
  }
}

TEST_F(CatalogRoutesTest, Patch_ChangesWhatItsBodyNamesAndNoMore) {
  Open();
  ASSERT_EQ(Send("POST", "/locations",
                 R"({"id": "loc_1", "timezone": "Europe/London", "currency_code": "GBP", "reference_id": "home",
                     "customer_id": "cus_1", "postal_address": {"city": "London", "state": "Greater London"}})")
                .status,
            201);
  RawResponse response =
      Send("PATCH", "/locations/loc_1", R"({"postal_address": {"city": "Leeds"}, "customer_id": null})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body, AllOf(HasSubstr(R"("postal_address":{"city":"Leeds","state":"Greater London"})"),
                                   HasSubstr(R"("reference_id":"home")"), Not(HasSubstr("customer_id"))));
  const std::string before = response.body;
  // What a GET answered can be sent back.
  EXPECT_EQ(Send("PATCH", "/locations/loc_1", before).status, 200);
  response = Send("PATCH", "/locations/loc_1", R"({"id": "loc_2", "reference_id": "x"})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr(R"(names \"id\", which cannot change)"));
  EXPECT_EQ(Send("PATCH", "/locations/loc_1", "{}").status, 200);
}

TEST_F(CatalogRoutesTest, Patch_TakesTheScheduleAlsoAsData) {
  Open();
  ASSERT_EQ(Send("POST", "/locations", kLocation).status, 201);
  ASSERT_EQ(Send("POST", "/tariffs/elements", kElement).status, 200);
  const RawResponse response = Send("PATCH", "/tariffs/elements/trf_1",
                                    R"({"data": [{"days_and_hours": [{"hours": [{"rate": [{"fixed": 0.5}]}]}]}]})");
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_THAT(response.body,
              AllOf(HasSubstr(R"("rate":[{"fixed":0.5}])"), Not(HasSubstr("0.25")), Not(HasSubstr("\"data\""))));
}

TEST_F(CatalogRoutesTest, List_GoesByIdsBothWays) {
  Open();
  for (int i = 1; i <= 5; ++i) {
    ASSERT_EQ(
        Send("POST", "/devices", absl::StrCat(R"({"id": "dev_)", i, R"(", "reference_id": ")", i % 2, "\"}")).status,
        201);
  }
  EXPECT_THAT(Ids("/devices?limit=2"), testing::ElementsAre("dev_5", "dev_4"));
  EXPECT_TRUE(more_);
  EXPECT_THAT(Ids("/devices?limit=2&starting_after=dev_4"), testing::ElementsAre("dev_3", "dev_2"));
  EXPECT_THAT(Ids("/devices?limit=2&starting_after=dev_2"), testing::ElementsAre("dev_1"));
  EXPECT_FALSE(more_);
  EXPECT_THAT(Ids("/devices?limit=2&ending_before=dev_2"), testing::ElementsAre("dev_4", "dev_3"));
  EXPECT_THAT(Ids("/devices?reference_id=0"), testing::ElementsAre("dev_4", "dev_2"));
  const RawResponse response = Send("GET", "/devices?limit=0&limit=x&starting_after=dev_1&ending_before=dev_2");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body,
              AllOf(HasSubstr("limit: must be a whole number of 1 or more"), HasSubstr("limit: is given twice"),
                    HasSubstr("ending_before: cannot be beside starting_after")));
  EXPECT_EQ(Send("GET", "/tariffs/elements?direction=IN").status, 400);
}

TEST_F(CatalogRoutesTest, Refusals_HaveTheirStatusContextAndWords) {
  Open();
  ASSERT_EQ(Send("POST", "/locations", kLocation).status, 201);
  const std::string large = absl::StrCat(R"({"reference_id": ")", std::string(6000, 'x'), "\"}");
  const struct {
    const char* method;
    const char* target;
    std::string body;
    int status;
    const char* context;
    const char* says;
  } cases[] = {
      {"POST", "/locations", "", 400, "api.locations", "body: is not JSON"},
      {"POST", "/locations", R"({"colour": 1})", 400, "api.locations", "colour: is not a field of this object"},
      {"POST", "/tariffs/elements", R"({"location_id": "loc_1"})", 400, "api.tariffs_elements", "direction: "},
      {"POST", "/devices", large, 413, "api.devices", "over the limit of 5000 bytes"},
      {"PUT", "/locations", "{}", 405, "api.locations", "This path takes GET, HEAD, POST only"},
      {"POST", "/locations/loc_1", "{}", 405, "api.locations", "This path takes GET, HEAD, PATCH, DELETE only"},
      {"GET", "/tariffs/elements/none", "", 404, "api.tariffs_elements", "tariff_element_not_found"},
      {"GET", "/carbon/intensities/none", "", 404, "api.carbon_intensities", "carbon_region_not_found"},
      {"GET", "/tariffs", "", 404, "api", "not_found"},
      {"PATCH", "/tariffs/calendars/none", "{}", 404, "api.tariffs_calendars", "calendar_not_found"},
  };
  for (const auto& c : cases) {
    const RawResponse response = Send(c.method, c.target, c.body);
    EXPECT_EQ(response.status, c.status) << c.method << " " << c.target << " " << response.body;
    EXPECT_THAT(response.body, AllOf(HasSubstr(absl::StrCat(R"("context":")", c.context, "\"")), HasSubstr(c.says)));
  }
  EXPECT_EQ(Send("PUT", "/locations", "{}").header("allow"), "GET, HEAD, POST");
  EXPECT_EQ(
      Ask("POST /locations HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}").status,
      415);
  EXPECT_EQ(Ask("POST /locations HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1770\r\n" + large).status,
            413);
}

TEST_F(CatalogRoutesTest, CatalogOfFiles_RefusesChanges) {
  Open(/*read_only=*/true);
  const RawResponse response = Send("POST", "/locations", kLocation);
  EXPECT_EQ(response.status, 422);
  EXPECT_THAT(response.body, HasSubstr(R"("code":"read_only_catalog")"));
  EXPECT_EQ(Send("GET", "/locations").status, 200);
}

TEST_F(CatalogRoutesTest, TooManyRequests_AreRefusedWhileReadingGoesOn) {
  Open(false, /*most_waiting=*/1);
  executor::Hold hold(&threads_->changing);
  ASSERT_TRUE(threads_->changing.TryRun([] {}));  // the one that may wait
  const RawResponse response = Send("POST", "/locations", kLocation);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.header("retry-after"), "1");
  EXPECT_THAT(response.body, HasSubstr(R"("code":"overloaded")"));
  EXPECT_EQ(Send("GET", "/locations").status, 200);
}

TEST_F(CatalogRoutesTest, ClientWhoGoesBeforeItsTurn_ChangesNothing) {
  options_.limits.work = absl::Milliseconds(50);
  Open();
  {
    executor::Hold hold(&threads_->changing);
    EXPECT_EQ(Send("POST", "/locations", kLocation).status, 504);
  }
  executor::CatchUp(&threads_->changing);
  EXPECT_EQ(Send("GET", "/locations/loc_1").status, 404);
}

}  // namespace
}  // namespace costs::rest
