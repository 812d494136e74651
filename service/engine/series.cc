#include "service/engine/series.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::engine {

template <typename Entry>
std::optional<SeriesFault> FindFault(const std::vector<Entry>& entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    const Interval& slot = entries[i].interval;
    if (slot.start.ns % kNanosPerSecond != 0 || slot.end.ns % kNanosPerSecond != 0) {
      return SeriesFault{i, "start and end must be whole seconds"};
    }
    if (slot.start >= slot.end) return SeriesFault{i, "the end must be after the start"};
    if (slot.start < kEarliest || slot.end > kLatest) {
      return SeriesFault{i, "the slot must lie between 1970-01-01T00:00:00Z and 2100-01-01T00:00:00Z"};
    }
    if (i == 0) continue;
    const Interval& before = entries[i - 1].interval;
    if (slot.start < before.start) return SeriesFault{i, "out of order: the slots must be sorted by start"};
    if (slot.start == before.start) return SeriesFault{i, "starts at the same time as the slot before it"};
    if (slot.start < before.end) return SeriesFault{i, "overlaps the slot before it"};
  }
  return std::nullopt;
}

template std::optional<SeriesFault> FindFault(const std::vector<MarketPrice>&);
template std::optional<SeriesFault> FindFault(const std::vector<CarbonIntensity>&);

absl::StatusOr<MarketSeries> MarketSeries::Create(std::string id, std::string currency_code,
                                                  std::vector<MarketPrice> prices) {
  if (std::optional<SeriesFault> fault = FindFault(prices)) {
    return absl::InvalidArgumentError(absl::StrCat("market series ", id, ", slot ", fault->index, ": ", fault->what));
  }
  MarketSeries series;
  series.id_ = std::move(id);
  series.currency_code_ = std::move(currency_code);
  series.prices_ = std::move(prices);
  return series;
}

absl::StatusOr<CarbonSeries> CarbonSeries::Create(std::string region, std::vector<CarbonIntensity> intensities) {
  std::optional<SeriesFault> fault = FindFault(intensities);
  for (size_t i = 0; !fault && i < intensities.size(); ++i) {
    const CarbonIntensity& slot = intensities[i];
    if ((slot.forecast && slot.forecast->units() < 0) || (slot.actual && slot.actual->units() < 0)) {
      fault = SeriesFault{i, "an intensity must be 0 or more"};
    }
  }
  if (fault) {
    return absl::InvalidArgumentError(
        absl::StrCat("carbon series ", region, ", slot ", fault->index, ": ", fault->what));
  }
  CarbonSeries series;
  series.region_ = std::move(region);
  series.intensities_ = std::move(intensities);
  return series;
}

}  // namespace costs::engine
