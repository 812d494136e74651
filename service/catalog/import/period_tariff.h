// A tariff as the Utility Rate Database and what derives from it write it: a
// ladder of tiers for each numbered period, and for each hour of an average
// weekday and weekend day of each month the period that it is in. The form that
// their importers share, and what makes the API's documents of it.
//
// What becomes of it:
// - A tier's price is the sum of its parts. Neighbouring tiers of one price are
//   one; months whose days are priced alike share an entry of the schedule.
// - One element COMMODITY, IMPORT, tiers by CALENDAR_MONTH. All energy of the
//   month counts for a tier, whatever its hours (docs/imports.md tells why); so
//   periods of one month must have the same tier edges, or none of them any.
// - Where every period has a price for exported energy, one element COMMODITY,
//   EXPORT. Where none has, there is none, and nothing can be priced with it.
// - Holidays become a calendar, and are priced as weekend days.
//
// Plain data, owned by the importer; BuildTariff is a pure function.
#ifndef SERVICE_CATALOG_IMPORT_PERIOD_TARIFF_H_
#define SERVICE_CATALOG_IMPORT_PERIOD_TARIFF_H_

#include <array>
#include <string>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/optional.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/import/tariff_import.h"
#include "service/engine/decimal.h"

namespace costs::catalog {

struct PeriodTier {
  engine::Decimal rate;                                                        // all parts, major units per kWh
  absl::optional<engine::Decimal> to_kwh;                                      // upper end, included; none: without end
  energy::costs::v1::TierUnit::Value unit = energy::costs::v1::TierUnit::KWH;  // of to_kwh
  absl::optional<engine::Decimal> sell;                                        // major units per kWh exported
};

struct TariffPeriod {
  std::string field;              // its place in the file, for messages
  std::vector<PeriodTier> tiers;  // empty: it has no rate
};

// [month][hour of the day]: index of a period.
using HourMatrix = std::array<std::array<int, 24>, 12>;

struct PeriodTariff {
  std::string display_name;
  std::string currency_code;
  std::vector<TariffPeriod> periods;
  std::string periods_field;  // place of the periods in the file, for messages
  HourMatrix weekday;
  HourMatrix weekend;
  std::vector<energy::costs::v1::SpecialDayRule> holidays;  // empty: none are kept
  absl::optional<absl::CivilDay> first_day;                 // of the contract
  absl::optional<absl::CivilDay> end_day;                   // the day after its last
};

// Faults go to `import`; what is returned is of use only where it has none.
ImportedTariff BuildTariff(const PeriodTariff& tariff, TariffImport* import);

// Reads 12 arrays of 24 numbers; nothing, with a fault, where it is anything
// else or names a period that is not among `periods`.
absl::optional<HourMatrix> ReadHourMatrix(const JsonNode& node, size_t periods, TariffImport* import);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_PERIOD_TARIFF_H_
