#include "service/upstream/answer_fields.h"

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"

namespace costs::upstream {
namespace {

constexpr size_t kDeepest = 3;

}  // namespace

class AnswerFields::Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, AnswerFields::Handler> {
 public:
  explicit Handler(AnswerFields* fields) : fields_(*fields) {}

  bool Null() { return Scalar(); }
  bool Bool(bool value) { return Keep(Type::kBool, value ? "true" : "") && Scalar(); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Keep(Type::kNumber, absl::string_view(text, length)) && Scalar();
  }
  bool String(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Keep(Type::kText, absl::string_view(text, length)) && Scalar();
  }

  bool StartObject() {
    if (depth_ > 0 && !Keep(Type::kOther, "")) return false;
    ++depth_;
    if (arrays_ == 0 && depth_ <= kDeepest) path_.push_back("");
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (arrays_ == 0 && depth_ <= kDeepest) path_.pop_back();
    --depth_;
    return true;
  }
  bool StartArray() {
    if (depth_ == 0) return false;
    if (!Keep(Type::kOther, "")) return false;
    ++depth_;
    ++arrays_;
    return true;
  }
  bool EndArray(rapidjson::SizeType) {
    --depth_;
    --arrays_;
    return true;
  }

  bool Key(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    if (arrays_ == 0 && depth_ <= kDeepest) path_.back().assign(text, length);
    return true;
  }

  bool is_object() const { return is_object_; }
  const std::string& twice() const { return twice_; }

 private:
  bool Scalar() {
    if (depth_ == 0) is_object_ = false;
    return true;
  }

  // False: it is there already.
  bool Keep(Type type, absl::string_view text) {
    if (depth_ == 0 || arrays_ > 0 || depth_ > kDeepest) return true;
    std::string path;
    for (const std::string& name : path_) absl::StrAppend(&path, path.empty() ? "" : ".", name);
    if (fields_.fields_.emplace(path, Field{type, std::string(text)}).second) return true;
    twice_ = std::move(path);
    return false;
  }

  AnswerFields& fields_;
  std::vector<std::string> path_;  // the names that lead to the value at hand
  size_t depth_ = 0;               // objects and arrays around it
  size_t arrays_ = 0;              // of them
  bool is_object_ = true;
  std::string twice_;
};

absl::StatusOr<AnswerFields> AnswerFields::Read(absl::string_view json) {
  constexpr unsigned kFlags =
      rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag | rapidjson::kParseNumbersAsStringsFlag;
  // RapidJSON takes a NUL byte for the end.
  if (json.find('\0') != absl::string_view::npos) return absl::InvalidArgumentError("is no JSON: it has a NUL byte");
  AnswerFields fields;
  Handler handler(&fields);
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, handler);
  if (!handler.twice().empty()) return absl::InvalidArgumentError(absl::StrCat("has '", handler.twice(), "' twice"));
  if (result.Code() == rapidjson::kParseErrorTermination) return absl::InvalidArgumentError("is no JSON object");
  if (result.IsError()) {
    return absl::InvalidArgumentError(
        absl::StrCat("is no JSON: ", rapidjson::GetParseError_En(result.Code()), " (at offset ", result.Offset(), ")"));
  }
  if (!handler.is_object()) return absl::InvalidArgumentError("is no JSON object");
  return fields;
}

const std::string* AnswerFields::Find(absl::string_view path, Type type) const {
  const auto field = fields_.find(path);
  return field == fields_.end() || field->second.type != type ? nullptr : &field->second.text;
}

const std::string* AnswerFields::Text(absl::string_view path) const { return Find(path, Type::kText); }

const std::string* AnswerFields::Number(absl::string_view path) const { return Find(path, Type::kNumber); }

std::optional<bool> AnswerFields::Bool(absl::string_view path) const {
  const std::string* text = Find(path, Type::kBool);
  if (text == nullptr) return std::nullopt;
  return !text->empty();
}

}  // namespace costs::upstream
