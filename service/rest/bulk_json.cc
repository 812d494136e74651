#include "service/rest/bulk_json.h"

#include <array>
#include <bitset>
#include <cmath>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/charconv.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "service/catalog/refusal.h"
#include "service/json/lone_surrogate.h"
#include "service/rest/contract_words.h"
#include "service/rest/record_handler.h"

namespace costs::rest {
namespace {

using calculator::Violation;

absl::Status BadBody(std::string description) { return catalog::Invalid({{"body", std::move(description)}}); }

// Runs `handler` over the body. It ends the reading by returning false, and then
// knows why.
template <typename Handler>
absl::Status Parse(absl::string_view body, Handler* handler) {
  // Iterative: a caller who nests deeply costs memory of the body's size, not stack.
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  // RapidJSON takes a NUL byte for the end.
  const size_t nul = body.find('\0');
  if (nul != absl::string_view::npos) return BadBody(absl::StrCat("is not valid JSON: a NUL byte at offset ", nul));
  rapidjson::MemoryStream stream(body.data(), body.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, *handler);
  if (!result.IsError() || result.Code() == rapidjson::kParseErrorTermination) return absl::OkStatus();
  if (result.Code() == rapidjson::kParseErrorNumberTooBig) {
    return BadBody(absl::StrCat("has a number that is too large to be read (at offset ", result.Offset(),
                                "); give a number of a sensible size"));
  }
  return BadBody(absl::StrCat("is not valid JSON: ", rapidjson::GetParseError_En(result.Code()), " (at offset ",
                              result.Offset(), ")"));
}

std::string TextOf(const std::vector<Violation>& violations) {
  return absl::StrJoin(violations, "; ", [](std::string* out, const Violation& violation) {
    absl::StrAppend(out, violation.field, " ", violation.description);
  });
}

// ---- an array of records

class RecordsHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RecordsHandler> {
 public:
  RecordsHandler(size_t most, std::deque<ReadRecord>* records) : most_(most), records_(*records) {}

  bool Null() {
    return Scalar([](RecordHandler* record) { return record->Null(); });
  }
  bool Bool(bool value) {
    return Scalar([value](RecordHandler* record) { return record->Bool(value); });
  }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool copy) {
    return Scalar([=](RecordHandler* record) { return record->RawNumber(text, length, copy); });
  }
  bool String(const char* text, rapidjson::SizeType length, bool copy) {
    return Scalar([=](RecordHandler* record) { return record->String(text, length, copy); });
  }
  bool Key(const char* text, rapidjson::SizeType length, bool copy) {
    return !record_ || record_->Key(text, length, copy);
  }

  bool StartObject() {
    if (depth_ == 0) return false;
    if (depth_ == 1) {
      if (!Begin()) return false;
      record_.emplace(&records_.back().request, &violations_);
    }
    ++depth_;
    return !record_ || record_->StartObject();
  }
  bool EndObject(rapidjson::SizeType members) {
    --depth_;
    if (record_) record_->EndObject(members);
    if (depth_ == 1) End();
    return true;
  }

  bool StartArray() {
    if (depth_ == 0) is_array_ = true;
    if (depth_ == 1 && !NoObject()) return false;
    ++depth_;
    return !record_ || record_->StartArray();
  }
  bool EndArray(rapidjson::SizeType elements) {
    --depth_;
    return !record_ || record_->EndArray(elements);
  }

  bool is_array() const { return is_array_; }
  bool too_many() const { return too_many_; }

 private:
  template <typename Pass>
  bool Scalar(Pass pass) {
    if (depth_ == 0) return false;
    if (depth_ == 1) return NoObject();
    return !record_ || pass(&*record_);
  }

  // The next element.
  bool Begin() {
    too_many_ = records_.size() == most_;
    if (too_many_) return false;
    records_.emplace_back();
    violations_.clear();
    return true;
  }

  void End() {
    if (!record_) return;
    record_->Finish();
    record_.reset();
    records_.back().fault = TextOf(violations_);
  }

  bool NoObject() {
    if (!Begin()) return false;
    records_.back().fault = "the record must be a JSON object with the fields of a meter record";
    return true;
  }

  const size_t most_;
  std::deque<ReadRecord>& records_;
  int depth_ = 0;
  bool is_array_ = false;
  bool too_many_ = false;
  std::optional<RecordHandler> record_;  // within an element that is an object
  std::vector<Violation> violations_;    // of that element
};

// ---- readings

enum RootField {
  kLocation,
  kDevice,
  kSession,
  kDirectionField,
  kTariffRateField,
  kUnitsOfRegister,
  kData,
  kRootFields
};
constexpr absl::string_view kRootNames[kRootFields] = {
    "location_id", "device_id", "session_reference_id", "direction", "tariff_rate", "units", "data"};

enum ItemField { kTime, kReadingValue, kReference, kItemFields };
constexpr absl::string_view kItemNames[kItemFields] = {"time", "value", "record_reference_id"};
constexpr absl::string_view kItemTypes[kItemFields] = {
    "must be a whole JSON number, the Unix time in seconds, without quotes", "must be a JSON number, without quotes",
    "must be a JSON string"};

template <size_t kCount>
int IndexOf(const absl::string_view (&names)[kCount], absl::string_view name) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<int>(i);
  }
  return static_cast<int>(kCount);
}

// Depth 1 is the object, 2 its `data`, 3 a reading.
class CumulativeHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, CumulativeHandler> {
 public:
  CumulativeHandler(size_t most, records::CumulativeSubmission* submission) : most_(most), submission_(*submission) {}

  bool Null() {
    if (depth_ == 0) return false;
    return !AtElement() || NoObject();
  }
  bool Bool(bool) { return Other(); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool) {
    if (AtItemField()) {
      ReadNumber(absl::string_view(text, length));
      return true;
    }
    return Other();
  }
  bool String(const char* data, rapidjson::SizeType length, bool) {
    const absl::string_view text(data, length);
    if (AtItemField() && item_field_ == kReference) {
      if (json::HasLoneSurrogate(text)) return ItemFault(json::kLoneSurrogateFault);
      submission_.readings.back().record_reference_id = std::string(text);
      return true;
    }
    if (AtRootField() && root_field_ != kData) {
      ReadText(text);
      return true;
    }
    return Other();
  }

  bool Key(const char* data, rapidjson::SizeType length, bool) {
    const absl::string_view name(data, length);
    if (depth_ == 1) {
      root_field_ = IndexOf(kRootNames, name);
      if (AtRootField()) Once(&root_seen_, root_field_, kRootNames[root_field_]);
    } else if (depth_ == 3 && in_item_) {
      item_field_ = IndexOf(kItemNames, name);
      if (AtItemField() && item_seen_[static_cast<size_t>(item_field_)]) ItemFault("is given twice; give it once");
      if (AtItemField()) item_seen_.set(static_cast<size_t>(item_field_));
    }
    return true;
  }

  bool StartObject() {
    if (depth_ == 0) is_object_ = true;
    if (AtElement()) {
      if (!Begin()) return false;
      in_item_ = true;
      item_field_ = kItemFields;
      item_seen_.reset();
    } else if (depth_ > 0 && !Other()) {
      return false;
    }
    ++depth_;
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (--depth_ == 2) in_item_ = false;
    return true;
  }
  bool StartArray() {
    if (depth_ == 0) return false;
    if (AtRootField() && root_field_ == kData) {
      in_data_ = true;
    } else if (!Other()) {
      return false;
    }
    ++depth_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    if (--depth_ == 1) in_data_ = false;
    return true;
  }

  bool is_object() const { return is_object_; }
  bool too_many() const { return too_many_; }
  const std::vector<catalog::FieldViolation>& violations() const { return violations_; }

 private:
  bool AtRootField() const { return depth_ == 1 && root_field_ != kRootFields; }
  bool AtElement() const { return depth_ == 2 && in_data_; }
  bool AtItemField() const { return depth_ == 3 && in_item_ && item_field_ != kItemFields; }

  void Once(std::bitset<kRootFields>* seen, int field, absl::string_view name) {
    if ((*seen)[static_cast<size_t>(field)]) Report(name, "is given twice; give it once");
    seen->set(static_cast<size_t>(field));
  }

  void Report(absl::string_view field, absl::string_view description) {
    // A body of nothing but repeats shall not be answered at its own length.
    if (violations_.size() < 20) violations_.push_back({std::string(field), std::string(description)});
  }

  bool ItemFault(absl::string_view description) {
    std::string& fault = submission_.readings.back().fault;
    if (fault.size() < 500) {
      absl::StrAppend(&fault, fault.empty() ? "" : "; ", kItemNames[item_field_], " ", description);
    }
    return true;
  }

  // A value that is not of the type of where it stands. False: enough of it.
  bool Other() {
    if (depth_ == 0) return false;
    if (AtRootField()) {
      Report(kRootNames[root_field_], root_field_ == kData ? "must be a JSON array" : "must be a JSON string");
    }
    if (AtItemField()) ItemFault(kItemTypes[item_field_]);
    return !AtElement() || NoObject();
  }

  bool Begin() {
    too_many_ = submission_.readings.size() == most_;
    if (too_many_) return false;
    submission_.readings.emplace_back();
    return true;
  }

  bool NoObject() {
    if (!Begin()) return false;
    submission_.readings.back().fault = "the reading must be a JSON object with time and value";
    return true;
  }

  void ReadText(absl::string_view text) {
    const absl::string_view name = kRootNames[root_field_];
    if (json::HasLoneSurrogate(text)) return Report(name, json::kLoneSurrogateFault);
    std::string fault;
    if (root_field_ == kLocation) submission_.location_id = std::string(text);
    if (root_field_ == kDevice) submission_.device_id = std::string(text);
    if (root_field_ == kSession) submission_.session_reference_id = std::string(text);
    if (root_field_ == kDirectionField) fault = ReadWord(kDirections, text, &submission_.direction);
    if (root_field_ == kTariffRateField) fault = ReadWord(kTariffRates, text, &submission_.tariff_rate);
    if (root_field_ == kUnitsOfRegister) fault = ReadWord(kUnits, text, &submission_.units);
    if (!fault.empty()) Report(name, fault);
  }

  void ReadNumber(absl::string_view text) {
    double number = 0;
    const absl::from_chars_result read = absl::from_chars(text.data(), text.data() + text.size(), number);
    if (item_field_ == kReference) {
      ItemFault(kItemTypes[kReference]);
    } else if (read.ec == std::errc::result_out_of_range && std::fabs(number) > 1) {
      ItemFault("is too large to be read; give a number of a sensible size");
    } else if (item_field_ == kReadingValue) {
      submission_.readings.back().value = number;
    } else if (number != std::floor(number) || std::fabs(number) > 1e15) {
      ItemFault(kItemTypes[kTime]);
    } else {
      submission_.readings.back().time_s = static_cast<int64_t>(number);
    }
  }

  const size_t most_;
  records::CumulativeSubmission& submission_;
  int depth_ = 0;
  bool is_object_ = false;
  bool too_many_ = false;
  bool in_data_ = false;
  bool in_item_ = false;
  int root_field_ = kRootFields;
  int item_field_ = kItemFields;
  std::bitset<kRootFields> root_seen_;
  std::bitset<kItemFields> item_seen_;
  std::vector<catalog::FieldViolation> violations_;
};

}  // namespace

absl::Status ReadRecords(absl::string_view body, size_t most, std::deque<ReadRecord>* records) {
  RecordsHandler handler(most, records);
  if (absl::Status status = Parse(body, &handler); !status.ok()) return status;
  if (!handler.is_array()) return BadBody("must be a JSON array of meter records");
  if (handler.too_many()) {
    return BadBody(absl::StrCat("holds more than ", most, " records; send them in several calls"));
  }
  return absl::OkStatus();
}

absl::Status ReadCumulative(absl::string_view body, size_t most, records::CumulativeSubmission* submission) {
  CumulativeHandler handler(most, submission);
  if (absl::Status status = Parse(body, &handler); !status.ok()) return status;
  if (!handler.is_object()) return BadBody("must be a JSON object with location_id, units and data");
  if (handler.too_many()) {
    return catalog::Invalid(
        {{"data", absl::StrCat("holds more than ", most, " readings; send them in several calls")}});
  }
  return handler.violations().empty() ? absl::OkStatus() : catalog::Invalid(handler.violations());
}

}  // namespace costs::rest
