// Which accounts and locations are computed, and which are asked of the upstream: the
// content of a modes file.
//
//   [{"account_id": "acc_1", "mode": "proxy"},
//    {"account_id": "acc_1", "location_id": "loc_1", "mode": "compute"}]
//
// A plain value.
#ifndef SERVICE_UPSTREAM_MODE_TABLE_H_
#define SERVICE_UPSTREAM_MODE_TABLE_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::upstream {

enum class Mode { kCompute, kProxy, kFallback, kShadow };
inline constexpr size_t kModes = 4;

// Of "compute", "proxy", "fallback" and "shadow"; nothing for other names.
std::optional<Mode> ModeNamed(absl::string_view name);

class ModeTable {
 public:
  // One that says the same of everything.
  explicit ModeTable(Mode otherwise) : otherwise_(otherwise) {}

  // Reads a modes file. `otherwise`: of what it does not name. INVALID_ARGUMENT names
  // the entry and what is wrong with it.
  static absl::StatusOr<ModeTable> Parse(absl::string_view json, Mode otherwise);

  // Of several entries the one for account and location counts, then the location's,
  // then the account's.
  Mode ModeOf(absl::string_view account_id, absl::string_view location_id) const;

  size_t size() const { return modes_.size(); }

 private:
  // An id that is empty stands for all.
  absl::flat_hash_map<std::pair<std::string, std::string>, Mode> modes_;
  Mode otherwise_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_MODE_TABLE_H_
