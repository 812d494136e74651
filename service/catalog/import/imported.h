// What an importer makes of somebody else's file: documents of this API, or
// series of prices or intensities, and what it noticed on the way.
//
// An importer is a pure function from text. What it cannot take over it refuses
// with a typed refusal (service/catalog/refusal.h) that names the field: nothing
// is left out in silence. What it had to assume or mend is a Finding.
#ifndef SERVICE_CATALOG_IMPORT_IMPORTED_H_
#define SERVICE_CATALOG_IMPORT_IMPORTED_H_

#include <string>
#include <vector>

#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/engine/series.h"

namespace costs::catalog {

// Something that a person should know, though the import goes on: a duplicate
// that says the same, a gap, an assumption. `where` names line or field of the
// file.
struct Finding {
  std::string where;
  std::string what;
};

// Elements (with the calendars that they name) that together are one tariff.
// Ids, locations and accounts are left to the caller, except that elements and
// calendars refer to each other by the ids that are set here.
struct ImportedTariff {
  std::vector<energy::costs::v1::TariffElement> elements;
  std::vector<energy::costs::v1::SpecialDayCalendar> calendars;
  std::vector<Finding> findings;
};

// In major units per kWh, sorted, without overlap.
struct ImportedPrices {
  std::string currency_code;  // ISO 4217
  std::string area;           // of the market, as the file names it; empty where it names none
  std::vector<engine::MarketPrice> prices;
  std::vector<Finding> findings;
};

// In gCO2eq per kWh, sorted, without overlap.
struct ImportedIntensities {
  std::string region;  // as the file names it; empty where it names none
  std::vector<engine::CarbonIntensity> intensities;
  std::vector<Finding> findings;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_IMPORTED_H_
