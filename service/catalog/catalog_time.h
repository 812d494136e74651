// Times as the catalog's files write them: RFC 3339 in whole seconds, such as
// "2023-10-29T01:00:00Z" or "2023-10-29T02:00:00+01:00". Pure and thread-safe.
#ifndef SERVICE_CATALOG_CATALOG_TIME_H_
#define SERVICE_CATALOG_CATALOG_TIME_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/engine/time.h"

namespace costs::catalog {

// Null where `text` is no such time. A time that the engine does not price is
// given as the second next to kEarliest or kLatest, so it cannot overflow.
absl::optional<engine::Instant> ParseCatalogTime(absl::string_view text);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_TIME_H_
