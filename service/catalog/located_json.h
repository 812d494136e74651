// A JSON document whose every value knows where it is written, and whose
// numbers keep the digits they are written with (rates are exact decimals, so
// they must never pass through a double).
//
//   absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text);
//   const JsonNode* id = document->root().Find("locations")->elements()[0]->Find("id");
//   id->line() == 4, id->Path() == "locations[0].id"
//
//   ObjectReader reader(node, "locations.json", &faults);
//   absl::optional<absl::string_view> id = reader.RequiredString("id", "a name such as loc_1");
//   reader.RefuseOthers();
//
// Strict RFC 8259: one value, no comments, no trailing commas, no NaN, valid
// UTF-8 (a byte order mark is skipped), and no name twice in one object.
//
// A document owns its nodes; pointers and views into it live as long as it
// does, also when it is moved. Const access is thread-safe; ObjectReader is not.
#ifndef SERVICE_CATALOG_LOCATED_JSON_H_
#define SERVICE_CATALOG_LOCATED_JSON_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/catalog/fault_log.h"

namespace costs::catalog {

class JsonNode {
 public:
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };

  Kind kind() const { return kind_; }
  int line() const { return line_; }      // of the value's first byte, from 1
  int column() const { return column_; }  // in bytes, from 1

  // kBool only.
  bool boolean() const { return boolean_; }
  // kString: the text, escapes resolved. kNumber: as it is written.
  absl::string_view text() const { return text_; }
  // kArray: the elements; kObject: the members' values, in the order written.
  const std::vector<const JsonNode*>& elements() const { return elements_; }
  // The name, where this is the value of a member; otherwise empty.
  absl::string_view name() const { return name_; }
  // kObject: the member's value, or null.
  const JsonNode* Find(absl::string_view name) const;

  // Where in the document this is, such as "elements[2].schedule[0].months[1]";
  // empty for the root.
  std::string Path() const;

 private:
  friend class JsonBuilder;

  Kind kind_ = Kind::kNull;
  bool boolean_ = false;
  int line_ = 0;
  int column_ = 0;
  uint32_t index_ = 0;  // among the parent's elements
  const JsonNode* parent_ = nullptr;
  absl::string_view name_;  // owned by the document
  std::string text_;
  std::vector<const JsonNode*> elements_;
};

// "a string", "an object", ...
absl::string_view KindName(JsonNode::Kind kind);

struct JsonLimits {
  size_t max_bytes = size_t{256} << 20;
  int max_depth = 32;
  size_t max_values = 4'000'000;
};

// What is wrong with a text that is not JSON, and where.
struct JsonError {
  int line = 0;
  int column = 0;
  std::string what;
};

class JsonDocument {
 public:
  // INVALID_ARGUMENT: "LINE:COLUMN: what is wrong", the same as in `error`
  // (which may be null).
  static absl::StatusOr<JsonDocument> Parse(absl::string_view text, const JsonLimits& limits = {},
                                            JsonError* error = nullptr);

  const JsonNode& root() const { return storage_->nodes.front(); }

 private:
  friend class JsonBuilder;

  // Behind a pointer, so that nodes stay where they are when this is moved.
  struct Storage {
    std::deque<JsonNode> nodes;     // the root first
    std::deque<std::string> names;  // each name once
  };

  JsonDocument() : storage_(std::make_unique<Storage>()) {}

  std::unique_ptr<Storage> storage_;
};

// Reads the members of an object. What is missing, of the wrong kind or not
// asked for is a fault: "FILE:LINE: PATH: what is wrong; what is allowed".
class ObjectReader {
 public:
  // All three are borrowed. A node that is no object is a fault at once, and
  // then nothing is found in it and nothing else is complained of.
  ObjectReader(const JsonNode& node, absl::string_view file, FaultLog* faults);

  bool is_object() const { return node_.kind() == JsonNode::Kind::kObject; }

  // The value of a member of that kind. Null, with a fault, where it is absent,
  // null or of another kind. `wanted` says what is allowed, such as
  // "an IANA time zone, for example \"Europe/London\"".
  const JsonNode* Required(absl::string_view name, JsonNode::Kind kind, absl::string_view wanted);
  // As Required, but absent or null is null without a fault.
  const JsonNode* Optional(absl::string_view name, JsonNode::Kind kind, absl::string_view wanted);

  absl::optional<absl::string_view> RequiredString(absl::string_view name, absl::string_view wanted);
  absl::optional<absl::string_view> OptionalString(absl::string_view name, absl::string_view wanted);
  absl::optional<bool> RequiredBool(absl::string_view name, absl::string_view wanted);
  absl::optional<bool> OptionalBool(absl::string_view name, absl::string_view wanted);

  // A fault at the value of that member, or at the object where it is absent.
  void Fault(absl::string_view name, absl::string_view what);

  // A fault for each member that was not asked for, so that a misspelt name
  // never goes unnoticed. "comment" and "source" are for people, and allowed.
  void RefuseOthers();

 private:
  const JsonNode* Get(absl::string_view name, JsonNode::Kind kind, absl::string_view wanted, bool required);

  const JsonNode& node_;
  const absl::string_view file_;
  FaultLog* const faults_;
  std::vector<absl::string_view> asked_;
};

// A fault at `node`.
void AddFault(const JsonNode& node, absl::string_view file, absl::string_view what, FaultLog* faults);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_LOCATED_JSON_H_
