#include "service/records/record_message.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/calculator/record_id.h"
#include "service/engine/nearest_double.h"

namespace costs::records {
namespace {

constexpr absl::string_view kIdPrefix = "mre_";

void SetData(const RecordRequest& request, const Figures& figures, pb::MeterRecordData* data) {
  SetTime(request.interval.start, data->mutable_start_time());
  SetTime(request.interval.end, data->mutable_end_time());
  data->set_session_reference_id(request.session_reference_id);
  data->set_record_reference_id(request.record_reference_id);
  data->mutable_energy()->set_value(static_cast<double>(figures.energy_wh));
  if (figures.tariff) SetTariff(figures.tariff->micros, figures.tariff->confidence, data);
  if (figures.carbon) SetCarbon(figures.carbon->milligrams, figures.carbon->confidence, data);
}

void SetRequest(const RecordRequest& request, pb::MeterRecordSubmission* message) {
  message->set_location_id(request.location_id);
  message->set_device_id(request.device_id);
  message->set_session_reference_id(request.session_reference_id);
  message->set_record_reference_id(request.record_reference_id);
  message->set_direction(static_cast<pb::Direction::Value>(request.direction));
  message->set_tariff_rate(static_cast<pb::TariffRate::Value>(request.tariff_rate));
  message->set_measurand(pb::Measurand::TRANSFERRED);
  message->set_units(static_cast<pb::Units::Value>(request.units));
  message->set_value(request.value);
  SetTime(request.interval.start, message->mutable_start_time());
  SetTime(request.interval.end, message->mutable_end_time());
  message->set_confidence(request.confidence);
  message->set_non_persistent(false);
  if (request.usage_before_wh) message->set_usage_before_wh(*request.usage_before_wh);
}

}  // namespace

std::optional<calculator::RecordId> ParseRecordId(absl::string_view text) {
  if (text.size() != calculator::kRecordIdLength || !absl::ConsumePrefix(&text, kIdPrefix)) return std::nullopt;
  for (char c : text) {
    // Ids are written with small letters; another writing names no record.
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c)) || absl::ascii_isupper(static_cast<unsigned char>(c))) {
      return std::nullopt;
    }
  }
  const std::string bytes = absl::HexStringToBytes(text);
  calculator::RecordId id;
  for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(bytes[i]);
  return id;
}

void ToMessage(const Tenant& tenant, const StoredRecord& record, pb::MeterRecord* message) {
  const RecordRequest& request = record.request;
  message->set_id(calculator::FormatRecordId(record.id));
  message->set_object("meter_record");
  message->set_live_mode(tenant.live_mode);
  message->set_direction(static_cast<pb::Direction::Value>(request.direction));
  message->set_tariff_rate(static_cast<pb::TariffRate::Value>(request.tariff_rate));
  message->set_currency_code(record.revision.figures.currency_code);
  message->set_energy_units(pb::Units::WH);
  message->set_carbon_units("gCO2eq");
  SetRequest(request, message->mutable_request());
  SetData(request, record.revision.figures, message->mutable_data());
  SetTimeCreated(record.created_ns, message->mutable_time_created());
  message->set_account_id(tenant.account_id);
}

void ToMessage(const StoredRecord& record, const Revision& revision, pb::MeterRecordRevision* message) {
  message->set_revision(revision.number);
  message->set_cause(static_cast<pb::RevisionCause::Value>(revision.cause));
  if (revision.catalog_version != 0) message->set_catalog_version(absl::StrCat(revision.catalog_version));
  SetData(record.request, revision.figures, message->mutable_data());
  SetTimeCreated(revision.priced_ns, message->mutable_time_created());
}

void SetTariff(engine::MoneyMicros micros, engine::Confidence confidence, pb::MeterRecordData* data) {
  data->mutable_tariff()->set_value(engine::NearestDouble<6>(micros));
  data->mutable_tariff()->set_confidence(engine::NearestDouble<3>(confidence));
}

void SetCarbon(engine::CarbonMilligrams milligrams, engine::Confidence confidence, pb::MeterRecordData* data) {
  data->mutable_carbon()->set_value(engine::NearestDouble<3>(milligrams));
  data->mutable_carbon()->set_confidence(engine::NearestDouble<3>(confidence));
}

void SetTime(engine::Instant at, google::protobuf::Timestamp* time) {
  time->set_seconds(at.ns / engine::kNanosPerSecond);
  time->set_nanos(static_cast<int32_t>(at.ns % engine::kNanosPerSecond));
}

void SetTimeCreated(int64_t since_1970_ns, google::protobuf::Timestamp* time) {
  SetTime(engine::Instant{since_1970_ns - since_1970_ns % 1'000'000}, time);
}

}  // namespace costs::records
