// PriceTimeline::VisitRates: the price of a kWh with its tiers, along time.
#include <algorithm>
#include <utility>
#include <vector>

#include "service/engine/price_timeline.h"

namespace costs::engine {
namespace {

// What an element asks at an instant, which must not lie before those of earlier
// calls.
class ElementCursor {
 public:
  explicit ElementCursor(std::vector<PriceTimeline::ElementStretch> stretches) : stretches_(std::move(stretches)) {}

  const PriceTimeline::ElementStretch& At(Instant at) {
    while (stretches_[next_].interval.end <= at) ++next_;
    return stretches_[next_];
  }

 private:
  std::vector<PriceTimeline::ElementStretch> stretches_;
  size_t next_ = 0;
};

void AddEnds(const Timeline& timeline, Interval interval, std::vector<Instant>* cuts) {
  timeline.Visit(interval, [cuts](const Timeline::Stretch& stretch) {
    cuts->push_back(stretch.interval.end);
    return true;
  });
}

bool Same(const RateStretch& a, const RateStretch& b) {
  return a.rate == b.rate && a.confidence == b.confidence && a.known == b.known && a.tiers == b.tiers;
}

}  // namespace

std::vector<TierRate> PriceTimeline::LadderAt(Instant at) const {
  const Interval now{at, {at.ns + 1}};
  auto rate_of = [&](size_t element, size_t tier) {
    return static_cast<int64_t>(timeline_of(element, tier).Integrate(now).area);
  };
  int64_t untiered = 0;
  std::vector<std::pair<size_t, TierSteps::Step>> tiered;
  std::vector<Int128> edges;
  for (size_t e = 0; e < elements_.size(); ++e) {
    bool has_tiers = false;
    if (steps_of(e) != nullptr && Reigns(e, at)) {
      steps_of(e)->Visit(now, [&](const TierSteps::Step& step) {
        has_tiers = step.tiers() > 1;
        if (has_tiers) tiered.emplace_back(e, step);
        return false;
      });
    }
    if (!has_tiers) untiered += rate_of(e, 0);
  }
  for (const auto& [element, step] : tiered) {
    if (parts_[element].window != parts_[tiered.front().first].window) return {};
    for (size_t tier = 0; tier + 1 < step.tiers(); ++tier) edges.push_back(step.EdgeOf(tier));
  }
  if (edges.empty()) return {};
  std::sort(edges.begin(), edges.end());
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<TierRate> ladder;
  Int128 below = 0;
  for (size_t i = 0; i <= edges.size(); ++i) {
    TierRate& rung = ladder.emplace_back();
    if (i < edges.size()) rung.to_nwh = edges[i];
    rung.rate = untiered;
    for (const auto& [element, step] : tiered) rung.rate += rate_of(element, step.TierAt(below));
    if (i < edges.size()) below = edges[i];
  }
  return ladder;
}

void PriceTimeline::VisitRates(Interval interval, UsageBefore before,
                               absl::FunctionRef<bool(const RateStretch&)> visitor) const {
  const Usage nothing{Units::kWh, 0, interval};
  std::vector<ElementCursor> cursors;
  std::vector<Instant> cuts;
  for (size_t e = 0; e < elements_.size(); ++e) {
    std::vector<ElementStretch> stretches;
    VisitElement(e, nothing, before, [&](const ElementStretch& stretch) {
      stretches.push_back(stretch);
      cuts.push_back(stretch.interval.end);
      return true;
    });
    cursors.emplace_back(std::move(stretches));
    if (steps_of(e) == nullptr) continue;
    // The tiers that usage does not reach change too, and so do the edges.
    for (const auto& tier : parts_[e].tiers) AddEnds(*tier, interval, &cuts);
    steps_of(e)->Visit(interval, [&](const TierSteps::Step& step) {
      cuts.push_back(step.interval.end);
      return true;
    });
  }
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  RateStretch held;
  held.interval = {interval.start, interval.start};
  for (const Instant end : cuts) {
    RateStretch next;
    const Instant start = held.interval.end;
    for (ElementCursor& cursor : cursors) {
      const ElementStretch& stretch = cursor.At(start);
      next.rate += stretch.rate;
      next.confidence = std::min(next.confidence, stretch.confidence);
      next.known = next.known && stretch.known;
    }
    if (!next.known) next = {{}, 0, kCertain, false, {}};
    if (next.known && tiered()) next.tiers = LadderAt(start);
    next.interval = {start, end};
    if (held.interval.nanos() > 0 && !Same(held, next)) {
      if (!visitor(held)) return;
    } else {
      next.interval.start = held.interval.start;
    }
    held = std::move(next);
  }
  visitor(held);
}

}  // namespace costs::engine
