#include "service/engine/rates.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "service/engine/decimal.h"
#include "service/engine/pricing.h"

namespace costs::engine {
namespace {

constexpr int kAverageDigits = 9;
constexpr Int128 kNoEnd = std::numeric_limits<int64_t>::max() * Int128{1'000'000'000'000};

// The step of a ladder of tiers: up to `to` (kNoEnd: the last), `area` in rate
// units x ns.
struct Step {
  Int128 to = kNoEnd;
  Int128 area = 0;
};

// What an entry gathers while the stretches of a timeline pass by.
struct Gathered {
  Int128 area = 0;
  Confidence confidence = kCertain;
  bool known = true;
  std::vector<Step> ladder;
};

// The sum of two ladders: an edge wherever one of them has one.
std::vector<Step> Add(const std::vector<Step>& a, const std::vector<Step>& b) {
  if (a.empty()) return b;
  std::vector<Step> sum;
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const Int128 to = std::min(a[i].to, b[j].to);
    sum.push_back({to, a[i].area + b[j].area});
    if (a[i].to == to) ++i;
    if (b[j].to == to) ++j;
  }
  return sum;
}

// As PriceTimeline::VisitRates, but faster where there are no tiers.
void VisitPrices(const RateQuery& query, absl::FunctionRef<bool(const RateStretch&)> visitor) {
  if (query.prices->tiered()) return query.prices->VisitRates(query.interval, query.usage_before, visitor);
  query.prices->timeline().Visit(query.interval, [&](const Timeline::Stretch& stretch) {
    return visitor({stretch.interval, stretch.rate, stretch.confidence, stretch.known, {}});
  });
}

// The tiers of a stretch, with the areas of so many ns.
std::vector<Step> LadderOf(const RateStretch& stretch, int64_t nanos) {
  if (stretch.tiers.empty()) return {{kNoEnd, Int128{stretch.rate} * nanos}};
  std::vector<Step> ladder;
  for (const TierRate& tier : stretch.tiers) {
    ladder.push_back({tier.to_nwh.value_or(kNoEnd), Int128{tier.rate} * nanos});
  }
  return ladder;
}

// Spreads stretches, which come in order, over the entries that they lie in.
class Gatherer {
 public:
  explicit Gatherer(const std::vector<Instant>& cuts) : cuts_(cuts), gathered_(cuts.size() - 1) {}

  // `gather(part's ns, entry)` for each entry that holds a part of `interval`.
  template <typename Gather>
  void Spread(Interval interval, const Gather& gather) {
    for (; entry_ < gathered_.size(); ++entry_) {
      const int64_t from = std::max(interval.start.ns, cuts_[entry_].ns);
      const int64_t to = std::min(interval.end.ns, cuts_[entry_ + 1].ns);
      if (from < to) gather(to - from, &gathered_[entry_]);
      if (cuts_[entry_ + 1] > interval.end) return;
    }
  }

  const std::vector<Gathered>& gathered() const { return gathered_; }

 private:
  const std::vector<Instant>& cuts_;
  std::vector<Gathered> gathered_;
  size_t entry_ = 0;
};

// Where the entries begin and end; empty where there are more than `most`.
std::vector<Instant> CutsOf(const RateQuery& query) {
  const Interval& interval = query.interval;
  std::vector<Instant> cuts = {interval.start};
  if (query.nanos_per_entry > 0) {
    const int64_t count = (interval.nanos() - 1) / query.nanos_per_entry + 1;
    if (count > static_cast<int64_t>(query.most_figures)) return {};
    for (int64_t i = 1; i < count; ++i) cuts.push_back({interval.start.ns + i * query.nanos_per_entry});
    cuts.push_back(interval.end);
    return cuts;
  }
  const auto cut_at = [&](Instant at) {
    cuts.push_back(at);
    return cuts.size() <= 2 * query.most_figures + 3;
  };
  if (query.prices != nullptr) {
    VisitPrices(query, [&](const RateStretch& stretch) { return cut_at(stretch.interval.end); });
  }
  if (query.carbon != nullptr) {
    query.carbon->timeline().Visit(query.interval,
                                   [&](const Timeline::Stretch& stretch) { return cut_at(stretch.interval.end); });
  }
  cuts.push_back(interval.end);
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  if (cuts.size() - 1 > query.most_figures) cuts.clear();
  return cuts;
}

PriceFigure PriceOf(const Gathered& gathered, int64_t nanos, int scale) {
  PriceFigure price{AverageOf(gathered.area, nanos, scale), gathered.confidence, {}};
  if (gathered.ladder.size() < 2) return price;
  for (const Step& step : gathered.ladder) {
    TierFigure& tier = price.tiers.emplace_back();
    if (step.to != kNoEnd) tier.to_nwh = step.to;
    tier.rate = AverageOf(step.area, nanos, scale);
  }
  return price;
}

void AddPrices(const RateQuery& query, const std::vector<Instant>& cuts, RateList* list) {
  Gatherer gatherer(cuts);
  VisitPrices(query, [&](const RateStretch& stretch) {
    if (!stretch.known) {
      list->price_gap = stretch.interval.start;
      return false;
    }
    gatherer.Spread(stretch.interval, [&](int64_t nanos, Gathered* entry) {
      entry->area += Int128{stretch.rate} * nanos;
      entry->confidence = std::min(entry->confidence, stretch.confidence);
      if (query.prices->tiered()) entry->ladder = Add(entry->ladder, LadderOf(stretch, nanos));
    });
    return true;
  });
  if (list->price_gap) return;
  size_t figures = 0;
  for (size_t i = 0; i < list->entries.size(); ++i) {
    figures += std::max<size_t>(1, gatherer.gathered()[i].ladder.size());
    if (figures > query.most_figures) {
      list->too_many = true;
      return;
    }
    list->entries[i].price =
        PriceOf(gatherer.gathered()[i], list->entries[i].interval.nanos(), query.prices->timeline().scale());
  }
}

// Where each intensity lies between the lowest and the highest.
void Relate(std::vector<RateEntry>* entries) {
  constexpr int64_t kSteps = 1'000'000;
  int scale = 0;
  for (const RateEntry& entry : *entries) {
    if (entry.intensity) scale = std::max(scale, entry.intensity->grams.scale);
  }
  const auto units = [&](const RateEntry& entry) {
    return entry.intensity->grams.units * PowerOfTen(scale - entry.intensity->grams.scale);
  };
  std::optional<Int128> low, high;
  for (const RateEntry& entry : *entries) {
    if (!entry.intensity) continue;
    low = std::min(low.value_or(units(entry)), units(entry));
    high = std::max(high.value_or(units(entry)), units(entry));
  }
  for (RateEntry& entry : *entries) {
    if (!entry.intensity || low == high) continue;
    const Int128 steps = DivideHalfEven((units(entry) - *low) * kSteps, *high - *low);
    entry.intensity->relative = static_cast<double>(steps) / kSteps;
  }
}

void AddIntensities(const RateQuery& query, const std::vector<Instant>& cuts, RateList* list) {
  Gatherer gatherer(cuts);
  query.carbon->timeline().Visit(query.interval, [&](const Timeline::Stretch& stretch) {
    gatherer.Spread(stretch.interval, [&](int64_t nanos, Gathered* entry) {
      entry->known = entry->known && stretch.known;
      entry->area += Int128{stretch.rate} * nanos;
      entry->confidence = std::min(entry->confidence, stretch.confidence);
    });
    return true;
  });
  for (size_t i = 0; i < list->entries.size(); ++i) {
    const Gathered& gathered = gatherer.gathered()[i];
    if (!gathered.known) continue;
    list->entries[i].intensity.emplace(
        IntensityFigure{AverageOf(gathered.area, list->entries[i].interval.nanos(), query.carbon->timeline().scale()),
                        0, gathered.confidence});
  }
  Relate(&list->entries);
}

}  // namespace

Figure Figure::Of(Int128 units, int scale) {
  for (; scale > 0 && units % 10 == 0; --scale) units /= 10;
  return {units, scale};
}

double Figure::ToDouble() const { return static_cast<double>(units) / static_cast<double>(PowerOfTen(scale)); }

Figure AverageOf(Int128 area, int64_t nanos, int scale) {
  // In two steps, since the area with all the digits may need over 128 bits.
  const int digits = std::max(0, kAverageDigits - scale);
  const Int128 power = PowerOfTen(digits);
  if (digits == 0) return Figure::Of(DivideHalfEven(area, nanos), scale);
  return Figure::Of(area / nanos * power + DivideHalfEven(area % nanos * power, nanos), scale + digits);
}

RateList ListRates(const RateQuery& query) {
  RateList list;
  const std::vector<Instant> cuts = CutsOf(query);
  list.too_many = cuts.empty();
  if (list.too_many) return list;
  list.entries.resize(cuts.size() - 1);
  for (size_t i = 0; i < list.entries.size(); ++i) list.entries[i].interval = {cuts[i], cuts[i + 1]};
  if (query.prices != nullptr) AddPrices(query, cuts, &list);
  if (query.carbon != nullptr && !list.price_gap && !list.too_many) AddIntensities(query, cuts, &list);
  if (list.price_gap || list.too_many) list.entries.clear();
  return list;
}

}  // namespace costs::engine
