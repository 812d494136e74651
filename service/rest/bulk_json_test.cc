#include "service/rest/bulk_json.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"

namespace costs::rest {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kRecord[] =
    R"({"location_id": "loc_1", "units": "WH", "value": 1e2, "start_time": "2022-02-01T10:30:00+01:00",
        "end_time": "2022-02-01T11:00:00Z", "record_reference_id": "MET1", "unknown": [{"value": 7}]})";

std::string FieldOf(const absl::Status& status) {
  const std::vector<catalog::FieldViolation> violations = catalog::ViolationsOf(status);
  return violations.size() == 1 ? violations[0].field : absl::StrCat(violations.size(), " fields");
}

TEST(ReadRecords, Array_EachElementIsARecord) {
  std::deque<ReadRecord> records;
  ASSERT_TRUE(ReadRecords(absl::StrCat("[", kRecord, ",", kRecord, ", {}]"), 3, &records).ok());
  ASSERT_EQ(records.size(), 3u);
  const calculator::Submission submission = records[1].request.submission();
  EXPECT_EQ(submission.location_id, "loc_1");
  EXPECT_EQ(submission.units, engine::Units::kWh);
  EXPECT_EQ(submission.value, 100);
  EXPECT_EQ(submission.start_time->seconds, 1'643'707'800);
  EXPECT_EQ(submission.record_reference_id, "MET1");
  EXPECT_EQ(records[1].fault, "");
  // What is missing is the calculator's to say.
  EXPECT_EQ(records[2].fault, "");
  EXPECT_EQ(records[2].request.submission().location_id, "");
}

TEST(ReadRecords, FaultsOfElements_AreTheirOwn) {
  std::deque<ReadRecord> records;
  ASSERT_TRUE(
      ReadRecords(absl::StrCat(R"([7, null, "x", [[{}]], {"value": "7", "units": "J"}, )", kRecord, "]"), 6, &records)
          .ok());
  std::vector<std::string> faults;
  for (const ReadRecord& record : records) faults.push_back(record.fault);
  const auto no_object = HasSubstr("must be a JSON object");
  EXPECT_THAT(faults, ElementsAre(no_object, no_object, no_object, no_object,
                                  HasSubstr("value must be a JSON number, such as 20567, without quotes; units must be "
                                            "one of W, KW, WH, KWH; location_id is required"),
                                  ""));
}

TEST(ReadRecords, FaultsOfTheBody_RefuseIt) {
  for (const std::string body :
       {"", "{}", "7", "null", "[", "[1,]", "[1] 2", "[1e999999]", "[\"\\x\"]", "[{\"a\":1}"}) {
    std::deque<ReadRecord> records;
    EXPECT_EQ(FieldOf(ReadRecords(body, 5, &records)), "body") << body;
  }
  std::deque<ReadRecord> records;
  EXPECT_EQ(FieldOf(ReadRecords(std::string("[1,\0 2]", 7), 5, &records)), "body");
  const absl::Status status = ReadRecords("[{},{},{},{},{},{}]", 5, &records);
  EXPECT_EQ(FieldOf(status), "body");
  EXPECT_THAT(std::string(status.message()), HasSubstr("more than 5 records"));
}

TEST(ReadRecords, DeeplyNestedBody_NeedsNoStack) {
  std::deque<ReadRecord> records;
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  ASSERT_TRUE(ReadRecords(deep, 5, &records).ok());
  EXPECT_EQ(records.size(), 1u);
}

TEST(ReadCumulative, Readings_AreReadWithTheirHead) {
  records::CumulativeSubmission submission;
  ASSERT_TRUE(ReadCumulative(R"({"location_id": "loc_1", "device_id": "dev_1", "session_reference_id": "charge",
                                 "direction": "EXPORT", "tariff_rate": "LOCAL", "units": "KWH", "more": {"data": [1]},
                                 "data": [{"time": 1721991392, "value": 1553, "record_reference_id": "MET1", "x": []},
                                          {"value": 1.5, "time": 1.721991393e9}, {"time": null}]})",
                             3, &submission)
                  .ok());
  EXPECT_EQ(submission.location_id, "loc_1");
  EXPECT_EQ(submission.device_id, "dev_1");
  EXPECT_EQ(submission.session_reference_id, "charge");
  EXPECT_EQ(submission.direction, engine::Direction::kExport);
  EXPECT_EQ(submission.tariff_rate, engine::TariffRate::kLocal);
  EXPECT_EQ(submission.units, engine::Units::kKwh);
  ASSERT_EQ(submission.readings.size(), 3u);
  EXPECT_EQ(submission.readings[0].time_s, 1'721'991'392);
  EXPECT_EQ(submission.readings[0].value, 1553);
  EXPECT_EQ(submission.readings[0].record_reference_id, "MET1");
  EXPECT_EQ(submission.readings[1].time_s, 1'721'991'393);
  EXPECT_FALSE(submission.readings[2].time_s);
  EXPECT_EQ(submission.readings[2].fault, "");
}

TEST(ReadCumulative, FaultsOfReadings_AreTheirOwn) {
  records::CumulativeSubmission submission;
  ASSERT_TRUE(ReadCumulative(R"({"data": [1, [2], "x", null, {"time": 1.5}, {"time": "1", "value": true},
                                          {"time": {}, "value": [1], "record_reference_id": 5}, {"time": 1, "time": 2},
                                          {"time": 1e300, "value": 1}]})",
                             9, &submission)
                  .ok());
  std::vector<std::string> faults;
  for (const auto& reading : submission.readings) faults.push_back(reading.fault);
  const auto no_object = HasSubstr("must be a JSON object");
  const auto no_time = HasSubstr("time must be a whole JSON number");
  EXPECT_THAT(faults, ElementsAre(no_object, no_object, no_object, no_object, no_time,
                                  ::testing::AllOf(no_time, HasSubstr("value must be a JSON number")),
                                  ::testing::AllOf(no_time, HasSubstr("value must be"),
                                                   HasSubstr("record_reference_id must be")),
                                  "time is given twice; give it once", no_time));
}

TEST(ReadCumulative, FaultsOfTheHead_RefuseIt) {
  const struct {
    const char* body;
    const char* field;
  } cases[] = {
      {"", "body"},
      {"[]", "body"},
      {"7", "body"},
      {R"({"data": [1})", "body"},
      {R"({"data": {}})", "data"},
      {R"({"data": [{},{},{}]})", "data"},
      {R"({"location_id": 7})", "location_id"},
      {R"({"units": ["WH"]})", "units"},
      {R"({"units": "J"})", "units"},
      {R"({"direction": "IN"})", "direction"},
      {R"({"device_id": "a", "device_id": "b"})", "device_id"},
      {R"({"session_reference_id": "\udc00"})", "session_reference_id"},
  };
  for (const auto& c : cases) {
    records::CumulativeSubmission submission;
    EXPECT_EQ(FieldOf(ReadCumulative(c.body, 2, &submission)), c.field) << c.body;
  }
}

}  // namespace
}  // namespace costs::rest
