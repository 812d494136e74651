// The fields of a JSON object, by their paths: "data.tariff.value". Numbers are kept
// as the text that they are.
//
//   absl::StatusOr<AnswerFields> fields = AnswerFields::Read(body);
//   std::optional<absl::string_view> id = fields->Text("id");
//
// A plain value, but not copied; the texts that it gives are valid while it lives.
#ifndef SERVICE_UPSTREAM_ANSWER_FIELDS_H_
#define SERVICE_UPSTREAM_ANSWER_FIELDS_H_

#include <memory>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::upstream {

class AnswerFields {
 public:
  // Of an object, and three objects deep; what is deeper, or in arrays, or null, is
  // passed over. INVALID_ARGUMENT, with a message that completes "the answer …": no
  // JSON, no object, or a field that is there twice.
  static absl::StatusOr<AnswerFields> Read(absl::string_view json);

  AnswerFields(AnswerFields&&) noexcept;
  AnswerFields& operator=(AnswerFields&&) noexcept;
  ~AnswerFields();

  // Nothing where there is none, or where it is of another type.
  std::optional<absl::string_view> Text(absl::string_view path) const;
  std::optional<absl::string_view> Number(absl::string_view path) const;
  std::optional<bool> Bool(absl::string_view path) const;

  // Whether there is one, of whatever type; not one that is null.
  bool Has(absl::string_view path) const;

 private:
  enum class Type { kText, kNumber, kBool, kOther };
  struct Field {
    Type type = Type::kOther;
    absl::string_view text;  // of a bool: empty for false
  };
  struct Memory;
  class Handler;

  AnswerFields();

  std::optional<absl::string_view> Find(absl::string_view path, Type type) const;

  std::unique_ptr<Memory> memory_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_ANSWER_FIELDS_H_
