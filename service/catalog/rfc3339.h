// Times as the catalog's files write them: RFC 3339 with an offset, in whole
// seconds, such as "2023-10-29T01:00:00Z" or "2023-10-29T02:00:00+01:00".
//
// Stricter than absl::ParseTime, which also takes blanks, leap seconds and
// "infinite-future", and fast enough for files of millions of rows.
#ifndef SERVICE_CATALOG_RFC3339_H_
#define SERVICE_CATALOG_RFC3339_H_

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "service/engine/time.h"

namespace costs::catalog {

// Null where `text` is no such time. A time that the engine does not price is
// given as the second next to kEarliest or kLatest, so it cannot overflow.
absl::optional<engine::Instant> ParseRfc3339(absl::string_view text);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_RFC3339_H_
