#include "service/catalog/located_json.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "rapidjson/error/en.h"
#include "rapidjson/memorystream.h"
#include "rapidjson/reader.h"
#include "service/json/lone_surrogate.h"

namespace costs::catalog {
namespace {

using Kind = JsonNode::Kind;

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr unsigned kParseFlags =
    rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
// A larger object's names are looked up in a set.
constexpr size_t kFewMembers = 16;

// A place in the text, moved forward only.
struct Cursor {
  absl::string_view text;
  size_t offset = 0;
  size_t line_start = 0;
  int line = 1;

  void MoveTo(size_t target) {
    for (; offset < target; ++offset) {
      if (text[offset] != '\n') continue;
      ++line;
      line_start = offset + 1;
    }
  }
  int column() const { return static_cast<int>(offset - line_start) + 1; }
};

bool IsBetweenTokens(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',' || c == ':'; }

}  // namespace

// The SAX handler. Between the end of one token and the start of the next there
// are only blanks, commas and colons, and no token holds a line end; so the
// cursor finds where each token starts, and knows its line.
class JsonBuilder {
 public:
  JsonBuilder(absl::string_view text, const JsonLimits& limits)
      : stream_(text.data(), text.size()), limits_(limits), cursor_{text} {}

  absl::StatusOr<JsonDocument> Build(JsonError* error) {
    rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
    reader.Parse<kParseFlags>(stream_, *this);
    if (!reader.HasParseError()) return std::move(document_);
    if (what_.empty()) {
      what_ = absl::StrCat("not JSON: ", rapidjson::GetParseError_En(reader.GetParseErrorCode()));
      cursor_.MoveTo(std::min(reader.GetErrorOffset(), cursor_.text.size()));
    }
    *error = {cursor_.line, cursor_.column(), what_};
    return absl::InvalidArgumentError(absl::StrCat(error->line, ":", error->column, ": ", error->what));
  }

  // The events, called by the parser.
  bool Null() { return Scalar(Kind::kNull, 4) != nullptr; }
  bool Bool(bool value) {
    JsonNode* node = Scalar(Kind::kBool, value ? 4 : 5);
    if (node != nullptr) node->boolean_ = value;
    return node != nullptr;
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return Text(Kind::kNumber, text, size); }
  bool String(const char* text, rapidjson::SizeType size, bool) { return Text(Kind::kString, text, size); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    MoveToToken();
    if (!IsWhole({text, size})) return false;
    const absl::string_view name = Interned({text, size});
    if (!NoteMember(name)) {
      what_ = absl::StrCat("the name ", Quoted(name), " is twice in this object; keep one");
      return false;
    }
    name_ = name;
    cursor_.MoveTo(stream_.Tell());
    return true;
  }
  bool StartObject() { return Open(Kind::kObject); }
  bool StartArray() { return Open(Kind::kArray); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool EndArray(rapidjson::SizeType) { return Close(); }

  // Numbers come as text, so the parser never calls these.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  struct Scope {
    JsonNode* node;
    absl::flat_hash_set<absl::string_view> names;  // once there are many
  };

  void MoveToToken() {
    size_t offset = cursor_.offset;
    while (offset < cursor_.text.size() && IsBetweenTokens(cursor_.text[offset])) ++offset;
    cursor_.MoveTo(offset);
  }

  // Starts a node at the next token; null, with what_ set, beyond a limit.
  JsonNode* Add(Kind kind) {
    MoveToToken();
    std::deque<JsonNode>& nodes = document_.storage_->nodes;
    if (nodes.size() >= limits_.max_values) {
      what_ = absl::StrCat("more than ", limits_.max_values, " values in one file; split it");
      return nullptr;
    }
    JsonNode& node = nodes.emplace_back();
    node.kind_ = kind;
    node.line_ = cursor_.line;
    node.column_ = cursor_.column();
    if (!open_.empty()) {
      JsonNode* parent = open_.back().node;
      node.parent_ = parent;
      node.index_ = static_cast<uint32_t>(parent->elements_.size());
      if (parent->kind_ == Kind::kObject) node.name_ = name_;
      parent->elements_.push_back(&node);
    }
    return &node;
  }

  JsonNode* Scalar(Kind kind, size_t length) {
    JsonNode* node = Add(kind);
    if (node != nullptr) cursor_.MoveTo(cursor_.offset + length);
    return node;
  }

  bool Text(Kind kind, const char* text, size_t size) {
    JsonNode* node = Add(kind);
    if (node == nullptr || !IsWhole({text, size})) return false;
    node->text_.assign(text, size);
    cursor_.MoveTo(stream_.Tell());
    return true;
  }

  bool IsWhole(absl::string_view text) {
    if (!json::HasLoneSurrogate(text)) return true;
    what_ = absl::StrCat("a text ", json::kLoneSurrogateFault);
    return false;
  }

  bool Open(Kind kind) {
    if (open_.size() >= static_cast<size_t>(limits_.max_depth)) {
      MoveToToken();
      what_ = absl::StrCat("nested more than ", limits_.max_depth, " deep; a catalog file never is");
      return false;
    }
    JsonNode* node = Add(kind);
    if (node == nullptr) return false;
    open_.push_back({node, {}});
    cursor_.MoveTo(cursor_.offset + 1);
    return true;
  }

  bool Close() {
    MoveToToken();
    cursor_.MoveTo(cursor_.offset + 1);
    open_.pop_back();
    return true;
  }

  // False where the open object has that name already.
  bool NoteMember(absl::string_view name) {
    Scope& open = open_.back();
    const std::vector<const JsonNode*>& members = open.node->elements_;
    if (members.size() < kFewMembers) {
      return absl::c_none_of(members, [&](const JsonNode* member) { return member->name_ == name; });
    }
    if (open.names.empty()) {
      for (const JsonNode* member : members) open.names.insert(member->name_);
    }
    return open.names.insert(name).second;
  }

  absl::string_view Interned(absl::string_view name) {
    auto known = names_.find(name);
    if (known != names_.end()) return *known;
    const absl::string_view owned = document_.storage_->names.emplace_back(name);
    names_.insert(owned);
    return owned;
  }

  rapidjson::MemoryStream stream_;
  const JsonLimits limits_;
  Cursor cursor_;
  JsonDocument document_;
  std::vector<Scope> open_;
  absl::string_view name_;  // of the member whose value comes next
  absl::flat_hash_set<absl::string_view> names_;
  std::string what_;
};

absl::StatusOr<JsonDocument> JsonDocument::Parse(absl::string_view text, const JsonLimits& limits, JsonError* error) {
  JsonError unused;
  if (error == nullptr) error = &unused;
  const auto refuse = [error](int line, int column, std::string what) {
    *error = {line, column, std::move(what)};
    return absl::InvalidArgumentError(absl::StrCat(line, ":", column, ": ", error->what));
  };
  if (text.size() > limits.max_bytes) {
    return refuse(1, 1, absl::StrCat("the file has ", text.size(), " bytes; at most ", limits.max_bytes, " are read"));
  }
  text = absl::StripPrefix(text, kByteOrderMark);
  // The parser takes a zero byte for the end of the text.
  const size_t zero = text.find('\0');
  if (zero != absl::string_view::npos) {
    Cursor cursor{text};
    cursor.MoveTo(zero);
    return refuse(cursor.line, cursor.column(), "not JSON: a zero byte");
  }
  return JsonBuilder(text, limits).Build(error);
}

const JsonNode* JsonNode::Find(absl::string_view name) const {
  if (kind_ != Kind::kObject) return nullptr;
  for (const JsonNode* member : elements_) {
    if (member->name_ == name) return member;
  }
  return nullptr;
}

std::string JsonNode::Path() const {
  if (parent_ == nullptr) return "";
  std::string path = parent_->Path();
  if (parent_->kind_ == Kind::kArray) {
    absl::StrAppend(&path, "[", index_, "]");
  } else {
    absl::StrAppend(&path, path.empty() ? "" : ".", name_);
  }
  return path;
}

absl::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kNull:
      return "null";
    case Kind::kBool:
      return "true or false";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      return "an object";
  }
  return "unknown";
}

void AddFault(const JsonNode& node, absl::string_view file, absl::string_view what, FaultLog* faults) {
  faults->Add({std::string(file), node.line()}, node.Path(), what);
}

ObjectReader::ObjectReader(const JsonNode& node, absl::string_view file, FaultLog* faults)
    : node_(node), file_(file), faults_(faults) {
  if (!is_object()) {
    AddFault(node, file, absl::StrCat("is ", KindName(node.kind()), "; write an object in { }"), faults);
  }
}

const JsonNode* ObjectReader::Get(absl::string_view name, Kind kind, absl::string_view wanted, bool required) {
  if (!is_object()) return nullptr;
  asked_.push_back(name);
  const JsonNode* member = node_.Find(name);
  if (member == nullptr || (member->kind() == Kind::kNull && !required)) {
    if (required) Fault(name, absl::StrCat("is missing; write ", wanted));
    return nullptr;
  }
  if (member->kind() != kind) {
    Fault(name, absl::StrCat("is ", KindName(member->kind()), "; write ", wanted));
    return nullptr;
  }
  return member;
}

const JsonNode* ObjectReader::Required(absl::string_view name, Kind kind, absl::string_view wanted) {
  return Get(name, kind, wanted, true);
}

const JsonNode* ObjectReader::Optional(absl::string_view name, Kind kind, absl::string_view wanted) {
  return Get(name, kind, wanted, false);
}

absl::optional<absl::string_view> ObjectReader::RequiredString(absl::string_view name, absl::string_view wanted) {
  const JsonNode* member = Required(name, Kind::kString, wanted);
  if (member == nullptr) return absl::nullopt;
  return member->text();
}

absl::optional<absl::string_view> ObjectReader::OptionalString(absl::string_view name, absl::string_view wanted) {
  const JsonNode* member = Optional(name, Kind::kString, wanted);
  if (member == nullptr) return absl::nullopt;
  return member->text();
}

absl::optional<bool> ObjectReader::RequiredBool(absl::string_view name, absl::string_view wanted) {
  const JsonNode* member = Required(name, Kind::kBool, wanted);
  if (member == nullptr) return absl::nullopt;
  return member->boolean();
}

absl::optional<bool> ObjectReader::OptionalBool(absl::string_view name, absl::string_view wanted) {
  const JsonNode* member = Optional(name, Kind::kBool, wanted);
  if (member == nullptr) return absl::nullopt;
  return member->boolean();
}

void ObjectReader::Fault(absl::string_view name, absl::string_view what) {
  const JsonNode* member = node_.Find(name);
  if (member != nullptr) {
    AddFault(*member, file_, what, faults_);
    return;
  }
  const std::string path = node_.Path();
  faults_->Add({std::string(file_), node_.line()}, absl::StrCat(path, path.empty() ? "" : ".", name), what);
}

void ObjectReader::RefuseOthers() {
  if (!is_object()) return;
  for (const JsonNode* member : node_.elements()) {
    const absl::string_view name = member->name();
    if (name == "comment" || name == "source" || absl::c_linear_search(asked_, name)) continue;
    AddFault(*member, file_, absl::StrCat("is not known here; allowed: ", absl::StrJoin(asked_, ", ")), faults_);
  }
}

}  // namespace costs::catalog
