// Which names the catalog takes, for its documents and files alike: ids,
// currencies, time zones. Pure and thread-safe.
#ifndef SERVICE_CATALOG_NAMES_H_
#define SERVICE_CATALOG_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::catalog {

// 1 to 64 of A-Z, a-z, 0-9, '_', '-' and '.', and not a '.' first: an id that is
// also safe in a path, as of a file or of the REST face. So are the names of
// market series and carbon regions.
bool IsId(absl::string_view text);
inline constexpr absl::string_view kIdWanted = "1 to 64 letters, digits, '_', '-' and '.', not beginning with '.'";

// Three letters A to Z, such as GBP.
bool IsCurrencyCode(absl::string_view text);
inline constexpr absl::string_view kCurrencyWanted = "an ISO 4217 code in capitals, such as GBP";

// A place in the IANA time zone database that this machine has. (Abseil also
// takes paths, "localtime", fixed offsets, and zones that count leap seconds.)
bool IsTimeZone(const std::string& name);
inline constexpr absl::string_view kTimeZoneWanted =
    "a name of the IANA time zone database, such as Europe/London, that this machine's zoneinfo has";

// Of valid UTF-8.
size_t CharactersIn(absl::string_view text);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_NAMES_H_
