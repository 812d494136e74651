// Times as other people's files write them. Pure and thread-safe.
#ifndef SERVICE_CATALOG_IMPORT_IMPORT_TIME_H_
#define SERVICE_CATALOG_IMPORT_IMPORT_TIME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "service/engine/time.h"

namespace costs::catalog {

// An instant: RFC 3339 in whole seconds, in which the T may be a blank and the
// seconds may be left out, as in "2018-01-20T12:00Z" or
// "2022-12-31 23:30:00+00:00". Null for anything else. A time that the engine
// does not price is given as the second next to kEarliest or kLatest.
std::optional<engine::Instant> ParseImportTime(absl::string_view text);

// The same without offset: what a clock on the wall shows.
std::optional<absl::CivilSecond> ParseClockTime(absl::string_view text);

// "2023-10-29T01:00:00Z", for messages.
std::string UtcText(engine::Instant time);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_IMPORT_TIME_H_
