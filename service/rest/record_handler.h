// Reads the JSON of one meter record as RapidJSON's reader comes upon it: of a body,
// or of an element of one. For those who read records.
#ifndef SERVICE_REST_RECORD_HANDLER_H_
#define SERVICE_REST_RECORD_HANDLER_H_

#include <array>
#include <bitset>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/charconv.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "rapidjson/reader.h"
#include "service/calculator/calculator.h"
#include "service/json/lone_surrogate.h"
#include "service/rest/caller_time.h"
#include "service/rest/contract_words.h"
#include "service/rest/costs_json.h"

namespace costs::rest {

// A word of an enum, or what is wrong with it.
template <typename Enum, size_t kCount>
std::string ReadWord(const Word<Enum> (&words)[kCount], absl::string_view text, Enum* value) {
  for (const Word<Enum>& word : words) {
    if (word.text != text) continue;
    *value = word.value;
    return "";
  }
  return absl::StrCat("must be one of ", absl::StrJoin(words, ", ", [](std::string* out, const Word<Enum>& word) {
                        absl::StrAppend(out, word.text);
                      }));
}

enum class JsonType { kString, kNumber, kBoolean };

enum RecordField {
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

// By RecordField.
inline constexpr std::array<FieldSpec, kFieldCount> kRecordFields = {{
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

inline absl::string_view MustBe(JsonType type) {
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

// Receives the JSON and keeps the fields of the outermost object. Never stops the
// reader, so that all violations are found.
class RecordHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RecordHandler> {
 public:
  RecordHandler(CostsRequest* request, std::vector<calculator::Violation>* violations)
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
    if (json::HasLoneSurrogate(text)) {
      Report(json::kLoneSurrogateFault);
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
    for (size_t i = 0; i < kRecordFields.size(); ++i) {
      if (kRecordFields[i].name == absl::string_view(data, length)) field_ = static_cast<RecordField>(i);
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

  // At the end: where something was wrong, what is missing is told too. (Otherwise
  // the calculator tells it, in the words of all the ways in.)
  void Finish() {
    if (!is_object_) {
      violations_.push_back({"body", "must be a JSON object with the fields of a meter record"});
      return;
    }
    if (violations_.empty()) return;
    for (size_t i = 0; i < kRecordFields.size(); ++i) {
      if (!kRecordFields[i].required || given_[i]) continue;
      violations_.push_back({std::string(kRecordFields[i].name), "is required; add it to the body"});
    }
  }

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
    violations_.push_back({std::string(kRecordFields[field_].name), std::string(description)});
  }

  void WrongType() {
    if (AtField()) Report(MustBe(kRecordFields[field_].type));
  }

  // True where a value of this type is to be kept.
  bool Takes(JsonType type) {
    if (AtRoot()) NotAnObject();
    if (!AtField()) return false;
    if (kRecordFields[field_].type != type) WrongType();
    return kRecordFields[field_].type == type;
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
        return ReadEnum(kDirections, text, &request_.direction);
      case kTariffRate:
        return ReadEnum(kTariffRates, text, &request_.tariff_rate);
      case kMeasurand:
        return ReadEnum(kMeasurands, text, &request_.measurand);
      case kUnitsField:
        return ReadEnum(kUnits, text, &request_.units);
      case kStartTime:
        return ReadTime(text, &request_.start_time);
      case kEndTime:
        return ReadTime(text, &request_.end_time);
      default:
        break;
    }
  }

  template <typename Enum, size_t kCount>
  void ReadEnum(const Word<Enum> (&words)[kCount], absl::string_view text, Enum* value) {
    const std::string fault = ReadWord(words, text, value);
    if (!fault.empty()) Report(fault);
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
  std::vector<calculator::Violation>& violations_;
  int depth_ = 0;
  bool is_object_ = true;
  RecordField field_ = kFieldCount;  // of the outermost object; kFieldCount: an unknown one
  std::bitset<kFieldCount> seen_;
  std::bitset<kFieldCount> repeated_;
  std::bitset<kFieldCount> given_;  // seen, and not null
};

}  // namespace costs::rest

#endif  // SERVICE_REST_RECORD_HANDLER_H_
