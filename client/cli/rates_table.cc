#include "client/cli/rates_table.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/cli/decimal_text.h"
#include "client/cli/local_time.h"

namespace costs::cli {
namespace {

// The first row is the header.
using Rows = std::vector<std::vector<std::string>>;

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

// Nothing in these rows needs quotes.
std::string Csv(const Rows& rows) {
  std::string text;
  for (const std::vector<std::string>& row : rows) absl::StrAppend(&text, absl::StrJoin(row, ","), "\n");
  return text;
}

std::string Table(Rows rows) {
  std::vector<size_t> widths(rows.front().size(), 0);
  for (std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (row[i].empty()) row[i] = "-";
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i) {
      absl::StrAppend(&line, i == 0 ? "" : "  ", row[i], std::string(widths[i] - row[i].size(), ' '));
    }
    absl::StrAppend(&text, absl::StripTrailingAsciiWhitespace(line), "\n");
  }
  return text;
}

}  // namespace

std::string RatesTable(const v1::ListRatesResponse& rates) { return Table(RowsOf(rates)); }
std::string RatesCsv(const v1::ListRatesResponse& rates) { return Csv(RowsOf(rates)); }
std::string SlotsTable(const v1::FindSlotsResponse& slots) { return Table(RowsOf(slots)); }
std::string SlotsCsv(const v1::FindSlotsResponse& slots) { return Csv(RowsOf(slots)); }

}  // namespace costs::cli
