#include "service/engine/tier_steps.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "service/engine/schedule_rules.h"
#include "service/engine/tier_window.h"

namespace costs::engine {
namespace {

// The window that holds the first instant of 1970 may have a number of -1.
constexpr int64_t kLowestNumber = -1;

int64_t Encode(int64_t window, size_t edges, size_t edges_count) {
  return (window - kLowestNumber) * static_cast<int64_t>(edges_count) + static_cast<int64_t>(edges);
}

std::vector<Int128> EdgesOf(const Hours& hours) {
  std::vector<Int128> edges;
  for (const Tier& tier : hours.tiers) {
    if (tier.to_kwh) edges.push_back(tier.to_kwh->UnitsAtScale(Decimal::kMaxScale) * (kNanoWhPerKwh / 1'000'000'000));
  }
  return edges;
}

// By the rules of the element's schedule, which hold still in memory.
using EdgesOfRule = absl::flat_hash_map<const Hours*, size_t>;

class StepPieces final : public PieceSource {
 public:
  StepPieces(std::shared_ptr<const TariffElement> element, absl::TimeZone zone, EdgesOfRule edges_of, size_t count)
      : element_(std::move(element)), zone_(zone), edges_of_(std::move(edges_of)), count_(count) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override {
    const TierWindow& window = element_->tier_window;
    for (int64_t number = WindowNumberAt(window, zone_, Instant::FromSeconds(start));; ++number) {
      const Interval span = WindowOfNumber(window, zone_, number).interval;
      const int64_t from = std::max(start, span.start.ns / kNanosPerSecond);
      const int64_t to = std::min(end, span.end.ns / kNanosPerSecond);
      if (from >= end) return;
      if (from >= to) continue;  // a day that the clock skips
      if (count_ == 1) {
        pieces->push_back({from, to, Encode(number, 0, count_), kCertain, true});
        continue;
      }
      VisitRules(*element_->schedule, element_->special_days.get(), zone_, from, to,
                 [&](int64_t a, int64_t b, const Hours& hours) {
                   pieces->push_back({a, b, Encode(number, edges_of_.at(&hours), count_), kCertain, true});
                 });
    }
  }

 private:
  const std::shared_ptr<const TariffElement> element_;
  const absl::TimeZone zone_;
  const EdgesOfRule edges_of_;
  const size_t count_;
};

}  // namespace

size_t TierSteps::Step::TierAt(Int128 usage) const {
  size_t tier = 0;
  while (tier < edges.size() && EdgeOf(tier) <= usage) ++tier;
  return tier;
}

TierSteps::TierSteps(std::shared_ptr<const TariffElement> element, absl::TimeZone zone) : element_(std::move(element)) {
  EdgesOfRule edges_of;
  std::map<std::vector<Int128>, size_t> known;
  for (int month = 1; month <= 12; ++month) {
    for (int day = 0; day <= Schedule::kSpecialDayIndex; ++day) {
      for (const Hours& hours : element_->schedule->HoursOf(month, day)) {
        if (edges_of.contains(&hours)) continue;
        std::vector<Int128> edges = EdgesOf(hours);
        const auto [place, is_new] = known.emplace(edges, edges_.size());
        if (is_new) edges_.push_back(std::move(edges));
        edges_of.emplace(&hours, place->second);
      }
    }
  }
  steps_ = std::make_unique<const Timeline>(
      std::make_unique<StepPieces>(element_, zone, std::move(edges_of), edges_.size()), /*scale=*/0);
}

void TierSteps::Visit(Interval interval, absl::FunctionRef<bool(const Step&)> visitor) const {
  const auto count = static_cast<int64_t>(edges_.size());
  const bool daily = element_->tier_unit == TierUnit::kKwhDaily;
  steps_->Visit(interval, [&](const Timeline::Stretch& stretch) {
    Step step;
    step.interval = stretch.interval;
    step.window = stretch.rate / count + kLowestNumber;
    step.edges = edges_[static_cast<size_t>(stretch.rate % count)];
    if (daily) step.factor = DaysOfWindow(element_->tier_window, step.window);
    return visitor(step);
  });
}

std::optional<Interval> TierSteps::Difference(const TierSteps& a, const TierSteps& b) {
  constexpr Interval kAlways{kEarliest, kLatest};
  if (&a == &b) return std::nullopt;
  if (a.window() != b.window() || a.element_->tier_unit != b.element_->tier_unit || a.edges_ != b.edges_) {
    return kAlways;
  }
  return Timeline::Difference(*a.steps_, *b.steps_, kAlways);
}

}  // namespace costs::engine
