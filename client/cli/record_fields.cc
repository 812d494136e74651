#include "client/cli/record_fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::cli {
namespace {

constexpr FieldInfo kFields[] = {
    {Field::kLocationId, "location_id", FieldKind::kText, true},
    {Field::kValue, "value", FieldKind::kNumber, true},
    {Field::kUnits, "units", FieldKind::kText, true},
    {Field::kStartTime, "start_time", FieldKind::kText, true},
    {Field::kEndTime, "end_time", FieldKind::kText, true},
    {Field::kDeviceId, "device_id", FieldKind::kText, false},
    {Field::kSessionReferenceId, "session_reference_id", FieldKind::kText, false},
    {Field::kRecordReferenceId, "record_reference_id", FieldKind::kText, false},
    {Field::kDirection, "direction", FieldKind::kText, false},
    {Field::kTariffRate, "tariff_rate", FieldKind::kText, false},
    {Field::kMeasurand, "measurand", FieldKind::kText, false},
    {Field::kConfidence, "confidence", FieldKind::kNumber, false},
    {Field::kNonPersistent, "non_persistent", FieldKind::kBoolean, false},
    {Field::kUsageBeforeWh, "usage_before_wh", FieldKind::kNumber, false},
};

constexpr absl::string_view kOutputColumns[] = {
    "energy_wh", "cost", "cost_confidence", "carbon_g", "carbon_confidence", "record_id", "error",
};

constexpr std::pair<absl::string_view, v1::Units::Value> kUnits[] = {
    {"W", v1::Units::W}, {"KW", v1::Units::KW}, {"WH", v1::Units::WH}, {"KWH", v1::Units::KWH}};
constexpr std::pair<absl::string_view, v1::Direction::Value> kDirections[] = {{"IMPORT", v1::Direction::IMPORT},
                                                                              {"EXPORT", v1::Direction::EXPORT}};
constexpr std::pair<absl::string_view, v1::TariffRate::Value> kTariffRates[] = {
    {"IMPORT", v1::TariffRate::IMPORT}, {"EXPORT", v1::TariffRate::EXPORT}, {"LOCAL", v1::TariffRate::LOCAL}};
constexpr std::pair<absl::string_view, v1::Measurand::Value> kMeasurands[] = {
    {"TRANSFERRED", v1::Measurand::TRANSFERRED}, {"OFFERED", v1::Measurand::OFFERED}};
constexpr std::pair<absl::string_view, bool> kBooleans[] = {{"true", true}, {"false", false}};

absl::Status Fault(Field field, absl::string_view wanted, absl::string_view text) {
  constexpr size_t kShown = 40;
  return absl::InvalidArgumentError(absl::StrCat(InfoOf(field).name, ": must be ", wanted, ", but is \"",
                                                 text.substr(0, kShown), text.size() > kShown ? "…\"" : "\""));
}

template <typename Value, size_t size>
absl::Status FromNames(const std::pair<absl::string_view, Value> (&names)[size], Field field, absl::string_view text,
                       Value* value) {
  for (const auto& [name, named] : names) {
    if (text == name) {
      *value = named;
      return absl::OkStatus();
    }
  }
  std::string wanted;
  for (size_t i = 0; i < size; ++i) {
    absl::StrAppend(&wanted, i == 0 ? "" : i + 1 == size ? " or " : ", ", names[i].first);
  }
  return Fault(field, wanted, text);
}

absl::Status NumberFromText(Field field, absl::string_view text, v1::MeterRecordSubmission* record) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end || !std::isfinite(number)) {
    return Fault(field, "a number such as 20567 or 1.5", text);
  }
  SetNumberField(field, number, record);
  return absl::OkStatus();
}

// Of a wrong time, in its message.
constexpr size_t kShownText = 40;

absl::Status TimeFromText(Field field, absl::string_view text, google::protobuf::Timestamp* time) {
  absl::StatusOr<rfc3339::Time> parsed = rfc3339::Parse(text);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(InfoOf(field).name, ": \"", text.substr(0, kShownText), "\" ", parsed.status().message()));
  }
  time->set_seconds(parsed->seconds);
  time->set_nanos(parsed->nanos);
  return absl::OkStatus();
}

template <typename Value, size_t size, typename Setter>
absl::Status NamedFromText(const std::pair<absl::string_view, Value> (&names)[size], Field field,
                           absl::string_view text, Setter set) {
  Value value{};
  absl::Status status = FromNames(names, field, text, &value);
  if (status.ok()) set(value);
  return status;
}

}  // namespace

absl::Span<const FieldInfo> AllFields() { return kFields; }

const FieldInfo& InfoOf(Field field) { return kFields[static_cast<size_t>(field)]; }

std::optional<Field> FindField(absl::string_view name) {
  for (const FieldInfo& info : kFields) {
    if (info.name == name) return info.field;
  }
  return std::nullopt;
}

absl::Status SetFieldFromText(Field field, absl::string_view text, v1::MeterRecordSubmission* record) {
  if (text.empty()) return absl::OkStatus();
  switch (field) {
    case Field::kLocationId:
      record->mutable_location_id()->assign(text.data(), text.size());
      break;
    case Field::kDeviceId:
      record->mutable_device_id()->assign(text.data(), text.size());
      break;
    case Field::kSessionReferenceId:
      record->mutable_session_reference_id()->assign(text.data(), text.size());
      break;
    case Field::kRecordReferenceId:
      record->mutable_record_reference_id()->assign(text.data(), text.size());
      break;
    case Field::kValue:
    case Field::kConfidence:
    case Field::kUsageBeforeWh:
      return NumberFromText(field, text, record);
    case Field::kStartTime:
      return TimeFromText(field, text, record->mutable_start_time());
    case Field::kEndTime:
      return TimeFromText(field, text, record->mutable_end_time());
    case Field::kUnits:
      return NamedFromText(kUnits, field, text, [&](auto value) { record->set_units(value); });
    case Field::kDirection:
      return NamedFromText(kDirections, field, text, [&](auto value) { record->set_direction(value); });
    case Field::kTariffRate:
      return NamedFromText(kTariffRates, field, text, [&](auto value) { record->set_tariff_rate(value); });
    case Field::kMeasurand:
      return NamedFromText(kMeasurands, field, text, [&](auto value) { record->set_measurand(value); });
    case Field::kNonPersistent:
      return NamedFromText(kBooleans, field, text, [&](bool value) { record->set_non_persistent(value); });
  }
  return absl::OkStatus();
}

void SetNumberField(Field field, double number, v1::MeterRecordSubmission* record) {
  switch (field) {
    case Field::kValue:
      record->set_value(number);
      break;
    case Field::kConfidence:
      record->set_confidence(number);
      break;
    case Field::kUsageBeforeWh:
      record->set_usage_before_wh(number);
      break;
    default:
      break;
  }
}

absl::Span<const absl::string_view> OutputColumns() { return kOutputColumns; }

bool IsOutputColumn(absl::string_view name) {
  return std::find(std::begin(kOutputColumns), std::end(kOutputColumns), name) != std::end(kOutputColumns);
}

}  // namespace costs::cli
