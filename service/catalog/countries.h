// What an address's country says about a location: its currency, and its time
// zone where it has only one.
//
// Currencies are a table of our own (country_currencies.csv, by ISO 3166-1 and
// ISO 4217); zones are those of the zoneinfo on this machine (zone.tab), read
// once. Thread-safe.
#ifndef SERVICE_CATALOG_COUNTRIES_H_
#define SERVICE_CATALOG_COUNTRIES_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::catalog {

// `code` is ISO 3166-1 alpha-2, in capitals.
bool IsCountry(absl::string_view code);

// ISO 4217; empty where the country is unknown or has none of its own.
std::string CurrencyOf(absl::string_view country);

// IANA name; empty where the country is unknown or has several zones.
std::string OnlyTimeZoneOf(absl::string_view country);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_COUNTRIES_H_
