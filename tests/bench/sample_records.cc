#include "tests/bench/sample_records.h"

#include "absl/strings/str_format.h"

namespace costs::bench {
namespace {

using energy::costs::v1::Direction;
using energy::costs::v1::Measurand;
using energy::costs::v1::MeterRecord;
using energy::costs::v1::MeterRecordData;
using energy::costs::v1::MeterRecordSubmission;
using energy::costs::v1::TariffRate;
using energy::costs::v1::Units;

constexpr int64_t kFebruary2022 = 1643673600;  // 2022-02-01T00:00:00Z
constexpr int kSlotSeconds = 1800;
constexpr int kSlots = 48;
// Coprime with kSlots, so that neighbours in the load are far apart in time.
constexpr int kSlotStride = 17;
constexpr int kRecordsPerSession = 8;

}  // namespace

MeterRecordSubmission SampleSubmission(int index) {
  MeterRecordSubmission submission;
  submission.set_location_id("loc_641b90b758fb8e6293716e40");
  submission.set_session_reference_id(absl::StrFormat("SESSION%010d", index / kRecordsPerSession));
  submission.set_record_reference_id(absl::StrFormat("MET%010d", index));
  submission.set_units(Units::W);
  // 100.00 W to 22 kW in steps of 0.01 W, in no order.
  submission.set_value(100 + static_cast<double>(index * int64_t{7919} % 2'190'000) / 100);
  const int64_t start = kFebruary2022 + int64_t{index} * kSlotStride % kSlots * kSlotSeconds;
  submission.mutable_start_time()->set_seconds(start);
  submission.mutable_end_time()->set_seconds(start + kSlotSeconds - index / kSlots);
  return submission;
}

MeterRecord SampleLeanAnswer() {
  const MeterRecordSubmission submission = SampleSubmission(1);
  MeterRecord record;
  record.set_id("mre_641b90b758fb8e6293716e41");
  MeterRecordData& data = *record.mutable_data();
  *data.mutable_start_time() = submission.start_time();
  *data.mutable_end_time() = submission.end_time();
  data.set_session_reference_id(submission.session_reference_id());
  data.set_record_reference_id(submission.record_reference_id());
  data.mutable_energy()->set_value(10284);
  data.mutable_tariff()->set_value(928.372);
  data.mutable_tariff()->set_confidence(1);
  data.mutable_carbon()->set_value(35.24);
  data.mutable_carbon()->set_confidence(0.8);
  return record;
}

MeterRecord SampleAnswer() {
  MeterRecord record = SampleLeanAnswer();
  record.set_object("meter_record");
  record.set_live_mode(true);
  record.set_direction(Direction::IMPORT);
  record.set_tariff_rate(TariffRate::IMPORT);
  record.set_currency_code("GBP");
  record.set_energy_units(Units::WH);
  record.set_carbon_units("gCO2eq");
  MeterRecordSubmission& request = *record.mutable_request();
  request = SampleSubmission(1);
  request.set_direction(Direction::IMPORT);
  request.set_tariff_rate(TariffRate::IMPORT);
  request.set_measurand(Measurand::TRANSFERRED);
  request.set_confidence(1);
  request.set_non_persistent(false);
  record.mutable_time_created()->set_seconds(kFebruary2022);
  record.mutable_time_created()->set_nanos(123'456'789);
  record.set_account_id("acc_641b90b758fb8e6293716e3f");
  return record;
}

}  // namespace costs::bench
