// The holidays that rate sheets of the United States name, as rules of a
// special day calendar.
//
// Source of the days: 5 U.S.C. 6103(a) for the federal holidays (as amended in
// 2021 by Public Law 117-17, which added Juneteenth); the day after Thanksgiving
// is the fourth Thursday of November and one. Which of them a tariff keeps, and
// from when, is the tariff's matter, so the rules have no first year. Names are
// those of the schema that service/catalog/import/ratebook.h reads.
#ifndef SERVICE_CATALOG_IMPORT_US_HOLIDAYS_H_
#define SERVICE_CATALOG_IMPORT_US_HOLIDAYS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "energy/costs/v1/special_day_calendar.pb.h"

namespace costs::catalog {

// "labor_day" -> the rule of Labor Day, without observance; nothing where the
// name is not known.
absl::optional<energy::costs::v1::SpecialDayRule> UsHoliday(absl::string_view name);

// "new_years_day, mlk_day, ..."
std::string UsHolidayNames();

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_US_HOLIDAYS_H_
