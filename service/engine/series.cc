#include "service/engine/series.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

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

namespace {

uint32_t SecondOf(Instant at) { return static_cast<uint32_t>(at.ns / kNanosPerSecond); }

Interval IntervalOf(uint32_t start, uint32_t end) { return {Instant::FromSeconds(start), Instant::FromSeconds(end)}; }

// The seconds that an interval lies in, at least in part.
std::pair<int64_t, int64_t> SecondsOf(Interval interval) {
  return {interval.start.ns / kNanosPerSecond, (interval.end.ns + kNanosPerSecond - 1) / kNanosPerSecond};
}

template <typename Chunks>
int ScaleOf(const Chunks& chunks) {
  int scale = 0;
  for (const auto& chunk : chunks.chunks()) scale = std::max(scale, chunk->scale);
  return scale;
}

int64_t UnitsAtScale(const Decimal& number, int scale) { return static_cast<int64_t>(number.UnitsAtScale(scale)); }

int64_t Multiplied(int64_t intensity, int64_t factor) {
  return intensity == CarbonSeries::kUnknown ? intensity : intensity * factor;
}

int64_t Divided(int64_t intensity, int64_t divisor) {
  return intensity == CarbonSeries::kUnknown ? intensity : intensity / divisor;
}

absl::Status FaultStatus(absl::string_view kind, absl::string_view name, const SeriesFault& fault) {
  return absl::InvalidArgumentError(absl::StrCat(kind, " series ", name, ", slot ", fault.index, ": ", fault.what));
}

}  // namespace

absl::StatusOr<MarketSeries> MarketSeries::Create(std::string id, std::string currency_code,
                                                  const std::vector<MarketPrice>& prices) {
  MarketSeries series;
  series.id_ = std::move(id);
  series.currency_code_ = std::move(currency_code);
  return series.With(prices, nullptr);
}

absl::StatusOr<MarketSeries> MarketSeries::With(const std::vector<MarketPrice>& replacing,
                                                std::vector<Interval>* changed) const {
  if (std::optional<SeriesFault> fault = FindFault(replacing)) return FaultStatus("market", id_, *fault);
  int scale = 0;
  for (const MarketPrice& price : replacing) scale = std::max(scale, price.per_kwh.scale());
  std::vector<Slot> slots;
  slots.reserve(replacing.size());
  for (const auto& [interval, per_kwh] : replacing) {
    slots.push_back({SecondOf(interval.start), SecondOf(interval.end), UnitsAtScale(per_kwh, scale)});
  }
  MarketSeries series = *this;
  series.chunks_ = chunks_.With(std::move(slots), scale, changed);
  return series;
}

std::vector<MarketPrice> MarketSeries::PricesIn(Interval interval, size_t most) const {
  std::vector<MarketPrice> prices;
  prices.reserve(std::min(most, size()));
  const auto [start, end] = SecondsOf(interval);
  chunks_.Visit(start, end, [&](absl::Span<const Slot> slots, int scale) {
    for (const Slot& slot : slots) {
      if (prices.size() == most) return false;
      prices.push_back({IntervalOf(slot.start, slot.end), Decimal::FromUnits(slot.per_kwh, scale)});
    }
    return true;
  });
  return prices;
}

int MarketSeries::scale() const { return ScaleOf(chunks_); }

Decimal MarketSeries::lowest() const {
  const int scale = this->scale();
  std::optional<int64_t> lowest;
  for (const auto& chunk : chunks_.chunks()) {
    const int64_t units = UnitsAtScale(Decimal::FromUnits(chunk->lowest, chunk->scale), scale);
    lowest = std::min(units, lowest.value_or(units));
  }
  return Decimal::FromUnits(lowest.value_or(0), scale);
}

Decimal MarketSeries::highest() const {
  const int scale = this->scale();
  std::optional<int64_t> highest;
  for (const auto& chunk : chunks_.chunks()) {
    const int64_t units = UnitsAtScale(Decimal::FromUnits(chunk->highest, chunk->scale), scale);
    highest = std::max(units, highest.value_or(units));
  }
  return Decimal::FromUnits(highest.value_or(0), scale);
}

CarbonSeries::Slot CarbonSeries::Slot::UpdatedBy(const Slot& update) const {
  Slot updated = *this;
  if (update.forecast != kUnknown) updated.forecast = update.forecast;
  if (update.actual != kUnknown) updated.actual = update.actual;
  return updated;
}

void CarbonSeries::Slot::MultiplyBy(int64_t factor) {
  forecast = Multiplied(forecast, factor);
  actual = Multiplied(actual, factor);
}

void CarbonSeries::Slot::DivideBy(int64_t divisor) {
  forecast = Divided(forecast, divisor);
  actual = Divided(actual, divisor);
}

bool CarbonSeries::Slot::EndsInZero() const {
  return (forecast == kUnknown || forecast % 10 == 0) && (actual == kUnknown || actual % 10 == 0);
}

absl::StatusOr<CarbonSeries> CarbonSeries::Create(std::string region, const std::vector<CarbonIntensity>& intensities) {
  CarbonSeries series;
  series.region_ = std::move(region);
  return series.With(intensities, nullptr);
}

absl::StatusOr<CarbonSeries> CarbonSeries::With(const std::vector<CarbonIntensity>& replacing,
                                                std::vector<Interval>* changed) const {
  std::optional<SeriesFault> fault = FindFault(replacing);
  int scale = 0;
  for (size_t i = 0; i < replacing.size() && !fault; ++i) {
    for (const std::optional<Decimal>& figure : {replacing[i].forecast, replacing[i].actual}) {
      if (!figure) continue;
      scale = std::max(scale, figure->scale());
      if (figure->units() < 0) fault = SeriesFault{i, "an intensity must be 0 or more"};
    }
  }
  if (fault) return FaultStatus("carbon", region_, *fault);
  std::vector<Slot> slots;
  slots.reserve(replacing.size());
  for (const auto& [interval, forecast, actual] : replacing) {
    slots.push_back({SecondOf(interval.start), SecondOf(interval.end),
                     forecast ? UnitsAtScale(*forecast, scale) : kUnknown,
                     actual ? UnitsAtScale(*actual, scale) : kUnknown});
  }
  CarbonSeries series = *this;
  series.chunks_ = chunks_.With(std::move(slots), scale, changed);
  return series;
}

std::vector<CarbonIntensity> CarbonSeries::IntensitiesIn(Interval interval, size_t most) const {
  std::vector<CarbonIntensity> intensities;
  intensities.reserve(std::min(most, size()));
  const auto [start, end] = SecondsOf(interval);
  chunks_.Visit(start, end, [&](absl::Span<const Slot> slots, int scale) {
    auto figure = [scale](int64_t units) {
      return units == kUnknown ? std::nullopt : std::make_optional(Decimal::FromUnits(units, scale));
    };
    for (const Slot& slot : slots) {
      if (intensities.size() == most) return false;
      intensities.push_back({IntervalOf(slot.start, slot.end), figure(slot.forecast), figure(slot.actual)});
    }
    return true;
  });
  return intensities;
}

int CarbonSeries::scale() const { return ScaleOf(chunks_); }

}  // namespace costs::engine
