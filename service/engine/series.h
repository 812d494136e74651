// Market price and carbon intensity series: values over half-open intervals of
// instants, in order, of any (also mixed) length, with gaps where nothing is
// known. Immutable once made; share them by shared_ptr<const>.
#ifndef SERVICE_ENGINE_SERIES_H_
#define SERVICE_ENGINE_SERIES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/engine/decimal.h"
#include "service/engine/time.h"

namespace costs::engine {

// A market price, in major units per kWh; it may be negative.
struct MarketPrice {
  Interval interval;
  Decimal per_kwh;
};

// A carbon intensity in gCO2eq per kWh. An actual beats the forecast; with
// neither the slot is a gap.
struct CarbonIntensity {
  Interval interval;
  std::optional<Decimal> forecast;
  std::optional<Decimal> actual;
};

// The first entry that is empty, outside [kEarliest, kLatest], not on a whole
// second, out of order or overlapping its predecessor, and what is wrong.
struct SeriesFault {
  size_t index = 0;
  std::string what;
};

template <typename Entry>
std::optional<SeriesFault> FindFault(const std::vector<Entry>& entries);

class MarketSeries {
 public:
  // INVALID_ARGUMENT where FindFault finds one.
  static absl::StatusOr<MarketSeries> Create(std::string id, std::string currency_code,
                                             std::vector<MarketPrice> prices);

  const std::string& id() const { return id_; }
  const std::string& currency_code() const { return currency_code_; }  // ISO 4217
  const std::vector<MarketPrice>& prices() const { return prices_; }

 private:
  MarketSeries() = default;

  std::string id_;
  std::string currency_code_;
  std::vector<MarketPrice> prices_;
};

class CarbonSeries {
 public:
  // INVALID_ARGUMENT where FindFault finds one, or for a negative intensity.
  static absl::StatusOr<CarbonSeries> Create(std::string region, std::vector<CarbonIntensity> intensities);

  const std::string& region() const { return region_; }
  const std::vector<CarbonIntensity>& intensities() const { return intensities_; }

 private:
  CarbonSeries() = default;

  std::string region_;
  std::vector<CarbonIntensity> intensities_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SERIES_H_
