#include "service/catalog/import/json_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "service/catalog/import/import_time.h"

namespace costs::catalog {

absl::Status JsonSource::Parse() {
  JsonError error;
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(log_->sources()[file_].text, kLimits, &error);
  if (!document.ok()) {
    return RefuseImport("MALFORMED_FILE", log_->Where({file_, error.line, error.column}), std::move(error.what));
  }
  document_ = *std::move(document);
  return absl::OkStatus();
}

const JsonNode* JsonSource::Required(const JsonNode& object, absl::string_view name, JsonNode::Kind kind) {
  if (object.kind() != JsonNode::Kind::kObject) {
    Fault(object, absl::StrCat("is ", KindName(object.kind()), "; an object with ", name, " is expected"));
    return nullptr;
  }
  const JsonNode* const member = object.Find(name);
  if (member == nullptr) {
    Fault(object, absl::StrCat("lacks ", name, ", ", KindName(kind)));
    return nullptr;
  }
  if (member->kind() == kind) return member;
  Fault(*member, absl::StrCat("is ", KindName(member->kind()), "; ", KindName(kind), " is expected"));
  return nullptr;
}

const JsonNode* JsonSource::Optional(const JsonNode& object, absl::string_view name, JsonNode::Kind kind) {
  const JsonNode* const member = object.Find(name);
  if (member == nullptr || member->kind() == JsonNode::Kind::kNull) return nullptr;
  return Required(object, name, kind);
}

std::optional<engine::Instant> JsonSource::RequiredTime(const JsonNode& object, absl::string_view name) {
  const JsonNode* const member = Required(object, name, JsonNode::Kind::kString);
  if (member == nullptr) return std::nullopt;
  const std::optional<engine::Instant> time = ParseImportTime(member->text());
  if (!time) {
    Fault(*member, absl::StrCat("is ", Quoted(member->text()),
                                "; a time in whole seconds with offset is expected, such as 2024-11-05T00:00:00Z"));
  }
  return time;
}

}  // namespace costs::catalog
