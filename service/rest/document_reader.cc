#include "service/rest/document_reader.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "service/catalog/refusal.h"
#include "service/json/lone_surrogate.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::rest {
namespace {

namespace pb = google::protobuf;
using catalog::FieldViolation;
using Field = pb::FieldDescriptor;
using Json = rapidjson::Value;

// No caller reads more, and an answer must not be larger than what it answers.
constexpr size_t kMostViolations = 20;

absl::string_view TextOf(const Json& value) { return absl::string_view(value.GetString(), value.GetStringLength()); }

// The beginning of a caller's text, as UTF-8 that an answer may hold.
std::string Shown(absl::string_view text) {
  constexpr size_t kMostShown = 64;
  if (json::HasLoneSurrogate(text)) return absl::CHexEscape(text.substr(0, kMostShown));
  if (text.size() <= kMostShown) return std::string(text);
  size_t end = kMostShown;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not within a character
  return std::string(text.substr(0, end));
}

bool IsTimestamp(const Field* field) { return field->message_type() == pb::Timestamp::descriptor(); }

// The words of an enum that a caller may write.
std::string WordsOf(const pb::EnumDescriptor* type) {
  std::vector<absl::string_view> words;
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != 0) words.push_back(type->value(i)->name());
  }
  const std::string last(words.back());
  words.pop_back();
  return words.empty() ? last : absl::StrCat(absl::StrJoin(words, ", "), " or ", last);
}

// Collects what is wrong, by path.
class Faults {
 public:
  // Goes one step down for as long as the result lives.
  auto Enter(absl::string_view name) {
    const size_t length = path_.size();
    absl::StrAppend(&path_, path_.empty() || absl::StartsWith(name, "[") ? "" : ".", name);
    return absl::MakeCleanup([this, length] { path_.resize(length); });
  }
  void Add(std::string description) {
    if (violations_.size() < kMostViolations) {
      violations_.push_back({path_.empty() ? "body" : path_, std::move(description)});
    }
  }
  bool full() const { return violations_.size() >= kMostViolations; }
  absl::Status status() const { return violations_.empty() ? absl::OkStatus() : catalog::Invalid(violations_); }

 private:
  std::string path_;
  std::vector<FieldViolation> violations_;
};

// What both a JSON text and a query's text can be.
bool ReadEnum(absl::string_view text, const Field* field, Faults* faults, int* number) {
  const pb::EnumValueDescriptor* value = field->enum_type()->FindValueByName(std::string(text));
  if (value == nullptr || value->number() == 0) {
    faults->Add(absl::StrCat("is \"", Shown(text), "\"; write ", WordsOf(field->enum_type())));
    return false;
  }
  *number = value->number();
  return true;
}

void ReadTime(absl::string_view text, pb::Message* time, Faults* faults) {
  const absl::StatusOr<rfc3339::Time> read = rfc3339::Parse(text);
  if (!read.ok()) {
    faults->Add(absl::StrCat("is \"", Shown(text), "\", which ", read.status().message()));
    return;
  }
  auto* timestamp = static_cast<pb::Timestamp*>(time);
  timestamp->set_seconds(read->seconds);
  timestamp->set_nanos(read->nanos);
}

// Puts a value into a field: the last of a list, or the only one.
template <typename Value>
class Slot {
 public:
  using Set = void (pb::Reflection::*)(pb::Message*, const Field*, Value) const;
  Slot(Set set, Set add) : set_(set), add_(add) {}
  void Put(pb::Message* message, const Field* field, Value value) const {
    (message->GetReflection()->*(field->is_repeated() ? add_ : set_))(message, field, std::move(value));
  }

 private:
  const Set set_, add_;
};

const Slot<std::string> kString(&pb::Reflection::SetString, &pb::Reflection::AddString);
const Slot<bool> kBool(&pb::Reflection::SetBool, &pb::Reflection::AddBool);
const Slot<double> kDouble(&pb::Reflection::SetDouble, &pb::Reflection::AddDouble);
const Slot<int32_t> kInt32(&pb::Reflection::SetInt32, &pb::Reflection::AddInt32);
const Slot<int> kEnum(&pb::Reflection::SetEnumValue, &pb::Reflection::AddEnumValue);

pb::Message* MessageIn(pb::Message* message, const Field* field) {
  const pb::Reflection* reflection = message->GetReflection();
  return field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
}

// Makes a document of what a JSON reader tells, each number read by Abseil. (The
// reader's own exact reading, kParseFullPrecisionFlag, has undefined behaviour on
// some numbers of many digits and a small exponent.)
class DocumentBuilder : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, DocumentBuilder> {
 public:
  DocumentBuilder(absl::string_view json, rapidjson::Document* document) : json_(json), document_(*document) {}

  // For Document::Populate.
  bool operator()(rapidjson::Document&) {
    constexpr unsigned kFlags =
        rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
    rapidjson::MemoryStream stream(json_.data(), json_.size());
    rapidjson::Reader reader;
    result_ = reader.Parse<kFlags>(stream, *this);
    return !result_.IsError();
  }
  const rapidjson::ParseResult& result() const { return result_; }

  bool Null() { return document_.Null(); }
  bool Bool(bool value) { return document_.Bool(value); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    double value = 0;
    return absl::SimpleAtod({text, size}, &value) && document_.Double(value);
  }
  bool String(const char* text, rapidjson::SizeType size, bool copy) { return document_.String(text, size, copy); }
  bool StartObject() { return document_.StartObject(); }
  bool Key(const char* text, rapidjson::SizeType size, bool copy) { return document_.Key(text, size, copy); }
  bool EndObject(rapidjson::SizeType members) { return document_.EndObject(members); }
  bool StartArray() { return document_.StartArray(); }
  bool EndArray(rapidjson::SizeType elements) { return document_.EndArray(elements); }

 private:
  const absl::string_view json_;
  rapidjson::Document& document_;
  rapidjson::ParseResult result_;
};

class DocumentReader {
 public:
  explicit DocumentReader(const DocumentOptions& options) : options_(options) {}

  absl::Status Read(absl::string_view body, pb::Message* message, pb::FieldMask* given) {
    rapidjson::Document document;
    DocumentBuilder builder(body, &document);
    document.Populate(builder);
    if (builder.result().IsError()) {
      faults_.Add(absl::StrCat("is not JSON: ", rapidjson::GetParseError_En(builder.result().Code()), " (byte ",
                               builder.result().Offset(), ")"));
    } else {
      ReadObject(document, message, given, /*outermost=*/true);
    }
    return faults_.status();
  }

 private:
  void ReadObject(const Json& object, pb::Message* message, pb::FieldMask* given, bool outermost) {
    if (!object.IsObject()) return faults_.Add("must be a JSON object");
    const pb::Descriptor* type = message->GetDescriptor();
    std::vector<bool> seen(static_cast<size_t>(type->field_count()));
    for (const auto& member : object.GetObject()) {
      if (faults_.full()) return;
      const absl::string_view name = TextOf(member.name);
      const bool alias = outermost && !options_.alias.empty() && name == options_.alias;
      const Field* field = type->FindFieldByName(std::string(alias ? options_.alias_of : name));
      const auto step = faults_.Enter(Shown(name));
      if (field == nullptr) {
        faults_.Add("is not a field of this object; leave it out, or correct its name");
        continue;
      }
      if (seen[static_cast<size_t>(field->index())]) {
        faults_.Add("is given twice; give it once");
        continue;
      }
      seen[static_cast<size_t>(field->index())] = true;
      ReadField(member.value, field, message, given);
    }
  }

  void ReadField(const Json& value, const Field* field, pb::Message* message, pb::FieldMask* given) {
    const bool object = field->message_type() != nullptr && !field->is_repeated() && !IsTimestamp(field);
    if (object && value.IsObject()) {
      if (!OneOfItsOneof(field, *message)) return;
      pb::FieldMask inside;
      ReadObject(value, MessageIn(message, field), given == nullptr ? nullptr : &inside, /*outermost=*/false);
      for (const std::string& path : inside.paths()) given->add_paths(absl::StrCat(field->name(), ".", path));
      return;
    }
    if (given != nullptr) given->add_paths(field->name());
    if (value.IsNull()) return;
    if (!field->is_repeated()) {
      if (OneOfItsOneof(field, *message)) ReadValue(value, field, message);
      return;
    }
    if (!value.IsArray()) return faults_.Add("must be a JSON array");
    for (rapidjson::SizeType i = 0; i < value.Size() && !faults_.full(); ++i) {
      const auto step = faults_.Enter(absl::StrCat("[", i, "]"));
      ReadValue(value[i], field, message);
    }
  }

  bool OneOfItsOneof(const Field* field, const pb::Message& message) {
    const pb::OneofDescriptor* oneof = field->real_containing_oneof();
    if (oneof == nullptr || !message.GetReflection()->HasOneof(message, oneof)) return true;
    faults_.Add(absl::StrCat("cannot be beside ",
                             message.GetReflection()->GetOneofFieldDescriptor(message, oneof)->name(), "; give one"));
    return false;
  }

  void ReadValue(const Json& value, const Field* field, pb::Message* message) {
    switch (field->cpp_type()) {
      case Field::CPPTYPE_STRING:
        if (!value.IsString()) return faults_.Add("must be a JSON string");
        if (json::HasLoneSurrogate(TextOf(value))) return faults_.Add(json::kLoneSurrogateFault);
        return kString.Put(message, field, std::string(TextOf(value)));
      case Field::CPPTYPE_BOOL:
        if (!value.IsBool()) return faults_.Add("must be true or false, without quotes");
        return kBool.Put(message, field, value.GetBool());
      case Field::CPPTYPE_DOUBLE:
        if (!value.IsNumber()) return faults_.Add("must be a JSON number, without quotes");
        return kDouble.Put(message, field, value.GetDouble());
      case Field::CPPTYPE_INT32: {
        const double number = value.IsNumber() ? value.GetDouble() : 0.5;
        if (number != std::floor(number) || std::abs(number) > std::numeric_limits<int32_t>::max()) {
          return faults_.Add("must be a whole JSON number, without quotes");
        }
        return kInt32.Put(message, field, static_cast<int32_t>(number));
      }
      case Field::CPPTYPE_ENUM: {
        int number = 0;
        if (!value.IsString()) return faults_.Add(absl::StrCat("must be ", WordsOf(field->enum_type())));
        if (ReadEnum(TextOf(value), field, &faults_, &number)) kEnum.Put(message, field, number);
        return;
      }
      case Field::CPPTYPE_MESSAGE:
        if (!IsTimestamp(field)) return ReadObject(value, MessageIn(message, field), nullptr, /*outermost=*/false);
        if (!value.IsString()) return faults_.Add("must be a JSON string, such as \"2023-01-24T00:00:00Z\"");
        return ReadTime(TextOf(value), MessageIn(message, field), &faults_);
      default:
        return faults_.Add("cannot be given as JSON");
    }
  }

  const DocumentOptions options_;
  Faults faults_;
};

void ReadText(absl::string_view text, const Field* field, pb::Message* message, Faults* faults) {
  switch (field->cpp_type()) {
    case Field::CPPTYPE_STRING:
      return kString.Put(message, field, std::string(text));
    case Field::CPPTYPE_BOOL: {
      bool value = text == "true";
      if (!value && text != "false") return faults->Add("must be true or false");
      return kBool.Put(message, field, value);
    }
    case Field::CPPTYPE_DOUBLE: {
      double value = 0;
      if (!absl::SimpleAtod(text, &value) || !std::isfinite(value)) return faults->Add("must be a number");
      return kDouble.Put(message, field, value);
    }
    case Field::CPPTYPE_INT32: {
      int32_t value = 0;
      if (!absl::SimpleAtoi(text, &value)) return faults->Add("must be a whole number");
      return kInt32.Put(message, field, value);
    }
    case Field::CPPTYPE_ENUM: {
      int number = 0;
      if (ReadEnum(text, field, faults, &number)) kEnum.Put(message, field, number);
      return;
    }
    default:
      return ReadTime(text, MessageIn(message, field), faults);
  }
}

}  // namespace

absl::Status ReadDocument(absl::string_view body, const DocumentOptions& options, pb::Message* message,
                          pb::FieldMask* given) {
  return DocumentReader(options).Read(body, message, given);
}

absl::Status ReadQuery(const Query& query, absl::Span<const absl::string_view> names, pb::Message* message) {
  Faults faults;
  absl::flat_hash_set<absl::string_view> seen;
  for (const auto& [key, value] : query) {
    if (std::find(names.begin(), names.end(), key) == names.end()) continue;
    const auto step = faults.Enter(key);
    if (!seen.insert(key).second) {
      faults.Add("is given twice; give it once");
      continue;
    }
    ReadText(value, message->GetDescriptor()->FindFieldByName(key), message, &faults);
  }
  return faults.status();
}

}  // namespace costs::rest
