#include "service/rest/costs_json.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/rest/contract_words.h"
#include "service/rest/json_number.h"
#include "service/rest/record_handler.h"

namespace costs::rest {
namespace {

using calculator::Violation;

// ---- reading ----------------------------------------------------------------

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
  handler.Finish();
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
  if (record.source != calculator::Source::kNotSaid) {
    Text(&json, "source", record.source == calculator::Source::kUpstream ? "UPSTREAM" : "COMPUTED");
    TextIfGiven(&json, "source_reason", record.source_reason);
  }
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace costs::rest
