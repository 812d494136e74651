#include "service/records/records_calls.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/refusal.h"
#include "service/records/testing/recorded_meters.h"

namespace costs::records {
namespace {

using calculator::Submission;
using calculator::testing::kAccount;
using calculator::testing::kLocation;
using calculator::testing::OneLocation;
using calculator::testing::Submit;
using engine::testing::Flat;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RecordedMeters;
using ::testing::SizeIs;

std::string FieldsOf(const absl::Status& status) {
  std::string fields;
  for (const catalog::FieldViolation& violation : catalog::ViolationsOf(status)) fields += violation.field + " ";
  return fields;
}

class RecordsCallsTest : public ::testing::Test {
 protected:
  RecordsCallsTest() : meters_(OneLocation({Flat("0.2")})), calls_(meters_.context()) {}

  // Half hours of one day from 08:00 on, of a device where one is named.
  static Submission HalfHour(int number, absl::string_view device = "") {
    Submission submission = Submit(2, "2023-06-15T08:00:00Z", "2023-06-15T08:30:00Z");
    submission.start_time->seconds += 1800 * number;
    submission.end_time->seconds += 1800 * number;
    submission.device_id = device;
    return submission;
  }

  pb::ListMeterRecordsResponse List(const pb::ListMeterRecordsRequest& request) {
    pb::ListMeterRecordsResponse response;
    const absl::Status status = calls_.List(meters_.tenant(), request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  // All ids by pages of that size.
  std::vector<std::string> Walk(pb::ListMeterRecordsRequest request, int page_size) {
    std::vector<std::string> ids;
    request.set_page_size(page_size);
    do {
      const pb::ListMeterRecordsResponse page = List(request);
      EXPECT_EQ(page.has_more(), !page.next_page_token().empty());
      EXPECT_LE(page.data_size(), page_size);
      for (const pb::MeterRecord& record : page.data()) ids.push_back(record.id());
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return ids;
  }

  RecordedMeters meters_;
  RecordsCalls calls_;
};

TEST_F(RecordsCallsTest, Get_StoredRecord_IsTheSubmissionWithItsFigures) {
  Submission submission = HalfHour(0, "dev_1");
  submission.session_reference_id = "charge";
  submission.record_reference_id = "first";
  submission.usage_before_wh = 5;
  pb::GetMeterRecordRequest request;
  request.set_id(meters_.Store({submission})[0]);
  pb::MeterRecord record;
  ASSERT_TRUE(calls_.Get(meters_.tenant(), request, &record).ok());
  EXPECT_EQ(record.id(), request.id());
  EXPECT_EQ(record.object(), "meter_record");
  EXPECT_TRUE(record.live_mode());
  EXPECT_EQ(record.account_id(), kAccount);
  EXPECT_EQ(record.currency_code(), "GBP");
  EXPECT_EQ(record.tariff_rate(), pb::TariffRate::IMPORT);
  EXPECT_EQ(record.request().location_id(), kLocation);
  EXPECT_EQ(record.request().device_id(), "dev_1");
  EXPECT_EQ(record.request().units(), pb::Units::KW);
  EXPECT_EQ(record.request().value(), 2);
  EXPECT_EQ(record.request().usage_before_wh(), 5);
  EXPECT_FALSE(record.request().non_persistent());
  EXPECT_EQ(record.data().session_reference_id(), "charge");
  EXPECT_EQ(record.data().record_reference_id(), "first");
  EXPECT_EQ(record.data().energy().value(), 1000);
  EXPECT_EQ(record.data().tariff().value(), 0.2);
  EXPECT_FALSE(record.data().has_carbon());
  EXPECT_EQ(record.time_created().seconds(), 1'688'169'600);
}

TEST_F(RecordsCallsTest, Get_RecordWithoutPrice_HasNoTariff) {
  meters_.SetCatalog(OneLocation({}));
  pb::GetMeterRecordRequest request;
  request.set_id(meters_.Store({HalfHour(0)})[0]);
  pb::MeterRecord record;
  ASSERT_TRUE(calls_.Get(meters_.tenant(), request, &record).ok());
  EXPECT_TRUE(record.data().has_energy());
  EXPECT_FALSE(record.data().has_tariff());
}

TEST_F(RecordsCallsTest, Get_IdsOfNothing_NotFound) {
  const std::string id = meters_.Store({HalfHour(0)})[0];
  for (const std::string& wrong : {std::string("mre_000000000000000000000000"), id.substr(0, 27), "x" + id,
                                   std::string("MRE_") + id.substr(4), std::string("mre_00000000000000000000000g")}) {
    pb::GetMeterRecordRequest request;
    request.set_id(wrong);
    pb::MeterRecord record;
    const absl::Status status = calls_.Get(meters_.tenant(), request, &record);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << wrong;
    EXPECT_EQ(catalog::ReasonOf(status), "METER_RECORD_NOT_FOUND");
  }
  pb::MeterRecord record;
  const absl::Status status = calls_.Get(meters_.tenant(), {}, &record);
  EXPECT_EQ(FieldsOf(status), "id ");
}

TEST_F(RecordsCallsTest, Get_OtherAccountOrMode_NotFound) {
  pb::GetMeterRecordRequest request;
  request.set_id(meters_.Store({HalfHour(0)})[0]);
  for (const Tenant& other : {Tenant{std::string(kAccount), false}, Tenant{"acc_other", true}}) {
    pb::MeterRecord record;
    EXPECT_EQ(catalog::ReasonOf(calls_.Get(other, request, &record)), "METER_RECORD_NOT_FOUND");
  }
}

TEST_F(RecordsCallsTest, List_Pages_HoldEachRecordOnceInOrder) {
  std::vector<Submission> submissions;
  for (int i = 0; i < 20; ++i) {
    submissions.push_back(HalfHour(i / 3, i % 3 == 0 ? "" : i % 3 == 1 ? "dev_1" : "dev_2"));
  }
  meters_.Store(submissions);
  const std::vector<std::string> all = Walk({}, 1000);
  EXPECT_THAT(all, SizeIs(20));
  for (int size : {1, 3, 7, 20, 21}) EXPECT_THAT(Walk({}, size), ElementsAreArray(all));
  pb::ListMeterRecordsRequest newest;
  newest.set_newest_first(true);
  for (int size : {1, 4, 1000}) EXPECT_THAT(Walk(newest, size), ElementsAreArray(all.rbegin(), all.rend()));
  const pb::ListMeterRecordsResponse page = List({});
  EXPECT_EQ(page.object(), "list");
  EXPECT_EQ(page.url(), "/meters/records");
}

TEST_F(RecordsCallsTest, List_RecordsComeAndGoBetweenPages_TheOthersStayInPlace) {
  std::vector<Submission> submissions;
  for (int i = 0; i < 10; i += 2) submissions.push_back(HalfHour(i));
  const std::vector<std::string> ids = meters_.Store(submissions);
  pb::ListMeterRecordsRequest request;
  request.set_page_size(2);
  pb::ListMeterRecordsResponse page = List(request);
  // The last one of the page goes; one before and one after it come.
  pb::DeleteMeterRecordRequest gone;
  gone.set_id(ids[1]);
  ASSERT_TRUE(calls_.Delete(meters_.tenant(), gone).ok());
  meters_.Store({HalfHour(1)});
  const std::string late = meters_.Store({HalfHour(5)})[0];
  request.set_page_token(page.next_page_token());
  page = List(request);
  ASSERT_EQ(page.data_size(), 2);
  EXPECT_EQ(page.data(0).id(), ids[2]);
  EXPECT_EQ(page.data(1).id(), late);
  request.set_page_token(page.next_page_token());
  page = List(request);
  ASSERT_EQ(page.data_size(), 2);
  EXPECT_EQ(page.data(0).id(), ids[3]);
  EXPECT_EQ(page.data(1).id(), ids[4]);
  EXPECT_FALSE(page.has_more());
}

TEST_F(RecordsCallsTest, List_Filters_KeepWhatPassesAllOfThem) {
  Submission exported = HalfHour(3, "dev_1");
  exported.direction = engine::Direction::kExport;
  exported.tariff_rate = engine::TariffRate::kLocal;
  exported.session_reference_id = "charge";
  exported.record_reference_id = "last";
  const std::vector<std::string> ids =
      meters_.Store({HalfHour(0), HalfHour(1, "dev_1"), HalfHour(2, "dev_2"), exported});
  const auto listed = [&](auto set) {
    pb::ListMeterRecordsRequest request;
    set(&request);
    return Walk(request, 2);
  };
  using Request = pb::ListMeterRecordsRequest*;
  EXPECT_THAT(listed([](Request r) { r->set_location_id(std::string(kLocation)); }), ElementsAreArray(ids));
  EXPECT_THAT(listed([](Request r) { r->set_device_id("dev_1"); }), ElementsAre(ids[1], ids[3]));
  EXPECT_THAT(listed([](Request r) { r->set_session_reference_id("charge"); }), ElementsAre(ids[3]));
  EXPECT_THAT(listed([](Request r) {
                r->set_device_id("dev_1");
                r->set_record_reference_id("last");
              }),
              ElementsAre(ids[3]));
  EXPECT_THAT(listed([](Request r) { r->set_direction(pb::Direction::EXPORT); }), ElementsAre(ids[3]));
  EXPECT_THAT(listed([](Request r) { r->set_tariff_rate(pb::TariffRate::LOCAL); }), ElementsAre(ids[3]));
  // Half-open on both sides: one that ends with the start is not listed.
  EXPECT_THAT(listed([](Request r) { r->mutable_start_time()->set_seconds(1'686'816'000 + 1800); }),
              ElementsAre(ids[1], ids[2], ids[3]));
  EXPECT_THAT(listed([](Request r) { r->mutable_end_time()->set_seconds(1'686'816'000 + 1800); }), ElementsAre(ids[0]));
  EXPECT_THAT(listed([](Request r) { r->set_location_id("loc_none"); }), IsEmpty());
}

TEST_F(RecordsCallsTest, List_TokenOfOtherFiltersOrOrder_InvalidPageToken) {
  meters_.Store({HalfHour(0), HalfHour(1)});
  pb::ListMeterRecordsRequest request;
  request.set_page_size(1);
  const std::string token = List(request).next_page_token();
  pb::ListMeterRecordsRequest others[4];
  others[0].set_location_id(std::string(kLocation));
  others[1].set_newest_first(true);
  others[2].set_direction(pb::Direction::IMPORT);
  others[3].mutable_start_time()->set_seconds(0);
  for (pb::ListMeterRecordsRequest& other : others) {
    other.set_page_token(token);
    pb::ListMeterRecordsResponse response;
    const absl::Status status = calls_.List(meters_.tenant(), other, &response);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(FieldsOf(status), "page_token ");
  }
  request.set_page_size(7);  // the size may change
  request.set_page_token(token);
  EXPECT_EQ(List(request).data_size(), 1);
}

TEST_F(RecordsCallsTest, List_FaultyFields_AreAllNamed) {
  pb::ListMeterRecordsRequest request;
  request.set_location_id(std::string(65, 'x'));
  request.set_device_id(std::string("x\0", 2));
  request.set_session_reference_id(std::string(257, 'x'));
  request.set_direction(static_cast<pb::Direction::Value>(9));
  request.set_tariff_rate(static_cast<pb::TariffRate::Value>(9));
  request.mutable_start_time()->set_seconds(-1);
  request.set_page_size(-1);
  request.set_page_token("x");
  pb::ListMeterRecordsResponse response;
  EXPECT_EQ(FieldsOf(calls_.List(meters_.tenant(), request, &response)),
            "location_id device_id session_reference_id direction tariff_rate start_time page_size ");

  pb::ListMeterRecordsRequest alone;
  alone.set_record_reference_id("first");
  alone.mutable_start_time()->set_seconds(10);
  alone.mutable_end_time()->set_seconds(10);
  EXPECT_EQ(FieldsOf(calls_.List(meters_.tenant(), alone, &response)), "record_reference_id end_time ");
}

TEST_F(RecordsCallsTest, ListRevisions_ResubmittedRecord_ShowsEachPricingLatestFirst) {
  Submission submission = HalfHour(0);
  const std::string id = meters_.Store({submission})[0];
  for (double value : {4, 6, 8}) {
    submission.value = value;
    EXPECT_EQ(meters_.Store({submission})[0], id);
  }
  pb::ListMeterRecordRevisionsRequest request;
  request.set_id(id);
  request.set_page_size(3);
  pb::ListMeterRecordRevisionsResponse page;
  ASSERT_TRUE(calls_.ListRevisions(meters_.tenant(), request, &page).ok());
  EXPECT_EQ(page.url(), "/meters/records/" + id + "/revisions");
  EXPECT_TRUE(page.has_more());
  ASSERT_EQ(page.data_size(), 3);
  EXPECT_EQ(page.data(0).revision(), 4);
  EXPECT_EQ(page.data(0).cause(), pb::RevisionCause::SUBMITTED);
  EXPECT_EQ(page.data(0).catalog_version(), "1");
  EXPECT_EQ(page.data(0).data().energy().value(), 4000);
  EXPECT_EQ(page.data(2).data().energy().value(), 2000);
  request.set_page_token(page.next_page_token());
  page.Clear();
  ASSERT_TRUE(calls_.ListRevisions(meters_.tenant(), request, &page).ok());
  ASSERT_EQ(page.data_size(), 1);
  EXPECT_EQ(page.data(0).revision(), 1);
  EXPECT_EQ(page.data(0).data().tariff().value(), 0.2);
  EXPECT_FALSE(page.has_more());

  // A token is good for its own record only.
  pb::ListMeterRecordRevisionsRequest other = request;
  other.set_id(meters_.Store({HalfHour(1)})[0]);
  EXPECT_EQ(FieldsOf(calls_.ListRevisions(meters_.tenant(), other, &page)), "page_token ");
  other.set_id("mre_none");
  EXPECT_EQ(catalog::ReasonOf(calls_.ListRevisions(meters_.tenant(), other, &page)), "METER_RECORD_NOT_FOUND");
}

TEST_F(RecordsCallsTest, Delete_Record_IsGoneForGood) {
  const std::string id = meters_.Store({HalfHour(0)})[0];
  pb::DeleteMeterRecordRequest request;
  request.set_id(id);
  EXPECT_TRUE(calls_.Delete(meters_.tenant(), request).ok());
  EXPECT_EQ(catalog::ReasonOf(calls_.Delete(meters_.tenant(), request)), "METER_RECORD_NOT_FOUND");
  EXPECT_EQ(List({}).data_size(), 0);
}

TEST_F(RecordsCallsTest, WithoutStore_EveryCallSaysSo) {
  CallContext context = meters_.context();
  context.store = nullptr;
  const RecordsCalls calls(context);
  pb::MeterRecord record;
  pb::ListMeterRecordsResponse list;
  pb::ListMeterRecordRevisionsResponse revisions;
  for (const absl::Status& status :
       {calls.Get(meters_.tenant(), {}, &record), calls.List(meters_.tenant(), {}, &list),
        calls.ListRevisions(meters_.tenant(), {}, &revisions), calls.Delete(meters_.tenant(), {})}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(catalog::ReasonOf(status), "NO_RECORD_STORE");
    EXPECT_THAT(std::string(status.message()), HasSubstr("start costsd with --store"));
  }
}

}  // namespace
}  // namespace costs::records
