#include "client/cli/rates_table.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client/cli/decimal_text.h"
#include "client/cli/local_time.h"
#include "client/cli/text_table.h"

namespace costs::cli {
namespace {

Rows RowsOf(const v1::ListRatesResponse& rates) {
  const absl::TimeZone zone = ZoneOrUtc(rates.location_timezone());
  Rows rows = {
      {"valid_from", "valid_to", "rate", "rate_confidence", "intensity", "intensity_relative", "intensity_confidence"}};
  for (const v1::TimelineEntry& entry : rates.data()) {
    std::vector<std::string>& row = rows.emplace_back();
    row = {Rfc3339(ToTime(entry.valid_from()), zone), Rfc3339(ToTime(entry.valid_to()), zone)};
    row.resize(rows.front().size());
    if (entry.has_tariff()) {
      row[2] = AllDigits(entry.tariff().rate());
      row[3] = AllDigits(entry.tariff().confidence());
    }
    if (entry.has_carbon()) {
      row[4] = AllDigits(entry.carbon().intensity());
      row[5] = AllDigits(entry.carbon().relative());
      row[6] = AllDigits(entry.carbon().confidence());
    }
  }
  return rows;
}

Rows RowsOf(const v1::FindSlotsResponse& slots) {
  const absl::TimeZone zone = ZoneOrUtc(slots.location_timezone());
  Rows rows = {
      {"start_time", "end_time", "minutes", "rate_avg", "rate_confidence", "intensity_avg", "intensity_confidence"}};
  for (const v1::Slot& slot : slots.data()) {
    std::vector<std::string>& row = rows.emplace_back();
    const absl::Time start = ToTime(slot.start_time()), end = ToTime(slot.end_time());
    row = {Rfc3339(start, zone), Rfc3339(end, zone), AllDigits(absl::ToDoubleMinutes(end - start))};
    row.resize(rows.front().size());
    if (slot.has_tariff()) {
      row[3] = AllDigits(slot.tariff().rate_avg());
      row[4] = AllDigits(slot.tariff().confidence());
    }
    if (slot.has_carbon()) {
      row[5] = AllDigits(slot.carbon().intensity_avg());
      row[6] = AllDigits(slot.carbon().confidence());
    }
  }
  return rows;
}

}  // namespace

std::string RatesTable(const v1::ListRatesResponse& rates) { return TableText(RowsOf(rates)); }
std::string RatesCsv(const v1::ListRatesResponse& rates) { return CsvText(RowsOf(rates)); }
std::string SlotsTable(const v1::FindSlotsResponse& slots) { return TableText(RowsOf(slots)); }
std::string SlotsCsv(const v1::FindSlotsResponse& slots) { return CsvText(RowsOf(slots)); }

}  // namespace costs::cli
