#include "client/cli/series_csv.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "service/catalog/import/import_time.h"

namespace costs::cli {
namespace {

void AppendTimes(const engine::Interval& interval, std::string* out) {
  absl::StrAppend(out, catalog::UtcText(interval.start), ",", catalog::UtcText(interval.end), ",");
}

std::string Figure(const std::optional<engine::Decimal>& value) { return value ? value->ToString() : ""; }

}  // namespace

void AppendCsv(const catalog::ImportedPrices& prices, std::string* out) {
  absl::StrAppend(out, "start_time,end_time,price_per_kwh,currency_code\n");
  for (const engine::MarketPrice& price : prices.prices) {
    AppendTimes(price.interval, out);
    absl::StrAppend(out, price.per_kwh.ToString(), ",", prices.currency_code, "\n");
  }
}

void AppendCsv(const catalog::ImportedIntensities& intensities, std::string* out) {
  absl::StrAppend(out, "start_time,end_time,forecast_g_per_kwh,actual_g_per_kwh\n");
  for (const engine::CarbonIntensity& intensity : intensities.intensities) {
    AppendTimes(intensity.interval, out);
    absl::StrAppend(out, Figure(intensity.forecast), ",", Figure(intensity.actual), "\n");
  }
}

}  // namespace costs::cli
