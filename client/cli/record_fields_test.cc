#include "client/cli/record_fields.h"

#include <string>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

TEST(RecordFields, EveryName_IsFoundAgain) {
  for (const FieldInfo& info : AllFields()) {
    EXPECT_EQ(FindField(info.name), info.field) << info.name;
    EXPECT_EQ(InfoOf(info.field).name, info.name);
    const auto* descriptor = v1::MeterRecordSubmission::descriptor()->FindFieldByName(std::string(info.name));
    ASSERT_NE(descriptor, nullptr) << info.name;
    EXPECT_FALSE(IsOutputColumn(info.name)) << info.name;
  }
  EXPECT_EQ(AllFields().size(), static_cast<size_t>(v1::MeterRecordSubmission::descriptor()->field_count()));
  EXPECT_EQ(FindField("locationId"), std::nullopt);
  EXPECT_EQ(FindField(""), std::nullopt);
}

TEST(SetFieldFromText, ValidText_SetsTheField) {
  v1::MeterRecordSubmission record;
  const struct {
    Field field;
    const char* text;
  } fields[] = {
      {Field::kLocationId, "loc_1"},
      {Field::kValue, "20567.25"},
      {Field::kUnits, "KWH"},
      {Field::kStartTime, "1970-01-01T00:00:01Z"},
      {Field::kEndTime, "1970-01-01T01:00:02.5+01:00"},
      {Field::kDeviceId, "dev_1"},
      {Field::kSessionReferenceId, "s"},
      {Field::kRecordReferenceId, "r"},
      {Field::kDirection, "EXPORT"},
      {Field::kTariffRate, "LOCAL"},
      {Field::kMeasurand, "OFFERED"},
      {Field::kConfidence, "0.5"},
      {Field::kNonPersistent, "true"},
      {Field::kUsageBeforeWh, "1e3"},
  };
  for (const auto& f : fields) {
    absl::Status status = SetFieldFromText(f.field, f.text, &record);
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_EQ(record.location_id(), "loc_1");
  EXPECT_EQ(record.value(), 20567.25);
  EXPECT_EQ(record.units(), v1::Units::KWH);
  EXPECT_EQ(record.start_time().seconds(), 1);
  EXPECT_EQ(record.end_time().seconds(), 2);
  EXPECT_EQ(record.end_time().nanos(), 500'000'000);
  EXPECT_EQ(record.device_id(), "dev_1");
  EXPECT_EQ(record.session_reference_id(), "s");
  EXPECT_EQ(record.record_reference_id(), "r");
  EXPECT_EQ(record.direction(), v1::Direction::EXPORT);
  EXPECT_EQ(record.tariff_rate(), v1::TariffRate::LOCAL);
  EXPECT_EQ(record.measurand(), v1::Measurand::OFFERED);
  EXPECT_EQ(record.confidence(), 0.5);
  EXPECT_TRUE(record.non_persistent());
  EXPECT_EQ(record.usage_before_wh(), 1000);
}

TEST(SetFieldFromText, EmptyText_LeavesTheFieldUnset) {
  v1::MeterRecordSubmission record;
  for (const FieldInfo& info : AllFields()) EXPECT_TRUE(SetFieldFromText(info.field, "", &record).ok());
  EXPECT_EQ(record.ByteSizeLong(), 0u);
}

TEST(SetFieldFromText, OtherText_IsRefusedByName) {
  const struct {
    Field field;
    const char* text;
    const char* message;
  } cases[] = {
      {Field::kValue, "1,5", "value: must be a number such as 20567 or 1.5, but is \"1,5\""},
      {Field::kValue, " 1", "value: must be a number such as 20567 or 1.5, but is \" 1\""},
      {Field::kValue, "inf", "value: must be a number such as 20567 or 1.5, but is \"inf\""},
      {Field::kValue, "nan", "value: must be a number such as 20567 or 1.5, but is \"nan\""},
      {Field::kValue, "1e999", "value: must be a number such as 20567 or 1.5, but is \"1e999\""},
      {Field::kUnits, "kWh", "units: must be W, KW, WH or KWH, but is \"kWh\""},
      {Field::kUnits, "UNSPECIFIED", "units: must be W, KW, WH or KWH, but is \"UNSPECIFIED\""},
      {Field::kDirection, "LOCAL", "direction: must be IMPORT or EXPORT, but is \"LOCAL\""},
      {Field::kNonPersistent, "1", "non_persistent: must be true or false, but is \"1\""},
      {Field::kStartTime, "yesterday",
       "start_time: \"yesterday\" must be an RFC 3339 time with Z or an offset, such as 2022-02-01T10:30:00Z: it "
       "must begin YYYY-MM-DDThh:mm:ss"},
  };
  for (const auto& c : cases) {
    v1::MeterRecordSubmission record;
    absl::Status status = SetFieldFromText(c.field, c.text, &record);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_EQ(status.message(), c.message);
  }
}

}  // namespace
}  // namespace costs::cli
