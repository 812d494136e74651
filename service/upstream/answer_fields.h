// The fields of a JSON object, by their paths: "data.tariff.value". Numbers are kept
// as the text that they are.
//
//   absl::StatusOr<AnswerFields> fields = AnswerFields::Read(body);
//   const std::string* id = fields->Text("id");
//
// A plain value.
#ifndef SERVICE_UPSTREAM_ANSWER_FIELDS_H_
#define SERVICE_UPSTREAM_ANSWER_FIELDS_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::upstream {

class AnswerFields {
 public:
  // Of an object, and three objects deep; what is deeper, or in arrays, or null, is
  // passed over. INVALID_ARGUMENT, with a message that completes "the answer …": no
  // JSON, no object, or a field that is there twice.
  static absl::StatusOr<AnswerFields> Read(absl::string_view json);

  // Null where there is none, or where it is of another type.
  const std::string* Text(absl::string_view path) const;
  const std::string* Number(absl::string_view path) const;
  std::optional<bool> Bool(absl::string_view path) const;

  // Whether there is one, of whatever type; not one that is null.
  bool Has(absl::string_view path) const { return fields_.contains(path); }

 private:
  enum class Type { kText, kNumber, kBool, kOther };
  struct Field {
    Type type = Type::kOther;
    std::string text;  // of a bool: empty for false
  };
  class Handler;

  const std::string* Find(absl::string_view path, Type type) const;

  absl::flat_hash_map<std::string, Field> fields_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_ANSWER_FIELDS_H_
