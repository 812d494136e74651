#include "service/engine/rates_audit.h"

#include <algorithm>
#include <utility>

#include "absl/time/civil_time.h"
#include "service/engine/decimal.h"
#include "service/engine/schedule.h"
#include "service/engine/series.h"
#include "service/engine/tariff.h"

namespace costs::engine {
namespace {

const std::vector<Hours>& HoursOn(const TariffElement& element, absl::CivilDay date) {
  const int weekday = static_cast<int>(absl::GetWeekday(date));
  return element.schedule->HoursOf(date.month(), weekday);
}

// The rule of the schedule at an instant.
const Rate& RuleAt(const TariffElement& element, const absl::TimeZone& zone, Instant at) {
  const absl::CivilSecond civil = zone.At(absl::FromUnixNanos(at.ns)).cs;
  const absl::CivilDay date(civil);
  const auto second = static_cast<int32_t>(civil - absl::CivilSecond(date));
  const std::vector<Hours>& hours = HoursOn(element, date);
  auto rule = hours.begin();
  while (rule->to <= second) ++rule;
  return rule->rate;
}

// The market's price at an instant at which there is one.
const Decimal& MarketAt(const MarketSeries& market, Instant at) {
  const std::vector<MarketPrice>& prices = market.prices();
  return std::partition_point(prices.begin(), prices.end(),
                              [&](const MarketPrice& price) { return price.interval.end <= at; })
      ->per_kwh;
}

RateParts PartsAt(const TariffElement& element, const AuditQuery& query, Instant at, int scale) {
  RateParts parts;
  const Rate rate = element.schedule != nullptr ? RuleAt(element, query.zone, at) : Rate{};
  if (element.market == nullptr) {
    parts.fixed = rate.fixed.UnitsAtScale(scale);
    parts.aggregate = parts.fixed;
    return parts;
  }
  parts.market = MarketAt(*element.market, at).UnitsAtScale(scale);
  parts.fixed = rate.surcharge_fixed.UnitsAtScale(scale);
  // The timeline's scale has room for the product, so nothing is lost. The
  // percentage's digits go first: the product of all of them might not fit.
  parts.percentage = 0;
  if (rate.surcharge_percentage.units() != 0) {
    const int digits = rate.surcharge_percentage.scale() + 2;
    parts.percentage = (*parts.market + parts.fixed) / PowerOfTen(digits) * rate.surcharge_percentage.units();
  }
  parts.aggregate = *parts.market + parts.fixed + *parts.percentage;
  return parts;
}

// Adds where a part of what `element` asks may change, and perhaps some instants
// at which nothing does: at most a few for each day. False where there are over
// `most` changes.
class ElementCuts {
 public:
  ElementCuts(const AuditQuery& query, size_t element, std::vector<Instant>* cuts)
      : interval_(query.interval),
        zone_(query.zone),
        prices_(*query.prices),
        index_(element),
        element_(*query.prices->elements()[element]),
        cuts_(cuts),
        // A day is at most three cuts that are no changes.
        most_(query.most_figures + 4 * static_cast<size_t>(interval_.nanos() / kNanosPerDay + 4)) {}

  bool AddAll() {
    prices_.timeline_of(index_).Visit(interval_, [&](const Timeline::Stretch& stretch) {
      Add(stretch.interval.end);
      return added_ <= most_;
    });
    if (element_.market != nullptr) AddSlots(element_.market->prices());
    if (element_.market != nullptr && element_.schedule != nullptr) AddRules();
    return added_ <= most_;
  }

 private:
  void Add(Instant at) {
    if (at <= interval_.start || at >= interval_.end) return;
    cuts_->push_back(at);
    ++added_;
  }

  // What the market asks may change while the surcharges undo it.
  void AddSlots(const std::vector<MarketPrice>& prices) {
    auto slot = std::partition_point(prices.begin(), prices.end(),
                                     [&](const MarketPrice& price) { return price.interval.end <= interval_.start; });
    for (; slot != prices.end() && slot->interval.start < interval_.end && added_ <= most_; ++slot) {
      if (slot + 1 != prices.end() && (slot + 1)->per_kwh != slot->per_kwh) Add(slot->interval.end);
    }
  }

  void AddRules() {
    absl::CivilDay date = absl::ToCivilDay(absl::FromUnixNanos(interval_.start.ns), zone_) - 1;
    const absl::CivilDay last = absl::ToCivilDay(absl::FromUnixNanos(interval_.end.ns), zone_) + 1;
    for (; date <= last && added_ <= most_; ++date) {
      const std::vector<Hours>& hours = HoursOn(element_, date);
      for (size_t i = 0; i < hours.size(); ++i) {
        if (i > 0 && hours[i].rate == hours[i - 1].rate) continue;
        const absl::TimeZone::TimeInfo info = zone_.At(absl::CivilSecond(date) + hours[i].from);
        Add({absl::ToUnixNanos(info.pre)});
        if (info.kind == absl::TimeZone::TimeInfo::UNIQUE) continue;
        Add({absl::ToUnixNanos(info.trans)});
        Add({absl::ToUnixNanos(info.post)});
      }
    }
  }

  const Interval interval_;
  const absl::TimeZone zone_;
  const PriceTimeline& prices_;
  const size_t index_;
  const TariffElement& element_;
  std::vector<Instant>* const cuts_;
  const size_t most_;
  size_t added_ = 0;
};

// Where any part of the price may change, with both ends; empty where that is
// too often.
std::vector<Instant> CutsOf(const AuditQuery& query) {
  std::vector<Instant> cuts = {query.interval.start, query.interval.end};
  for (size_t i = 0; i < query.prices->elements().size(); ++i) {
    if (!ElementCuts(query, i, &cuts).AddAll()) return {};
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  return cuts;
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

}  // namespace

AuditList AuditRates(const AuditQuery& query) {
  AuditList list;
  const PriceTimeline& prices = *query.prices;
  const std::vector<Instant> cuts = CutsOf(query);
  list.too_many = cuts.empty();
  size_t figures = 0;
  for (size_t i = 0; i + 1 < cuts.size(); ++i) {
    RateAudit audit;
    audit.interval = {cuts[i], cuts[i + 1]};
    for (size_t e = 0; e < prices.elements().size(); ++e) {
      const Timeline::Integral integral = prices.timeline_of(e).Integrate(audit.interval);
      if (!integral.known) {
        list.entries.clear();
        list.price_gap = integral.gap;
        return list;
      }
      const RateParts parts = PartsAt(*prices.elements()[e], query, cuts[i], prices.timeline().scale());
      audit.elements.push_back({e, parts, integral.confidence});
    }
    if (!list.entries.empty() && list.entries.back().elements == audit.elements) {
      list.entries.back().interval.end = audit.interval.end;
      continue;
    }
    figures += audit.elements.size();
    if (figures > query.most_figures) {
      list.entries.clear();
      list.too_many = true;
      return list;
    }
    SumUp(prices, &audit);
    list.entries.push_back(std::move(audit));
  }
  return list;
}

}  // namespace costs::engine
