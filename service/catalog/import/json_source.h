// A JSON file as an importer reads it: parsed within limits, its members fetched
// with faults that name the place and the field.
//
//   JsonSource json(0, &log);
//   absl::Status status = json.Parse();
//   const JsonNode* results = json.Required(json.root(), "results", JsonNode::Kind::kArray);
//
// Members that nobody asks for are passed over: the formats grow. Not
// thread-safe; the log, and the source in it, are borrowed.
#ifndef SERVICE_CATALOG_IMPORT_JSON_SOURCE_H_
#define SERVICE_CATALOG_IMPORT_JSON_SOURCE_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "service/catalog/import/import_log.h"
#include "service/catalog/located_json.h"
#include "service/engine/time.h"

namespace costs::catalog {

class JsonSource {
 public:
  static constexpr JsonLimits kLimits = {size_t{64} << 20, 16, 2'000'000};

  JsonSource(int file, ImportLog* log) : file_(file), log_(log) {}

  // MALFORMED_FILE where the source is not JSON, or beyond the limits.
  absl::Status Parse();

  // After a Parse() that succeeded.
  const JsonNode& root() const { return document_->root(); }

  // The member of that kind; null, with a fault, where there is none.
  const JsonNode* Required(const JsonNode& object, absl::string_view name, JsonNode::Kind kind);
  // As Required, but absent or null is null without a fault.
  const JsonNode* Optional(const JsonNode& object, absl::string_view name, JsonNode::Kind kind);
  // A member with a time; null, with a fault, where there is none.
  std::optional<engine::Instant> RequiredTime(const JsonNode& object, absl::string_view name);

  Place PlaceOf(const JsonNode& node) const { return {file_, node.line(), node.column()}; }
  std::string Where(const JsonNode& node) const { return log_->Where(PlaceOf(node), node.Path()); }
  void Fault(const JsonNode& node, std::string what) { log_->Fault(Where(node), std::move(what)); }

 private:
  const int file_;
  ImportLog* const log_;
  std::optional<JsonDocument> document_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_JSON_SOURCE_H_
