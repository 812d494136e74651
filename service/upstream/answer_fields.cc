#include "service/upstream/answer_fields.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory_resource>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/error/en.h"
#include "rapidjson/reader.h"
#include "service/json/lone_surrogate.h"

namespace costs::upstream {
namespace {

constexpr size_t kDeepest = 3;
// A meter record has some 40 fields, and a kilobyte of text.
constexpr size_t kUsualFields = 48, kUsualBytes = 4'000;

bool IsAscii(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

}  // namespace

// Where the paths and the texts are.
struct AnswerFields::Memory {
  // With a NUL behind it.
  char* Copy(absl::string_view text) {
    auto* const copy = static_cast<char*>(pool.allocate(text.size() + 1, 1));
    text.copy(copy, text.size());
    copy[text.size()] = '\0';
    return copy;
  }

  alignas(std::max_align_t) std::array<std::byte, kUsualBytes> usual;
  std::pmr::monotonic_buffer_resource pool{usual.data(), usual.size()};
  absl::flat_hash_map<absl::string_view, Field> fields;
};

class AnswerFields::Handler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, AnswerFields::Handler> {
 public:
  // The texts that it is given must live as long as `memory`.
  explicit Handler(Memory* memory) : memory_(*memory) {}

  bool Null() { return Scalar(); }
  bool Bool(bool value) { return Keep(Type::kBool, value ? "true" : "") && Scalar(); }
  bool RawNumber(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return Keep(Type::kNumber, absl::string_view(text, length)) && Scalar();
  }
  bool String(const char* text, rapidjson::SizeType length, bool /*copy*/) {
    return IsWhole({text, length}) && Keep(Type::kText, absl::string_view(text, length)) && Scalar();
  }

  bool StartObject() {
    if (depth_ > 0 && !Keep(Type::kOther, "")) return false;
    ++depth_;
    if (arrays_ == 0 && depth_ <= kDeepest) before_[depth_ - 1] = path_.size();
    return true;
  }
  bool EndObject(rapidjson::SizeType) {
    if (arrays_ == 0 && depth_ <= kDeepest) path_.resize(before_[depth_ - 1]);
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
    if (!IsWhole({text, length})) return false;
    if (arrays_ > 0 || depth_ > kDeepest) return true;
    path_.resize(before_[depth_ - 1]);
    if (depth_ > 1) path_.push_back('.');
    path_.append(text, length);
    return true;
  }

  bool is_object() const { return is_object_; }
  bool has_half() const { return has_half_; }
  const std::string& twice() const { return twice_; }

 private:
  bool Scalar() {
    if (depth_ == 0) is_object_ = false;
    return true;
  }

  bool IsWhole(absl::string_view text) {
    has_half_ = json::HasLoneSurrogate(text);
    return !has_half_;
  }

  // False: it is there already.
  bool Keep(Type type, absl::string_view text) {
    if (depth_ == 0 || arrays_ > 0 || depth_ > kDeepest) return true;
    const absl::string_view path(memory_.Copy(path_), path_.size());
    if (memory_.fields.emplace(path, Field{type, text}).second) return true;
    twice_ = path_;
    return false;
  }

  Memory& memory_;
  std::string path_;                          // of the value at hand
  std::array<size_t, kDeepest> before_ = {};  // its lengths without the names of the first, second, third object
  size_t depth_ = 0;                          // objects and arrays around it
  size_t arrays_ = 0;                         // of them
  bool is_object_ = true;
  bool has_half_ = false;
  std::string twice_;
};

AnswerFields::AnswerFields() : memory_(std::make_unique<Memory>()) {}
AnswerFields::AnswerFields(AnswerFields&&) noexcept = default;
AnswerFields& AnswerFields::operator=(AnswerFields&&) noexcept = default;
AnswerFields::~AnswerFields() = default;

absl::StatusOr<AnswerFields> AnswerFields::Read(absl::string_view json) {
  constexpr unsigned kFlags =
      rapidjson::kParseInsituFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag;
  // RapidJSON takes a NUL byte for the end.
  if (json.find('\0') != absl::string_view::npos) return absl::InvalidArgumentError("is no JSON: it has a NUL byte");
  AnswerFields fields;
  fields.memory_->fields.reserve(kUsualFields);
  // The texts stay where they are read, without what escapes them.
  Handler handler(fields.memory_.get());
  rapidjson::InsituStringStream stream(fields.memory_->Copy(json));
  rapidjson::Reader reader;
  const rapidjson::ParseResult result =
      IsAscii(json) ? reader.Parse<kFlags>(stream, handler)
                    : reader.Parse<kFlags | rapidjson::kParseValidateEncodingFlag>(stream, handler);
  if (!handler.twice().empty()) return absl::InvalidArgumentError(absl::StrCat("has '", handler.twice(), "' twice"));
  if (handler.has_half()) return absl::InvalidArgumentError("is no JSON: a text has half of a surrogate pair");
  if (result.Code() == rapidjson::kParseErrorTermination) return absl::InvalidArgumentError("is no JSON object");
  if (result.IsError()) {
    return absl::InvalidArgumentError(
        absl::StrCat("is no JSON: ", rapidjson::GetParseError_En(result.Code()), " (at offset ", result.Offset(), ")"));
  }
  if (!handler.is_object()) return absl::InvalidArgumentError("is no JSON object");
  return fields;
}

std::optional<absl::string_view> AnswerFields::Find(absl::string_view path, Type type) const {
  const auto field = memory_->fields.find(path);
  if (field == memory_->fields.end() || field->second.type != type) return std::nullopt;
  return field->second.text;
}

std::optional<absl::string_view> AnswerFields::Text(absl::string_view path) const { return Find(path, Type::kText); }

std::optional<absl::string_view> AnswerFields::Number(absl::string_view path) const {
  return Find(path, Type::kNumber);
}

std::optional<bool> AnswerFields::Bool(absl::string_view path) const {
  const std::optional<absl::string_view> text = Find(path, Type::kBool);
  if (!text) return std::nullopt;
  return !text->empty();
}

bool AnswerFields::Has(absl::string_view path) const { return memory_->fields.contains(path); }

}  // namespace costs::upstream
