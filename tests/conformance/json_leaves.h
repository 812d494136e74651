// JSON as the set of its leaves, so that two documents are compared whatever the
// order of their fields and the blanks between them, and each difference has a
// name: {"data":{"energy":{"value":10284}}} has the leaf "data.energy.value".
//
// Numbers keep the digits that they are written with. Pure functions.
#ifndef TESTS_CONFORMANCE_JSON_LEAVES_H_
#define TESTS_CONFORMANCE_JSON_LEAVES_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::conformance {

enum class LeafKind { kString, kNumber, kBoolean, kNull, kEmptyObject, kEmptyArray };

struct Leaf {
  LeafKind kind = LeafKind::kNull;
  std::string text;  // of a string its value, of a number its digits as written, of a boolean true or false

  friend bool operator==(const Leaf& a, const Leaf& b) { return a.kind == b.kind && a.text == b.text; }
};

// By path, such as "data.breakdown[2].rates[0].rate".
using JsonLeaves = std::map<std::string, Leaf>;

// INVALID_ARGUMENT: not one JSON value, or a name twice in one object.
absl::StatusOr<JsonLeaves> LeavesOf(absl::string_view json);

// A JSON number as digits and a power of ten, the same for the same number:
// "928.3720" and "9.28372e2" are both "928372e-3"; zero of either sign is "0".
std::string CanonicalNumber(absl::string_view number);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_JSON_LEAVES_H_
