#include "service/rest/costs_json.h"

#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>
#include <system_error>

#include "absl/strings/charconv.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/rest/json_number.h"
#include "service/rest/json_text.h"

namespace costs::rest {
namespace {

using calculator::Violation;

// ---- the contract's words ---------------------------------------------------

template <typename Enum>
struct Word {
  absl::string_view text;
  Enum value;
};

constexpr Word<engine::Direction> kDirections[] = {{"IMPORT", engine::Direction::kImport},
                                                   {"EXPORT", engine::Direction::kExport}};
constexpr Word<engine::TariffRate> kTariffRates[] = {{"IMPORT", engine::TariffRate::kImport},
                                                     {"EXPORT", engine::TariffRate::kExport},
                                                     {"LOCAL", engine::TariffRate::kLocal}};
constexpr Word<engine::Measurand> kMeasurands[] = {{"TRANSFERRED", engine::Measurand::kTransferred},
                                                   {"OFFERED", engine::Measurand::kOffered}};
constexpr Word<engine::Units> kUnits[] = {
    {"W", engine::Units::kW}, {"KW", engine::Units::kKw}, {"WH", engine::Units::kWh}, {"KWH", engine::Units::kKwh}};

template <typename Enum, size_t kCount>
absl::string_view TextOf(const Word<Enum> (&words)[kCount], Enum value) {
  for (const Word<Enum>& word : words) {
    if (word.value == value) return word.text;
  }
  return "";
}

// ---- reading ----------------------------------------------------------------

enum class JsonType { kString, kNumber, kBoolean };

enum FieldId {
  kLocationId,
  kDeviceId,
  kSessionReferenceId,
  kRecordReferenceId,
  kDirection,
  kTariffRate,
  kMeasurand,
  kUnitsField,
  kConfidence,
  kValue,
  kStartTime,
  kEndTime,
  kNonPersistent,
  kUsageBeforeWh,
  kFieldCount,
};

struct FieldSpec {
  absl::string_view name;
  JsonType type;
  bool required = false;
};

// By FieldId.
constexpr std::array<FieldSpec, kFieldCount> kFields = {{
    {"location_id", JsonType::kString, true},
    {"device_id", JsonType::kString},
    {"session_reference_id", JsonType::kString},
    {"record_reference_id", JsonType::kString},
    {"direction", JsonType::kString},
    {"tariff_rate", JsonType::kString},
    {"measurand", JsonType::kString},
    {"units", JsonType::kString, true},
    {"confidence", JsonType::kNumber},
    {"value", JsonType::kNumber, true},
    {"start_time", JsonType::kString, true},
    {"end_time", JsonType::kString, true},
    {"non_persistent", JsonType::kBoolean},
    {"usage_before_wh", JsonType::kNumber},
}};

absl::string_view MustBe(JsonType type) {
  switch (type) {
    case JsonType::kString:
      return "must be a JSON string";
    case JsonType::kNumber:
      return "must be a JSON number, such as 20567, without quotes";
    case JsonType::kBoolean:
      return "must be true or false, without quotes";
  }
  return "";
}

// Receives the body's JSON and keeps the fields of the outermost object. Never
// stops the reader, so that all violations are found.
class RecordHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RecordHandler> {
 public:
  RecordHandler(CostsRequest* request, std::vector<Violation>* violations)
      : request_(*request), violations_(*violations) {}

  bool Null() {
    if (AtRoot()) return NotAnObject();
    if (AtField()) given_.reset(field_);
    return true;
  }

  bool Bool(bool value) {
    if (!Takes(JsonType::kBoolean)) return true;
    request_.non_persistent = value;
    return true;
  }

  bool RawNumber(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    if (!Takes(JsonType::kNumber)) return true;
    double value = 0;
    const absl::from_chars_result read = absl::from_chars(text, text + length, value);
    // Out of range is also what is too small to tell from 0, and that is a fine 0.
    if (read.ec == std::errc::result_out_of_range && std::fabs(value) > 1) {
      ReportTooLarge();
      return true;
    }
    if (field_ == kValue) request_.value = value;
    if (field_ == kConfidence) request_.confidence = value;
    if (field_ == kUsageBeforeWh) request_.usage_before_wh = value;
    return true;
  }

  bool String(const char* data, rapidjson::SizeType length, bool /*copy*/) {
    if (!Takes(JsonType::kString)) return true;
    const absl::string_view text(data, length);
    if (HasLoneSurrogate(text)) {
      Report("has half of a surrogate pair; write the character itself or both its \\u escapes");
      return true;
    }
    ReadText(text);
    return true;
  }

  bool StartObject() {
    if (depth_ > 0) WrongType();
    ++depth_;
    return true;
  }
  bool EndObject(rapidjson::SizeType) { return Leave(); }

  bool StartArray() {
    if (AtRoot()) NotAnObject();
    if (depth_ > 0) WrongType();
    ++depth_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) { return Leave(); }

  bool Key(const char* data, rapidjson::SizeType length, bool /*copy*/) {
    if (depth_ != 1) return true;
    field_ = kFieldCount;
    for (size_t i = 0; i < kFields.size(); ++i) {
      if (kFields[i].name == absl::string_view(data, length)) field_ = static_cast<FieldId>(i);
    }
    if (!AtField()) return true;
    if (seen_[field_] && !repeated_[field_]) {
      repeated_.set(field_);
      Report("is given twice; give it once");
    }
    seen_.set(field_);
    given_.set(field_);
    return true;
  }

  // The reader stopped at a number that no double holds.
  bool ReportTooLarge() {
    if (!AtField()) return false;
    Report("is too large to be read; give a number of a sensible size");
    return true;
  }

  bool given(FieldId field) const { return given_[field]; }
  bool is_object() const { return is_object_; }

 private:
  bool AtRoot() const { return depth_ == 0; }
  // At the value of a known field of the outermost object.
  bool AtField() const { return is_object_ && depth_ == 1 && field_ != kFieldCount; }

  bool NotAnObject() {
    is_object_ = false;
    return true;
  }

  bool Leave() {
    --depth_;
    return true;
  }

  void Report(absl::string_view description) {
    violations_.push_back({std::string(kFields[field_].name), std::string(description)});
  }

  void WrongType() {
    if (AtField()) Report(MustBe(kFields[field_].type));
  }

  // True where a value of this type is to be kept.
  bool Takes(JsonType type) {
    if (AtRoot()) NotAnObject();
    if (!AtField()) return false;
    if (kFields[field_].type != type) WrongType();
    return kFields[field_].type == type;
  }

  void ReadText(absl::string_view text) {
    switch (field_) {
      case kLocationId:
        request_.location_id = std::string(text);
        break;
      case kDeviceId:
        request_.device_id = std::string(text);
        break;
      case kSessionReferenceId:
        request_.session_reference_id = std::string(text);
        break;
      case kRecordReferenceId:
        request_.record_reference_id = std::string(text);
        break;
      case kDirection:
        return ReadWord(kDirections, text, &request_.direction);
      case kTariffRate:
        return ReadWord(kTariffRates, text, &request_.tariff_rate);
      case kMeasurand:
        return ReadWord(kMeasurands, text, &request_.measurand);
      case kUnitsField:
        return ReadWord(kUnits, text, &request_.units);
      case kStartTime:
        return ReadTime(text, &request_.start_time);
      case kEndTime:
        return ReadTime(text, &request_.end_time);
      default:
        break;
    }
  }

  template <typename Enum, size_t kCount>
  void ReadWord(const Word<Enum> (&words)[kCount], absl::string_view text, Enum* value) {
    for (const Word<Enum>& word : words) {
      if (word.text == text) {
        *value = word.value;
        return;
      }
    }
    Report(absl::StrCat("must be one of ", absl::StrJoin(words, ", ", [](std::string* out, const Word<Enum>& word) {
                          absl::StrAppend(out, word.text);
                        })));
  }

  void ReadTime(absl::string_view text, std::optional<CallerTime>* time) {
    absl::StatusOr<CallerTime> read = ParseCallerTime(text);
    if (read.ok()) {
      *time = *std::move(read);
    } else {
      Report(read.status().message());
    }
  }

  CostsRequest& request_;
  std::vector<Violation>& violations_;
  int depth_ = 0;
  bool is_object_ = true;
  FieldId field_ = kFieldCount;  // of the outermost object; kFieldCount: an unknown one
  std::bitset<kFieldCount> seen_;
  std::bitset<kFieldCount> repeated_;
  std::bitset<kFieldCount> given_;  // seen, and not null
};

// Reads the body; adds its violations.
void ParseBody(absl::string_view body, CostsRequest* request, std::vector<Violation>* violations) {
  // Iterative: a caller who nests deeply costs memory of the body's size, not stack.
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  // RapidJSON takes a NUL byte for the end.
  const size_t nul = body.find('\0');
  if (nul != absl::string_view::npos) {
    violations->push_back({"body", absl::StrCat("is not valid JSON: a NUL byte at offset ", nul)});
    return;
  }
  rapidjson::MemoryStream stream(body.data(), body.size());
  rapidjson::Reader reader;
  RecordHandler handler(request, violations);
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (result.IsError()) {
    if (result.Code() != rapidjson::kParseErrorNumberTooBig || !handler.ReportTooLarge()) {
      violations->push_back({"body", absl::StrCat("is not valid JSON: ", rapidjson::GetParseError_En(result.Code()),
                                                  " (at offset ", result.Offset(), ")")});
    }
    return;
  }
  if (!handler.is_object()) {
    violations->push_back({"body", "must be a JSON object with the fields of a meter record"});
    return;
  }
  if (violations->empty()) return;
  for (size_t i = 0; i < kFields.size(); ++i) {
    if (!kFields[i].required || handler.given(static_cast<FieldId>(i))) continue;
    violations->push_back({std::string(kFields[i].name), "is required; add it to the body"});
  }
}

void ParseQuery(const Query& query, calculator::Options* options, std::vector<Violation>* violations) {
  struct Key {
    absl::string_view name;
    bool* value;
    int given = 0;
  };
  Key keys[] = {{"include_tariff", &options->include_tariff},
                {"include_carbon", &options->include_carbon},
                {"non_persistent", &options->non_persistent},
                {"include_breakdown", &options->include_breakdown}};
  for (const auto& [name, value] : query) {
    for (Key& key : keys) {
      if (key.name != name) continue;
      if (++key.given == 2) violations->push_back({name, "is given twice in the query; give it once"});
      if (value == "true" || value == "false") {
        *key.value = value == "true";
      } else if (key.given == 1) {
        violations->push_back({name, "must be true or false in the query"});
      }
    }
  }
}

// ---- writing ----------------------------------------------------------------

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void Key(Json* json, absl::string_view key) { json->Key(key.data(), static_cast<rapidjson::SizeType>(key.size())); }

void Text(Json* json, absl::string_view key, absl::string_view text) {
  Key(json, key);
  json->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void TextIfGiven(Json* json, absl::string_view key, absl::string_view text) {
  if (!text.empty()) Text(json, key, text);
}

void Number(Json* json, absl::string_view key, const std::string& text) {
  Key(json, key);
  json->RawValue(text.data(), text.size(), rapidjson::kNumberType);
}

void Bool(Json* json, absl::string_view key, bool value) {
  Key(json, key);
  json->Bool(value);
}

std::string MoneyText(engine::MoneyMicros micros) { return DecimalText(micros, 6); }
std::string CarbonText(engine::CarbonMilligrams milligrams) { return DecimalText(milligrams, 3); }
std::string ConfidenceText(engine::Confidence thousandths) { return DecimalText(thousandths, 3); }

UtcOffset OffsetOf(const std::optional<CallerTime>& time) { return time.has_value() ? time->offset : UtcOffset(); }

void WriteRequest(const CostsRequest& request, const calculator::PricedRecord& record, Json* json) {
  json->StartObject();
  Text(json, "location_id", request.location_id);
  TextIfGiven(json, "device_id", request.device_id);
  TextIfGiven(json, "session_reference_id", request.session_reference_id);
  TextIfGiven(json, "record_reference_id", request.record_reference_id);
  Text(json, "direction", TextOf(kDirections, record.direction));
  Text(json, "tariff_rate", TextOf(kTariffRates, record.tariff_rate));
  Text(json, "measurand",
       TextOf(kMeasurands, request.measurand == engine::Measurand::kUnspecified ? engine::Measurand::kTransferred
                                                                                : request.measurand));
  Text(json, "units", TextOf(kUnits, request.units));
  Number(json, "confidence", ShortestText(record.confidence));
  if (request.value.has_value()) Number(json, "value", ShortestText(*request.value));
  if (request.start_time.has_value()) Text(json, "start_time", request.start_time->text);
  if (request.end_time.has_value()) Text(json, "end_time", request.end_time->text);
  Bool(json, "non_persistent", record.non_persistent);
  if (request.usage_before_wh.has_value()) Number(json, "usage_before_wh", ShortestText(*request.usage_before_wh));
  json->EndObject();
}

void WriteSegment(const calculator::Segment& segment, const UtcOffset& offset, Json* json) {
  json->StartObject();
  Text(json, "start_time", FormatTime(segment.interval.start, offset));
  Text(json, "end_time", FormatTime(segment.interval.end, offset));
  Number(json, "energy", absl::StrCat(segment.energy_wh));
  if (!segment.rates.empty()) {
    Key(json, "rates");
    json->StartArray();
    for (const calculator::ElementRate& rate : segment.rates) {
      json->StartObject();
      Text(json, "tariff_element_id", rate.element_id);
      Number(json, "rate", ShortestText(rate.rate));
      Number(json, "confidence", ConfidenceText(rate.confidence));
      json->EndObject();
    }
    json->EndArray();
  }
  if (segment.cost.has_value()) Number(json, "cost", MoneyText(*segment.cost));
  if (segment.intensity.has_value()) Number(json, "intensity", ShortestText(*segment.intensity));
  if (segment.carbon.has_value()) Number(json, "carbon", CarbonText(*segment.carbon));
  json->EndObject();
}

void WriteFigure(absl::string_view key, const std::string& value, engine::Confidence confidence, Json* json) {
  Key(json, key);
  json->StartObject();
  Number(json, "value", value);
  Number(json, "confidence", ConfidenceText(confidence));
  json->EndObject();
}

void WriteData(const CostsRequest& request, const calculator::PricedRecord& record, Json* json) {
  const UtcOffset start_offset = OffsetOf(request.start_time);
  json->StartObject();
  Text(json, "start_time", FormatTime(record.interval.start, start_offset));
  Text(json, "end_time", FormatTime(record.interval.end, OffsetOf(request.end_time)));
  TextIfGiven(json, "session_reference_id", request.session_reference_id);
  TextIfGiven(json, "record_reference_id", request.record_reference_id);
  Key(json, "energy");
  json->StartObject();
  Number(json, "value", absl::StrCat(record.energy_wh));
  json->EndObject();
  if (record.tariff.has_value()) {
    WriteFigure("tariff", MoneyText(record.tariff->micros), record.tariff->confidence, json);
  }
  if (record.carbon.has_value()) {
    WriteFigure("carbon", CarbonText(record.carbon->milligrams), record.carbon->confidence, json);
  }
  if (!record.breakdown.empty()) {
    Key(json, "breakdown");
    json->StartArray();
    for (const calculator::Segment& segment : record.breakdown) WriteSegment(segment, start_offset, json);
    json->EndArray();
  }
  json->EndObject();
}

std::string IdText(const calculator::RecordId& id) {
  const absl::string_view bytes(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
  return absl::StrCat("mre_", absl::BytesToHexString(bytes));
}

std::optional<calculator::WireTime> InstantOf(const std::optional<CallerTime>& time) {
  if (!time.has_value()) return std::nullopt;
  return time->instant;
}

}  // namespace

calculator::Submission CostsRequest::submission() const {
  calculator::Submission submission;
  submission.location_id = location_id;
  submission.device_id = device_id;
  submission.session_reference_id = session_reference_id;
  submission.record_reference_id = record_reference_id;
  submission.direction = direction;
  submission.tariff_rate = tariff_rate;
  submission.measurand = measurand;
  submission.units = units;
  submission.value = value;
  submission.start_time = InstantOf(start_time);
  submission.end_time = InstantOf(end_time);
  submission.confidence = confidence;
  submission.usage_before_wh = usage_before_wh;
  submission.non_persistent = non_persistent;
  return submission;
}

std::vector<Violation> ParseCostsRequest(absl::string_view body, const Query& query, CostsRequest* request) {
  std::vector<Violation> violations;
  // The query first: what is missing from the body is told only with other faults.
  ParseQuery(query, &request->options, &violations);
  ParseBody(body, request, &violations);
  return violations;
}

std::string RenderMeterRecord(const CostsRequest& request, const calculator::PricedRecord& record,
                              const AnswerContext& context) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  Text(&json, "id", IdText(record.id));
  Text(&json, "object", "meter_record");
  Bool(&json, "live_mode", context.live_mode);
  Text(&json, "direction", TextOf(kDirections, record.direction));
  Text(&json, "tariff_rate", TextOf(kTariffRates, record.tariff_rate));
  Text(&json, "currency_code", record.currency_code);
  Text(&json, "energy_units", "WH");
  Text(&json, "carbon_units", "gCO2eq");
  Key(&json, "request");
  WriteRequest(request, record, &json);
  Key(&json, "data");
  WriteData(request, record, &json);
  Text(&json, "time_created", FormatMilliseconds(context.time_created));
  Text(&json, "account_id", context.account_id);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace costs::rest
