#include "service/rpc/record_codec.h"

#include <string>

#include "service/calculator/record_id.h"
#include "service/engine/nearest_double.h"

namespace costs::rpc {
namespace {

namespace v1 = energy::costs::v1;
using calculator::PricedRecord;
using calculator::Submission;

// The calculator's enums have the API's numbers, so that a cast translates.
static_assert(static_cast<int>(engine::Direction::kImport) == v1::Direction::IMPORT);
static_assert(static_cast<int>(engine::Direction::kExport) == v1::Direction::EXPORT);
static_assert(static_cast<int>(engine::TariffRate::kImport) == v1::TariffRate::IMPORT);
static_assert(static_cast<int>(engine::TariffRate::kExport) == v1::TariffRate::EXPORT);
static_assert(static_cast<int>(engine::TariffRate::kLocal) == v1::TariffRate::LOCAL);
static_assert(static_cast<int>(engine::Measurand::kTransferred) == v1::Measurand::TRANSFERRED);
static_assert(static_cast<int>(engine::Measurand::kOffered) == v1::Measurand::OFFERED);
static_assert(static_cast<int>(engine::Units::kW) == v1::Units::W);
static_assert(static_cast<int>(engine::Units::kKw) == v1::Units::KW);
static_assert(static_cast<int>(engine::Units::kWh) == v1::Units::WH);
static_assert(static_cast<int>(engine::Units::kKwh) == v1::Units::KWH);
static_assert(static_cast<int>(calculator::Source::kComputed) == v1::AnswerSource::COMPUTED);
static_assert(static_cast<int>(calculator::Source::kUpstream) == v1::AnswerSource::UPSTREAM);

constexpr int kMoneyDigits = 6;
constexpr int kCarbonDigits = 3;
constexpr int kConfidenceDigits = 3;

absl::string_view View(const std::string& text) { return absl::string_view(text.data(), text.size()); }

double ConfidenceOf(engine::Confidence thousandths) { return engine::NearestDouble<kConfidenceDigits>(thousandths); }

void SetTime(engine::Instant at, google::protobuf::Timestamp* message) {
  message->set_seconds(at.ns / engine::kNanosPerSecond);
  message->set_nanos(static_cast<int32_t>(at.ns % engine::kNanosPerSecond));
}

void SetText(absl::string_view text, std::string* field) { field->assign(text.data(), text.size()); }

// Most callers name no session: an empty field is not touched.
#define COSTS_SET_REFERENCE(message, field, text)    \
  do {                                               \
    if (!(text).empty()) {                           \
      SetText((text), (message)->mutable_##field()); \
    } else if (!(message)->field().empty()) {        \
      (message)->clear_##field();                    \
    }                                                \
  } while (false)

void EncodeBreakdown(const PricedRecord& record, v1::MeterRecordData* data) {
  data->clear_breakdown();
  for (const calculator::Segment& segment : record.breakdown) {
    v1::BreakdownSegment* out = data->add_breakdown();
    SetTime(segment.interval.start, out->mutable_start_time());
    SetTime(segment.interval.end, out->mutable_end_time());
    out->set_energy(static_cast<double>(segment.energy_wh));
    for (const calculator::ElementRate& rate : segment.rates) {
      v1::ElementRate* element = out->add_rates();
      element->set_tariff_element_id(rate.element_id);
      element->set_rate(rate.rate);
      element->set_confidence(ConfidenceOf(rate.confidence));
    }
    if (segment.cost) out->set_cost(engine::NearestDouble<kMoneyDigits>(*segment.cost));
    if (segment.intensity) out->set_intensity(*segment.intensity);
    if (segment.carbon) out->set_carbon(engine::NearestDouble<kCarbonDigits>(*segment.carbon));
  }
}

// Most servers say nothing of it: then the fields are not touched.
void EncodeSource(const PricedRecord& record, v1::MeterRecord* message) {
  if (record.source == calculator::Source::kNotSaid && message->source() == v1::AnswerSource::UNSPECIFIED) return;
  message->set_source(static_cast<v1::AnswerSource::Value>(record.source));
  if (record.source == calculator::Source::kNotSaid) {
    message->clear_source_reason();
  } else {
    SetText(record.source_reason, message->mutable_source_reason());
  }
}

void EncodeData(const Submission& submission, const PricedRecord& record, v1::MeterRecordData* data) {
  SetTime(record.interval.start, data->mutable_start_time());
  SetTime(record.interval.end, data->mutable_end_time());
  COSTS_SET_REFERENCE(data, session_reference_id, submission.session_reference_id);
  COSTS_SET_REFERENCE(data, record_reference_id, submission.record_reference_id);
  data->mutable_energy()->set_value(static_cast<double>(record.energy_wh));
  if (record.tariff) {
    v1::TariffCost* tariff = data->mutable_tariff();
    tariff->set_value(engine::NearestDouble<kMoneyDigits>(record.tariff->micros));
    tariff->set_confidence(ConfidenceOf(record.tariff->confidence));
  } else {
    data->clear_tariff();
  }
  if (record.carbon) {
    v1::CarbonFootprint* carbon = data->mutable_carbon();
    carbon->set_value(engine::NearestDouble<kCarbonDigits>(record.carbon->milligrams));
    carbon->set_confidence(ConfidenceOf(record.carbon->confidence));
  } else {
    data->clear_carbon();
  }
  if (!record.breakdown.empty() || data->breakdown_size() > 0) EncodeBreakdown(record, data);
}

}  // namespace

Submission DecodeSubmission(const v1::MeterRecordSubmission& message) {
  Submission submission;
  submission.location_id = View(message.location_id());
  submission.device_id = View(message.device_id());
  submission.session_reference_id = View(message.session_reference_id());
  submission.record_reference_id = View(message.record_reference_id());
  submission.direction = static_cast<engine::Direction>(message.direction());
  submission.tariff_rate = static_cast<engine::TariffRate>(message.tariff_rate());
  submission.measurand = static_cast<engine::Measurand>(message.measurand());
  submission.units = static_cast<engine::Units>(message.units());
  if (message.has_value()) submission.value = message.value();
  if (message.has_start_time()) {
    submission.start_time = calculator::WireTime{message.start_time().seconds(), message.start_time().nanos()};
  }
  if (message.has_end_time()) {
    submission.end_time = calculator::WireTime{message.end_time().seconds(), message.end_time().nanos()};
  }
  if (message.has_confidence()) submission.confidence = message.confidence();
  if (message.has_usage_before_wh()) submission.usage_before_wh = message.usage_before_wh();
  submission.non_persistent = message.non_persistent();
  return submission;
}

void EncodeLean(const Submission& submission, const PricedRecord& record, v1::MeterRecord* message) {
  std::string* id = message->mutable_id();
  id->resize(calculator::kRecordIdLength);
  calculator::WriteRecordId(record.id, &(*id)[0]);
  EncodeData(submission, record, message->mutable_data());
  EncodeSource(record, message);
}

void EncodeFull(const Submission& submission, const PricedRecord& record, const calculator::Batch& batch,
                v1::MeterRecord* message) {
  EncodeLean(submission, record, message);
  message->set_object("meter_record");
  message->set_live_mode(batch.caller.live_mode);
  message->set_direction(static_cast<v1::Direction::Value>(record.direction));
  message->set_tariff_rate(static_cast<v1::TariffRate::Value>(record.tariff_rate));
  SetText(record.currency_code, message->mutable_currency_code());
  message->set_energy_units(v1::Units::WH);
  message->set_carbon_units("gCO2eq");
  SetText(batch.caller.account_id, message->mutable_account_id());
  const int64_t created_ns = absl::ToUnixNanos(batch.time_created);
  SetTime(engine::Instant{created_ns - created_ns % 1'000'000}, message->mutable_time_created());

  v1::MeterRecordSubmission* request = message->mutable_request();
  SetText(submission.location_id, request->mutable_location_id());
  COSTS_SET_REFERENCE(request, device_id, submission.device_id);
  COSTS_SET_REFERENCE(request, session_reference_id, submission.session_reference_id);
  COSTS_SET_REFERENCE(request, record_reference_id, submission.record_reference_id);
  request->set_direction(static_cast<v1::Direction::Value>(record.direction));
  request->set_tariff_rate(static_cast<v1::TariffRate::Value>(record.tariff_rate));
  request->set_measurand(v1::Measurand::TRANSFERRED);
  request->set_units(static_cast<v1::Units::Value>(submission.units));
  request->set_value(submission.value.value_or(0));
  SetTime(record.interval.start, request->mutable_start_time());
  SetTime(record.interval.end, request->mutable_end_time());
  request->set_confidence(record.confidence);
  request->set_non_persistent(record.non_persistent);
  if (submission.usage_before_wh) {
    request->set_usage_before_wh(*submission.usage_before_wh);
  } else {
    request->clear_usage_before_wh();
  }
}

}  // namespace costs::rpc
