#include "service/catalog/countries.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace costs::catalog {
namespace {

struct Country {
  absl::string_view code;
  absl::string_view currency;
};

// Sorted by code.
constexpr Country kCountries[] = {
#include "service/catalog/country_currencies.inc"
};

const Country* Find(absl::string_view code) {
  const Country* found = std::lower_bound(std::begin(kCountries), std::end(kCountries), code,
                                          [](const Country& country, absl::string_view c) { return country.code < c; });
  return found != std::end(kCountries) && found->code == code ? found : nullptr;
}

using ZoneByCountry = absl::flat_hash_map<std::string, std::string>;

// Of the lines "GB <tab> coordinates <tab> Europe/London [<tab> comment]"; a
// country with several zones gets an empty one.
ZoneByCountry ReadZones() {
  const char* directory = std::getenv("TZDIR");
  std::ifstream file(absl::StrCat(directory == nullptr ? "/usr/share/zoneinfo" : directory, "/zone.tab"));
  ZoneByCountry zones;
  std::string line;
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    if (line.empty() || line[0] == '#' || fields.size() < 3) continue;
    auto [zone, is_new] = zones.try_emplace(fields[0], fields[2]);
    if (!is_new) zone->second.clear();
  }
  return zones;
}

}  // namespace

bool IsCountry(absl::string_view code) { return Find(code) != nullptr; }

std::string CurrencyOf(absl::string_view country) {
  const Country* found = Find(country);
  return found == nullptr ? "" : std::string(found->currency);
}

std::string OnlyTimeZoneOf(absl::string_view country) {
  static const ZoneByCountry* const zones = new ZoneByCountry(ReadZones());
  auto found = zones->find(country);
  return found == zones->end() ? "" : found->second;
}

}  // namespace costs::catalog
