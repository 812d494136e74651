#include "client/cli/record_rows.h"

#include "client/cli/decimal_text.h"
#include "client/cli/local_time.h"

namespace costs::cli {
namespace {

std::string Figure(double value, int scale) {
  std::string text;
  AppendScaled(ToScaled(value, scale), scale, &text);
  return text;
}

}  // namespace

std::vector<std::string> Figures(const v1::MeterRecordData& data) {
  std::vector<std::string> figures(FigureNames().size());
  if (data.has_energy()) figures[0] = Figure(data.energy().value(), 0);
  if (data.has_tariff()) {
    figures[1] = Figure(data.tariff().value(), 6);
    figures[2] = Figure(data.tariff().confidence(), 6);
  }
  if (data.has_carbon()) {
    figures[3] = Figure(data.carbon().value(), 3);
    figures[4] = Figure(data.carbon().confidence(), 6);
  }
  return figures;
}

std::vector<std::string> FigureNames() {
  return {"energy_wh", "cost", "cost_confidence", "carbon_g", "carbon_confidence"};
}

std::vector<std::string> RowOf(const v1::MeterRecord& record) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  return Joined(
      Joined({record.id(), Rfc3339(ToTime(record.data().start_time()), utc),
              Rfc3339(ToTime(record.data().end_time()), utc)},
             Figures(record.data())),
      {record.currency_code(), v1::Direction::Value_Name(record.direction()),
       v1::TariffRate::Value_Name(record.tariff_rate()), record.request().location_id(), record.request().device_id(),
       record.request().session_reference_id(), record.request().record_reference_id()});
}

std::vector<std::string> HeaderOfRecords() {
  return Joined(Joined({"record_id", "start_time", "end_time"}, FigureNames()),
                {"currency", "direction", "tariff_rate", "location_id", "device_id", "session_reference_id",
                 "record_reference_id"});
}

std::vector<std::string> Joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

}  // namespace costs::cli
