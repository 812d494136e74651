#include "service/records/bulk_submission.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/refusal.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/records/testing/recorded_meters.h"

namespace costs::records {
namespace {

using calculator::Submission;
using calculator::testing::kLocation;
using calculator::testing::OneLocation;
using calculator::testing::Submit;
using engine::testing::CaseName;
using engine::testing::Flat;
using engine::testing::Random;
using engine::testing::Tiered;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RecordedMeters;

std::string FieldsOf(const absl::Status& status) {
  std::string fields;
  for (const catalog::FieldViolation& violation : catalog::ViolationsOf(status)) fields += violation.field + " ";
  return fields;
}

class BulkSubmissionTest : public ::testing::Test {
 protected:
  BulkSubmissionTest() : BulkSubmissionTest(OneLocation({Flat("0.2")})) {}
  explicit BulkSubmissionTest(catalog::CatalogContent content)
      : meters_(std::move(content)),
        bulk_({meters_.context(), [this](calculator::Batch* batch, const calculator::UsageSource& usage) {
                 meters_.Price(batch, usage);
               }}) {}

  // Submits and keeps the answer in batch_.
  absl::Status Put(const std::vector<Submission>& submissions) {
    std::vector<BulkRecord> records;
    for (const Submission& submission : submissions) records.push_back({submission, ""});
    return Keep([&](std::string* document) { return bulk_.SubmitRecords(meters_.tenant(), records, {}, document); });
  }
  absl::Status Put(const CumulativeSubmission& submission) {
    return Keep(
        [&](std::string* document) { return bulk_.SubmitReadings(meters_.tenant(), submission, {}, document); });
  }

  template <typename Call>
  absl::Status Keep(Call call) {
    std::string document;
    const absl::Status status = call(&document);
    if (status.ok()) batch_.Parse(document.data(), document.size());
    text_ = document;
    return status;
  }

  // "position reference: error" of each.
  std::vector<std::string> Failed() const {
    std::vector<std::string> failed;
    for (const auto& entry : batch_["failed_records"].GetArray()) {
      const char* reference = entry.HasMember("record_reference_id") ? entry["record_reference_id"].GetString() : "";
      failed.push_back(absl::StrCat(entry["record_num"].GetInt(), " ", reference, ": ", entry["error"].GetString()));
    }
    return failed;
  }

  // All that is stored, one line for each record.
  std::vector<std::string> Stored() { return StoredOf(&meters_); }
  static std::vector<std::string> StoredOf(RecordedMeters* meters) {
    std::vector<std::string> lines;
    const auto records = meters->store()->List(meters->tenant(), {}, std::nullopt, false, 100'000);
    for (const StoredRecord& record : *records) {
      const RecordRequest& request = record.request;
      const Figures& figures = record.revision.figures;
      lines.push_back(absl::StrCat(request.interval.start.ns / engine::kNanosPerSecond, " ",
                                   request.interval.end.ns / engine::kNanosPerSecond, " ", figures.energy_wh, "Wh ",
                                   figures.tariff ? absl::StrCat(static_cast<int64_t>(figures.tariff->micros)) : "",
                                   request.session_reference_id.empty() ? "" : " ", request.session_reference_id,
                                   request.record_reference_id.empty() ? "" : " ", request.record_reference_id));
    }
    return lines;
  }

  static CumulativeSubmission Readings(const std::vector<std::pair<int64_t, double>>& readings) {
    CumulativeSubmission submission;
    submission.location_id = std::string(kLocation);
    submission.device_id = "dev_1";
    submission.units = engine::Units::kKwh;
    for (const auto& [time, value] : readings) submission.readings.push_back({time, value, "", ""});
    return submission;
  }

  RecordedMeters meters_;
  BulkSubmission bulk_;
  rapidjson::Document batch_;
  std::string text_;
};

TEST_F(BulkSubmissionTest, SubmitRecords_GoodAndBadOnes_TheGoodOnesAreStored) {
  Submission good = Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z");
  Submission backwards = Submit(1, "2023-06-15T09:00:00Z", "2023-06-15T08:00:00Z");
  backwards.record_reference_id = "MET1";
  Submission elsewhere = good;
  elsewhere.location_id = "loc_none";
  Submission simulated = good;
  simulated.non_persistent = true;
  ASSERT_TRUE(Put({backwards, good, elsewhere, simulated}).ok());
  EXPECT_EQ(std::string(batch_["id"].GetString()).substr(0, 4), "bat_");
  EXPECT_STREQ(batch_["object"].GetString(), "meter_batch");
  EXPECT_EQ(batch_["records_submitted"].GetInt(), 4);
  EXPECT_EQ(batch_["records_accepted"].GetInt(), 1);
  EXPECT_EQ(batch_["records_processed"].GetInt(), 1);
  EXPECT_STREQ(batch_["time_created"].GetString(), "2023-07-01T00:00:00.000Z");
  EXPECT_THAT(Failed(),
              ElementsAre("0 MET1: end_time must be after start_time", HasSubstr("2 : there is no location 'loc_none'"),
                          HasSubstr("3 : non_persistent cannot be true here")));
  EXPECT_THAT(Stored(), ElementsAre("1686816000 1686819600 1000Wh 200000"));

  std::string document;
  ASSERT_TRUE(bulk_.GetBatch(meters_.tenant(), batch_["id"].GetString(), &document).ok());
  EXPECT_EQ(document, text_);
}

TEST_F(BulkSubmissionTest, SubmitRecords_FaultOfReading_IsTold) {
  std::string document;
  std::vector<BulkRecord> records(2);
  records[0].fault = "value must be a JSON number";
  records[1].submission = Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z");
  ASSERT_TRUE(Keep([&](std::string* text) { return bulk_.SubmitRecords(meters_.tenant(), records, {}, text); }).ok());
  EXPECT_THAT(Failed(), ElementsAre("0 : value must be a JSON number"));
  EXPECT_EQ(batch_["records_accepted"].GetInt(), 1);
}

TEST_F(BulkSubmissionTest, SubmitRecords_NoPriceYet_IsAcceptedWithoutOne) {
  meters_.SetCatalog(OneLocation({}));
  ASSERT_TRUE(Put({Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z")}).ok());
  EXPECT_THAT(Failed(), IsEmpty());
  EXPECT_THAT(Stored(), ElementsAre("1686816000 1686819600 1000Wh "));
}

TEST_F(BulkSubmissionTest, SubmitRecords_Again_ChangesNothing) {
  const std::vector<Submission> submissions = {Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z")};
  ASSERT_TRUE(Put(submissions).ok());
  const std::string id = batch_["id"].GetString();
  ASSERT_TRUE(Put(submissions).ok());
  EXPECT_NE(batch_["id"].GetString(), id);
  const auto records = meters_.store()->List(meters_.tenant(), {}, std::nullopt, false, 10);
  ASSERT_EQ(records->size(), 1u);
  EXPECT_EQ((*records)[0].revision.number, 1);
}

TEST_F(BulkSubmissionTest, SubmitRecords_WrongCounts_Refused) {
  EXPECT_EQ(FieldsOf(Put(std::vector<Submission>{})), "body ");
  const Submission one = Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z");
  EXPECT_EQ(FieldsOf(Put(std::vector<Submission>(10'001, one))), "body ");
  EXPECT_TRUE(Put(std::vector<Submission>(10'000, one)).ok());
  EXPECT_EQ(Stored().size(), 1u);
}

TEST_F(BulkSubmissionTest, SubmitRecords_CallerGone_NothingIsStored) {
  const BulkRecord record{Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z"), ""};
  std::string document;
  Submitter gone;
  gone.cancelled = [] { return true; };
  EXPECT_EQ(bulk_.SubmitRecords(meters_.tenant(), {record}, gone, &document).code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(BulkSubmissionTest, GetBatch_UnknownOrMissing_Refused) {
  std::string document;
  EXPECT_EQ(catalog::ReasonOf(bulk_.GetBatch(meters_.tenant(), "bat_none", &document)), "BATCH_NOT_FOUND");
  EXPECT_EQ(FieldsOf(bulk_.GetBatch(meters_.tenant(), "", &document)), "batch_id ");
}

TEST_F(BulkSubmissionTest, SubmitReadings_OfARegister_BecomeRecords) {
  CumulativeSubmission submission = Readings({{3600, 11.5}, {0, 10}, {7200, 11.5}});
  submission.session_reference_id = "charge";
  submission.readings[0].record_reference_id = "MET1";
  ASSERT_TRUE(Put(submission).ok()) << text_;
  EXPECT_EQ(batch_["records_submitted"].GetInt(), 3);
  EXPECT_EQ(batch_["records_accepted"].GetInt(), 3);
  EXPECT_THAT(Failed(), IsEmpty());
  EXPECT_THAT(Stored(), ElementsAre("0 3600 1500Wh 300000 charge MET1", "3600 7200 0Wh 0 charge"));
  // One in the middle, later.
  ASSERT_TRUE(Put(Readings({{1800, 10.5}})).ok());
  EXPECT_THAT(Stored(),
              ElementsAre("0 1800 500Wh 100000", "1800 3600 1000Wh 200000 charge MET1", "3600 7200 0Wh 0 charge"));
  // The other register of the device is another one.
  CumulativeSubmission exported = Readings({{900, 5}});
  exported.direction = engine::Direction::kExport;
  ASSERT_TRUE(Put(exported).ok());
  EXPECT_EQ(Stored().size(), 3u);
}

TEST_F(BulkSubmissionTest, SubmitReadings_FaultyOnes_AreToldAndTheOthersTaken) {
  CumulativeSubmission submission = Readings(
      {{0, 10}, {3600, -1}, {-5, 1}, {1'700'000'000'000, 1}, {7200, 12}, {10'800, 1}, {10'800, 2}, {14'400, 3}});
  submission.readings[4].record_reference_id = std::string("x\0", 2);
  CumulativeSubmission::Reading unread;
  unread.fault = "time must be a whole number";
  submission.readings.push_back(unread);
  submission.readings.push_back({std::nullopt, 1, "", ""});
  submission.readings.push_back({18'000, std::nullopt, "", ""});
  ASSERT_TRUE(Put(submission).ok());
  EXPECT_EQ(batch_["records_accepted"].GetInt(), 2);
  EXPECT_THAT(Failed(), ElementsAre(HasSubstr("1 : value must be between 0"), HasSubstr("2 : time must lie"),
                                    HasSubstr("3 : time must lie between 1970 and 2100, as Unix time in seconds"),
                                    HasSubstr("record_reference_id holds the character U+0000"),
                                    HasSubstr("5 : time is that of another"), HasSubstr("6 : time is that of another"),
                                    HasSubstr("7 : value is lower than"), "8 : time must be a whole number",
                                    HasSubstr("9 : time is required"), HasSubstr("10 : value is required")));
  EXPECT_THAT(Stored(), IsEmpty());
}

TEST_F(BulkSubmissionTest, SubmitReadings_Reset_StartsAnewAndIsReported) {
  ASSERT_TRUE(Put(Readings({{0, 10}, {3600, 11}, {7200, 0.5}, {10'800, 0.75}})).ok());
  EXPECT_EQ(batch_["records_accepted"].GetInt(), 4);
  EXPECT_THAT(Failed(), ElementsAre(HasSubstr("2 : value is lower than that of the reading before it")));
  EXPECT_THAT(Stored(), ElementsAre("0 3600 1000Wh 200000", "7200 10800 250Wh 50000"));
}

TEST_F(BulkSubmissionTest, SubmitReadings_LargeDifference_KeepsAllDigits) {
  ASSERT_TRUE(Put(Readings({{0, 0.000001}, {3600, 999'999'999.999}})).ok()) << text_;
  EXPECT_THAT(Stored(), ElementsAre("0 3600 999999999999Wh 199999999999800"));
}

TEST_F(BulkSubmissionTest, SubmitReadings_FaultyHead_Refused) {
  CumulativeSubmission submission = Readings({{0, 10}});
  submission.location_id = "";
  submission.device_id = std::string(65, 'x');
  submission.session_reference_id = std::string("x\0", 2);
  submission.units = engine::Units::kKw;
  EXPECT_EQ(FieldsOf(Put(submission)), "location_id device_id session_reference_id units ");
  EXPECT_EQ(FieldsOf(Put(Readings({}))), "data ");
  submission = Readings({{0, 10}});
  submission.location_id = "loc_none";
  EXPECT_EQ(catalog::ReasonOf(Put(submission)), "LOCATION_NOT_FOUND");
}

TEST_F(BulkSubmissionTest, WithoutStore_EveryCallSaysSo) {
  CallContext context = meters_.context();
  context.store = nullptr;
  BulkSubmission bulk({context, nullptr});
  std::string document;
  EXPECT_EQ(catalog::ReasonOf(bulk.SubmitRecords(meters_.tenant(), {}, {}, &document)), "NO_RECORD_STORE");
  EXPECT_EQ(catalog::ReasonOf(bulk.SubmitReadings(meters_.tenant(), {}, {}, &document)), "NO_RECORD_STORE");
  EXPECT_EQ(catalog::ReasonOf(bulk.GetBatch(meters_.tenant(), "bat_1", &document)), "NO_RECORD_STORE");
}

TEST_F(BulkSubmissionTest, SubmitReadings_AnyOrderAndCutting_StoresTheSameRecords) {
  Random random(95);
  std::vector<std::pair<int64_t, double>> readings;
  double value = 100;
  for (int i = 0; i < 60; ++i) {
    value = random.OneIn(15) ? 1 : value + static_cast<double>(random.Between(0, 5000)) / 1000;
    readings.emplace_back(1'700'000'000 + 900 * i, value);
  }
  ASSERT_TRUE(Put(Readings(readings)).ok());
  const std::vector<std::string> expected = Stored();
  for (int i = 0; i < 20; ++i) {
    SCOPED_TRACE(CaseName(i));
    RecordedMeters meters(OneLocation({Flat("0.2")}));
    BulkSubmission bulk({meters.context(), [&meters](calculator::Batch* batch, const calculator::UsageSource& usage) {
                           meters.Price(batch, usage);
                         }});
    std::vector<std::pair<int64_t, double>> shuffled = readings;
    for (size_t k = shuffled.size(); k > 1; --k) {
      std::swap(shuffled[k - 1], shuffled[static_cast<size_t>(random.Between(0, static_cast<int64_t>(k) - 1))]);
    }
    for (size_t begin = 0; begin < shuffled.size();) {
      const size_t end = std::min(shuffled.size(), begin + static_cast<size_t>(random.Between(1, 20)));
      std::string document;
      ASSERT_TRUE(bulk.SubmitReadings(meters_.tenant(),
                                      Readings({shuffled.begin() + static_cast<std::ptrdiff_t>(begin),
                                                shuffled.begin() + static_cast<std::ptrdiff_t>(end)}),
                                      {}, &document)
                      .ok());
      begin = end;
    }
    EXPECT_EQ(StoredOf(&meters), expected);
  }
}

// Tiers count what is stored before, within the same submission too.
class TieredBulkSubmissionTest : public BulkSubmissionTest {
 protected:
  TieredBulkSubmissionTest() : BulkSubmissionTest(OneLocation({Tiered({{"0.1", "1"}, {"0.5", ""}})})) {}
};

TEST_F(TieredBulkSubmissionTest, SubmitRecords_EachCountsTheOnesBefore) {
  ASSERT_TRUE(Put({Submit(1, "2023-06-15T08:00:00Z", "2023-06-15T09:00:00Z"),
                   Submit(1, "2023-06-15T09:00:00Z", "2023-06-15T10:00:00Z")})
                  .ok());
  EXPECT_THAT(Stored(), ElementsAre("1686816000 1686819600 1000Wh 100000", "1686819600 1686823200 1000Wh 500000"));
}

}  // namespace
}  // namespace costs::records
