#include "client/cli/import_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/refusal.h"

namespace costs::cli {
namespace {

template <typename Entry>
std::string FromTo(const std::vector<Entry>& entries) {
  return absl::StrCat("from ", catalog::UtcText(entries.front().interval.start), " to ",
                      catalog::UtcText(entries.back().interval.end));
}

bool IsLess(const engine::MarketPrice& a, const engine::MarketPrice& b) {
  return a.per_kwh.UnitsAtScale(engine::Decimal::kMaxScale) < b.per_kwh.UnitsAtScale(engine::Decimal::kMaxScale);
}

}  // namespace

void PrintFindings(const std::vector<catalog::Finding>& findings, std::ostream* err) {
  for (const catalog::Finding& finding : findings) {
    *err << "costs: " << finding.where << (finding.where.empty() ? "" : ": ") << finding.what << "\n";
  }
}

ExitCode PrintRefusal(const absl::Status& refusal, std::ostream* err) {
  const std::string reason = catalog::ReasonOf(refusal);
  const std::vector<catalog::FieldViolation> violations = catalog::ViolationsOf(refusal);
  *err << "costs: the import is refused, and nothing is sent\n";
  for (const catalog::FieldViolation& violation : violations) {
    *err << "  " << violation.field << (violation.field.empty() ? "" : ": ") << violation.description << "\n";
  }
  if (violations.empty()) *err << "  " << refusal.message() << "\n";
  if (!reason.empty()) *err << "  reason: " << reason << "\n";
  if (reason != "OPTION_REQUIRED") return kSomeRecordsFailed;
  *err << "(costs help import lists the flags)\n";
  return kUsage;
}

std::string Summary(const catalog::ImportedPrices& prices) {
  const auto [least, most] = std::minmax_element(prices.prices.begin(), prices.prices.end(), IsLess);
  return absl::StrCat(prices.prices.size(), " prices in ", prices.currency_code, " ", FromTo(prices.prices), ", ",
                      least->per_kwh.ToString(), " to ", most->per_kwh.ToString(), " per kWh");
}

std::string Summary(const catalog::ImportedIntensities& intensities) {
  int64_t forecasts = 0, actuals = 0;
  for (const engine::CarbonIntensity& intensity : intensities.intensities) {
    forecasts += intensity.forecast.has_value() ? 1 : 0;
    actuals += intensity.actual.has_value() ? 1 : 0;
  }
  return absl::StrCat(intensities.intensities.size(), " intensities ", FromTo(intensities.intensities), ", ", forecasts,
                      " with a forecast, ", actuals, " with an actual");
}

}  // namespace costs::cli
