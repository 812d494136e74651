// The catalog's JSON: read within limits, each node with its place, and each
// value taken for a tariff element.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/document_reader.h"
#include "service/catalog/documents.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/located_json.h"
#include "service/engine/tariff.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

using catalog::JsonNode;

constexpr catalog::JsonLimits kLimits = {1 << 20, 16, 10'000};

void Visit(const JsonNode& node, int depth) {
  COSTS_FUZZ_CHECK(depth <= kLimits.max_depth);
  COSTS_FUZZ_CHECK(node.line() >= 1 && node.column() >= 1);
  if (node.kind() == JsonNode::Kind::kObject) {
    catalog::FaultLog faults;
    catalog::DocumentReader reader(node, "elements.json", {}, &faults);
    energy::costs::v1::TariffElement document;
    COSTS_FUZZ_CHECK(reader.Read(&document) == faults.empty());
    const std::vector<catalog::FieldViolation> violations = catalog::CheckElement(document);
    for (const catalog::FieldViolation& violation : violations) {
      reader.AddFault(violation.field, violation.description);
    }
    if (violations.empty() && !document.market_rates()) {
      const auto element = catalog::BuildElement(document, {});
      COSTS_FUZZ_CHECK(!element.ok() || engine::CheckElement(**element).ok());
    }
  }
  for (const JsonNode* child : node.elements()) {
    COSTS_FUZZ_CHECK(child->line() >= node.line());
    if (node.kind() == JsonNode::Kind::kObject) COSTS_FUZZ_CHECK(node.Find(child->name()) == child);
    COSTS_FUZZ_CHECK(!child->Path().empty() || child->name().empty());
    Visit(*child, depth + 1);
  }
}

void Run(absl::string_view text) {
  catalog::JsonError error;
  const absl::StatusOr<catalog::JsonDocument> document = catalog::JsonDocument::Parse(text, kLimits, &error);
  if (document.ok()) {
    Visit(document->root(), 0);
  } else {
    COSTS_FUZZ_CHECK(error.line >= 1 && error.column >= 1 && !error.what.empty());
  }
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
