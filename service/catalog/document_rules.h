// Which fields of the catalog's documents a caller may set at all (AIP-203). Pure
// data.
#ifndef SERVICE_CATALOG_DOCUMENT_RULES_H_
#define SERVICE_CATALOG_DOCUMENT_RULES_H_

#include <vector>

#include "absl/strings/string_view.h"

namespace costs::catalog {

// Top-level fields of a kind of document.
struct FieldRules {
  std::vector<absl::string_view> output_only;  // set by the service
  std::vector<absl::string_view> immutable;    // set at creation, never after
};

const FieldRules& LocationRules();
const FieldRules& DeviceRules();
const FieldRules& ElementRules();
const FieldRules& CalendarRules();

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_DOCUMENT_RULES_H_
