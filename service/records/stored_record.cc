#include "service/records/stored_record.h"

namespace costs::records {
namespace {

bool SameDays(const std::vector<calculator::DayPart>& a, const std::vector<calculator::DayPart>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].day != b[i].day || a[i].energy_wh != b[i].energy_wh || a[i].energy_nwh != b[i].energy_nwh ||
        a[i].cost != b[i].cost || a[i].carbon != b[i].carbon) {
      return false;
    }
  }
  return true;
}

calculator::WireTime WireTimeOf(engine::Instant at) {
  return {at.ns / engine::kNanosPerSecond, static_cast<int32_t>(at.ns % engine::kNanosPerSecond)};
}

}  // namespace

bool SameFigures(const Figures& a, const Figures& b) {
  if (a.tariff.has_value() != b.tariff.has_value() || a.carbon.has_value() != b.carbon.has_value()) return false;
  if (a.tariff && (a.tariff->micros != b.tariff->micros || a.tariff->confidence != b.tariff->confidence)) return false;
  if (a.carbon && (a.carbon->milligrams != b.carbon->milligrams || a.carbon->confidence != b.carbon->confidence)) {
    return false;
  }
  return a.energy_wh == b.energy_wh && a.energy_nwh == b.energy_nwh && a.currency_code == b.currency_code &&
         a.first_day == b.first_day && a.tier_windows_end == b.tier_windows_end && SameDays(a.days, b.days);
}

bool SameRequest(const RecordRequest& a, const RecordRequest& b) {
  return a.value == b.value && a.units == b.units && a.confidence == b.confidence &&
         a.usage_before_wh == b.usage_before_wh && a.interval == b.interval && a.direction == b.direction &&
         a.tariff_rate == b.tariff_rate && a.location_id == b.location_id && a.device_id == b.device_id &&
         a.session_reference_id == b.session_reference_id && a.record_reference_id == b.record_reference_id;
}

calculator::Submission SubmissionOf(const RecordRequest& request) {
  calculator::Submission submission;
  submission.location_id = request.location_id;
  submission.device_id = request.device_id;
  submission.session_reference_id = request.session_reference_id;
  submission.record_reference_id = request.record_reference_id;
  submission.direction = request.direction;
  submission.tariff_rate = request.tariff_rate;
  submission.measurand = engine::Measurand::kTransferred;
  submission.units = request.units;
  submission.value = request.value;
  submission.start_time = WireTimeOf(request.interval.start);
  submission.end_time = WireTimeOf(request.interval.end);
  submission.confidence = request.confidence;
  submission.usage_before_wh = request.usage_before_wh;
  return submission;
}

Figures FiguresOf(const calculator::PricedRecord& record) {
  Figures figures;
  figures.energy_wh = record.energy_wh;
  figures.energy_nwh = record.storage.energy_nwh;
  figures.tariff = record.tariff;
  figures.carbon = record.carbon;
  figures.currency_code = std::string(record.currency_code);
  figures.first_day = record.storage.first_day;
  figures.days = record.storage.days;
  if (record.storage.tiered) figures.tier_windows_end = record.storage.tier_windows_end;
  return figures;
}

}  // namespace costs::records
