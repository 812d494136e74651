#include "service/engine/rates_audit.h"

#include <algorithm>
#include <utility>

#include "service/engine/decimal.h"
#include "service/engine/schedule.h"
#include "service/engine/schedule_rules.h"
#include "service/engine/series.h"
#include "service/engine/tariff.h"

namespace costs::engine {
namespace {

using ElementStretch = PriceTimeline::ElementStretch;

int64_t SecondOf(Instant at) { return at.ns / kNanosPerSecond; }

// The first whole second that is not before `at`.
int64_t SecondFrom(Instant at) { return (at.ns + kNanosPerSecond - 1) / kNanosPerSecond; }

// The market's price at an instant at which there is one.
Decimal MarketAt(const MarketSeries& market, Instant at) { return market.PricesIn({at, {at.ns + 1}}, 1)[0].per_kwh; }

// One element along the query's interval: its stretches, and where any part of
// what it asks may change.
class ElementAlong {
 public:
  ElementAlong(const AuditQuery& query, size_t element)
      : query_(query), index_(element), element_(*query.prices->elements()[element]) {}

  // Appends the cuts; among them may be some at which nothing changes. False
  // where there are over query.most_figures changes.
  bool AddCuts(std::vector<Instant>* cuts) {
    const Usage nothing{Units::kWh, 0, query_.interval};
    query_.prices->VisitElement(index_, nothing, query_.usage_before, [&](const ElementStretch& stretch) {
      stretches_.push_back(stretch);
      cuts->push_back(stretch.interval.end);
      return stretches_.size() <= query_.most_figures;
    });
    if (stretches_.size() > query_.most_figures) return false;
    if (element_.market != nullptr && !AddSlots(cuts)) return false;
    if (element_.market != nullptr && element_.schedule != nullptr) AddRules(cuts);
    if (query_.prices->steps_of(index_) != nullptr) AddSteps(cuts);
    return true;
  }

  // `at` must not lie before that of an earlier call.
  const ElementStretch& At(Instant at) {
    while (stretches_[next_].interval.end <= at) ++next_;
    return stretches_[next_];
  }

  RateParts PartsAt(Instant at) const {
    const int scale = query_.prices->timeline().scale();
    RateParts parts;
    const Rate rate = RateAt(at, &parts.tier_start);
    if (element_.market == nullptr) {
      parts.fixed = rate.fixed.UnitsAtScale(scale);
      parts.aggregate = parts.fixed;
      return parts;
    }
    parts.market = MarketAt(*element_.market, at).UnitsAtScale(scale);
    parts.fixed = rate.surcharge_fixed.UnitsAtScale(scale);
    parts.percentage = 0;
    if (rate.surcharge_percentage.units() != 0) {
      // The scale has room for the product, so nothing is lost; the percentage's
      // digits go first, since the product of all might need over 128 bits.
      const int digits = rate.surcharge_percentage.scale() + 2;
      parts.percentage = (*parts.market + parts.fixed) / PowerOfTen(digits) * rate.surcharge_percentage.units();
    }
    parts.aggregate = *parts.market + parts.fixed + *parts.percentage;
    return parts;
  }

 private:
  // What the market asks may change while the surcharges undo it.
  bool AddSlots(std::vector<Instant>* cuts) const {
    const std::vector<MarketPrice> prices = element_.market->PricesIn(query_.interval);
    size_t changes = 0;
    for (size_t i = 1; i < prices.size(); ++i) {
      if (prices[i].per_kwh == prices[i - 1].per_kwh) continue;
      cuts->push_back(prices[i].interval.start);
      if (++changes > query_.most_figures) return false;
    }
    return true;
  }

  void AddRules(std::vector<Instant>* cuts) const {
    std::vector<Tier> before;
    VisitRules(*element_.schedule, element_.special_days.get(), query_.prices->zone(), SecondOf(query_.interval.start),
               SecondFrom(query_.interval.end), [&](int64_t start, int64_t, const Hours& hours) {
                 if (hours.tiers == before) return;
                 cuts->push_back(Instant::FromSeconds(start));
                 before = hours.tiers;
               });
  }

  void AddSteps(std::vector<Instant>* cuts) const {
    query_.prices->steps_of(index_)->Visit(query_.interval, [&](const TierSteps::Step& step) {
      cuts->push_back(step.interval.end);
      return true;
    });
  }

  // The rate of the rule and tier that hold at an instant. Sets `tier_start` where
  // there are tiers.
  Rate RateAt(Instant at, std::optional<Int128>* tier_start) const {
    if (element_.schedule == nullptr) return Rate{};
    size_t tier = 0;
    if (const TierSteps* steps = query_.prices->steps_of(index_)) {
      const TierSteps::Step step = StepAt(*steps, at);
      if (step.tiers() > 1) {
        const bool first_window = step.window == StepAt(*steps, query_.interval.start).window;
        tier = step.TierAt(first_window ? query_.prices->UsageOf(index_, query_.usage_before) : 0);
        *tier_start = tier == 0 ? 0 : step.EdgeOf(tier - 1);
      }
    }
    Rate rate;
    VisitRules(*element_.schedule, element_.special_days.get(), query_.prices->zone(), SecondOf(at), SecondOf(at) + 1,
               [&](int64_t, int64_t, const Hours& hours) { rate = hours.tiers[tier].rate; });
    return rate;
  }

  static TierSteps::Step StepAt(const TierSteps& steps, Instant at) {
    TierSteps::Step found;
    steps.Visit({at, {at.ns + 1}}, [&](const TierSteps::Step& step) {
      found = step;
      return false;
    });
    return found;
  }

  const AuditQuery& query_;
  const size_t index_;
  const TariffElement& element_;
  std::vector<ElementStretch> stretches_;
  size_t next_ = 0;
};

// Where any part of the price may change, with both ends; empty where that is
// too often.
std::vector<Instant> CutsOf(const AuditQuery& query, std::vector<ElementAlong>* elements) {
  std::vector<Instant> cuts = {query.interval.start, query.interval.end};
  for (ElementAlong& element : *elements) {
    if (!element.AddCuts(&cuts)) return {};
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  // The rules of a second in which the interval begins may begin before it.
  const auto first = std::lower_bound(cuts.begin(), cuts.end(), query.interval.start);
  const auto last = std::upper_bound(first, cuts.end(), query.interval.end);
  return {first, last};
}

void AddTo(std::optional<Int128>* sum, const std::optional<Int128>& part) {
  if (part) *sum = sum->value_or(0) + *part;
}

void AddTo(std::optional<RateParts>* sum, const RateParts& parts) {
  if (!*sum) {
    *sum = parts;
    return;
  }
  AddTo(&(*sum)->market, parts.market);
  AddTo(&(*sum)->percentage, parts.percentage);
  (*sum)->fixed += parts.fixed;
  (*sum)->aggregate += parts.aggregate;
  (*sum)->tier_start = std::max((*sum)->tier_start, parts.tier_start);
}

void SumUp(const PriceTimeline& prices, RateAudit* audit) {
  for (const ElementParts& element : audit->elements) {
    const bool commodity = prices.elements()[element.element]->type == ElementType::kCommodity;
    AddTo(commodity ? &audit->commodity : &audit->non_commodity, element.parts);
    audit->total += element.parts.aggregate;
    audit->confidence = std::min(audit->confidence, element.confidence);
  }
}

// What the elements that reign in an interval give; none where one of them has
// no price.
std::optional<std::vector<ElementParts>> PartsIn(const Interval& interval, std::vector<ElementAlong>* elements) {
  std::vector<ElementParts> parts;
  for (size_t e = 0; e < elements->size(); ++e) {
    const ElementStretch& stretch = (*elements)[e].At(interval.start);
    if (!stretch.known) return std::nullopt;
    if (!stretch.reigns) continue;
    parts.push_back({e, (*elements)[e].PartsAt(interval.start), stretch.confidence});
  }
  return parts;
}

}  // namespace

AuditList AuditRates(const AuditQuery& query) {
  AuditList list;
  std::vector<ElementAlong> elements;
  for (size_t e = 0; e < query.prices->elements().size(); ++e) elements.emplace_back(query, e);
  const std::vector<Instant> cuts = CutsOf(query, &elements);
  list.too_many = cuts.empty();
  size_t figures = 0;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    const Interval interval{cuts[i], cuts[i + 1]};
    std::optional<std::vector<ElementParts>> parts = PartsIn(interval, &elements);
    if (!parts) {
      list.entries.clear();
      list.price_gap = interval.start;
      return list;
    }
    if (!list.entries.empty() && list.entries.back().elements == *parts) {
      list.entries.back().interval.end = interval.end;
      continue;
    }
    figures += parts->size();
    if (figures > query.most_figures) {
      list.entries.clear();
      list.too_many = true;
      return list;
    }
    RateAudit audit;
    audit.interval = interval;
    audit.elements = *std::move(parts);
    SumUp(*query.prices, &audit);
    list.entries.push_back(std::move(audit));
  }
  return list;
}

}  // namespace costs::engine
