// Market price and carbon intensity series: values over half-open intervals of
// instants, in order, of any (also mixed) length, with gaps where nothing is
// known.
//
//   absl::StatusOr<MarketSeries> series = MarketSeries::Create("n2ex", "GBP", prices);
//   std::vector<Interval> changed;
//   absl::StatusOr<MarketSeries> next = series->With(prices_of_tomorrow, &changed);
//
// Immutable once made, and cheap to copy: a series is kept in chunks, one for
// each UTC year that a slot starts in, and `next` shares those of `series` in
// which nothing changed. 16 bytes a price, 24 an intensity. Thread-safe.
#ifndef SERVICE_ENGINE_SERIES_H_
#define SERVICE_ENGINE_SERIES_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/engine/decimal.h"
#include "service/engine/series_chunks.h"
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
                                             const std::vector<MarketPrice>& prices);

  // The series with these prices in place of what it has where they lie; a
  // stored slot that one covers in part is cut to what remains of it. They are
  // sorted and do not overlap; INVALID_ARGUMENT where FindFault finds one.
  // `changed` (may be null): appends the interval of each that was new or not
  // the stored one, in order.
  absl::StatusOr<MarketSeries> With(const std::vector<MarketPrice>& replacing, std::vector<Interval>* changed) const;

  const std::string& id() const { return id_; }
  const std::string& currency_code() const { return currency_code_; }  // ISO 4217

  size_t size() const { return chunks_.size(); }
  bool empty() const { return size() == 0; }
  // Of the last slot; kEarliest where there is none.
  Instant end() const { return chunks_.end(); }

  // A copy of the prices that lie in the interval, at least in part, in order;
  // at most so many.
  std::vector<MarketPrice> PricesIn(Interval interval, size_t most = std::numeric_limits<size_t>::max()) const;
  std::vector<MarketPrice> prices() const { return PricesIn({kEarliest, kLatest}); }

  // Intervals outside which the two series have the same prices. Looks only at
  // years that they do not share.
  std::vector<Interval> ChangesSince(const MarketSeries& before) const { return chunks_.ChangesSince(before.chunks_); }

  // As kept; for the engine.
  struct Slot {
    uint32_t start = 0;  // seconds since 1970
    uint32_t end = 0;
    int64_t per_kwh = 0;  // units of 10^-scale of its chunk

    int64_t value() const { return per_kwh; }
    Slot UpdatedBy(const Slot& update) const { return update; }  // of the same interval
    void MultiplyBy(int64_t factor) { per_kwh *= factor; }
    void DivideBy(int64_t divisor) { per_kwh /= divisor; }
    bool EndsInZero() const { return per_kwh % 10 == 0; }
    friend bool operator==(const Slot& a, const Slot& b) {
      return a.start == b.start && a.end == b.end && a.per_kwh == b.per_kwh;
    }
  };
  using Chunks = SeriesChunks<Slot>;
  const Chunks& chunks() const { return chunks_; }
  // Over all prices; 0 where there is none.
  int scale() const;  // the most digits after the point
  Decimal lowest() const;
  Decimal highest() const;

 private:
  MarketSeries() = default;

  std::string id_;
  std::string currency_code_;
  Chunks chunks_;
};

class CarbonSeries {
 public:
  // INVALID_ARGUMENT where FindFault finds one, or for a negative intensity.
  static absl::StatusOr<CarbonSeries> Create(std::string region, const std::vector<CarbonIntensity>& intensities);

  // As MarketSeries::With; but an intensity that starts and ends as a stored one
  // updates the figures that it sets and leaves the other.
  absl::StatusOr<CarbonSeries> With(const std::vector<CarbonIntensity>& replacing,
                                    std::vector<Interval>* changed) const;

  const std::string& region() const { return region_; }

  size_t size() const { return chunks_.size(); }
  bool empty() const { return size() == 0; }
  // Of the last slot; kEarliest where there is none.
  Instant end() const { return chunks_.end(); }

  // As MarketSeries::PricesIn.
  std::vector<CarbonIntensity> IntensitiesIn(Interval interval, size_t most = std::numeric_limits<size_t>::max()) const;
  std::vector<CarbonIntensity> intensities() const { return IntensitiesIn({kEarliest, kLatest}); }

  std::vector<Interval> ChangesSince(const CarbonSeries& before) const { return chunks_.ChangesSince(before.chunks_); }

  // As kept; for the engine.
  static constexpr int64_t kUnknown = -1;
  struct Slot {
    uint32_t start = 0;  // seconds since 1970
    uint32_t end = 0;
    int64_t forecast = kUnknown;  // units of 10^-scale of its chunk
    int64_t actual = kUnknown;

    int64_t value() const { return actual != kUnknown ? actual : forecast; }
    Slot UpdatedBy(const Slot& update) const;
    void MultiplyBy(int64_t factor);
    void DivideBy(int64_t divisor);
    bool EndsInZero() const;
    friend bool operator==(const Slot& a, const Slot& b) {
      return a.start == b.start && a.end == b.end && a.forecast == b.forecast && a.actual == b.actual;
    }
  };
  using Chunks = SeriesChunks<Slot>;
  const Chunks& chunks() const { return chunks_; }
  int scale() const;

 private:
  CarbonSeries() = default;

  std::string region_;
  Chunks chunks_;
};

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_SERIES_H_
