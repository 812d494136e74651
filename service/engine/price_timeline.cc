#include "service/engine/price_timeline.h"

#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/engine/tier_walk.h"

namespace costs::engine {
namespace {

using Elements = std::vector<std::shared_ptr<const TariffElement>>;

std::unique_ptr<const PieceSource> SumOf(const Elements& elements, const std::vector<Reign>& reigns,
                                         absl::TimeZone zone, int scale) {
  std::vector<std::unique_ptr<const PieceSource>> parts;
  parts.reserve(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) {
    parts.push_back(std::make_unique<ElementPieces>(elements[i], zone, scale, /*tier=*/0, reigns[i]));
  }
  if (parts.size() == 1) return std::move(parts.front());
  return std::make_unique<SumOfPieces>(std::move(parts));
}

// When each element prices.
absl::StatusOr<std::vector<Reign>> ReignsOf(const Elements& elements) {
  std::vector<Reign> reigns(elements.size());
  absl::flat_hash_map<absl::string_view, size_t> by_id;
  for (size_t i = 0; i < elements.size(); ++i) by_id.emplace(elements[i]->id, i);
  for (size_t i = 0; i < elements.size(); ++i) {
    const TariffElement& newer = *elements[i];
    const auto place = by_id.find(newer.supersedes);
    if (newer.supersedes.empty() || place == by_id.end()) continue;
    const TariffElement& older = *elements[place->second];
    if (newer.contract_start <= older.contract_start) {
      return absl::InvalidArgumentError(absl::StrCat("tariff element ", newer.id, " supersedes ", older.id,
                                                     "; its contract_start_date must be later than that one's"));
    }
    Reign& reign = reigns[place->second];
    if (reign.until != Reign().until) {
      return absl::InvalidArgumentError(absl::StrCat("tariff element ", newer.id, " supersedes ", older.id,
                                                     ", and so does another one; only one element may"));
    }
    reign.until = reigns[i].from = newer.contract_start.ns / kNanosPerSecond;
  }
  return reigns;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PriceTimeline>> PriceTimeline::Create(Elements elements, absl::TimeZone zone,
                                                                           const PriceTimeline* before,
                                                                           absl::Span<const Interval> changed) {
  if (elements.empty()) return absl::InvalidArgumentError("a price needs at least one tariff element");
  int scale = 0;
  for (const auto& element : elements) {
    if (absl::Status status = CheckElement(*element); !status.ok()) return status;
    scale = std::max(scale, ScaleOf(*element));
  }
  absl::StatusOr<std::vector<Reign>> reigns = ReignsOf(elements);
  if (!reigns.ok()) return reigns.status();
  Int128 largest = 0;
  for (const auto& element : elements) largest += LargestRateOf(*element, scale);
  if (scale > Timeline::kMaxScale || largest > std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the rates of tariff element ", elements.front()->id, " and those beside it need more than ",
                     "18 digits; write prices or surcharge percentages with fewer digits after the point"));
  }
  return std::shared_ptr<const PriceTimeline>(
      new PriceTimeline(std::move(elements), *reigns, zone, scale, before, changed));
}

PriceTimeline::PriceTimeline(Elements elements, const std::vector<Reign>& reigns, absl::TimeZone zone, int scale,
                             const PriceTimeline* before, absl::Span<const Interval> changed)
    : elements_(std::move(elements)),
      zone_(zone),
      sum_(SumOf(elements_, reigns, zone, scale), scale, before != nullptr ? &before->sum_ : nullptr, changed) {
  for (size_t i = 0; i < elements_.size(); ++i) {
    const std::shared_ptr<const TariffElement>& element = elements_[i];
    Part& part = parts_.emplace_back();
    part.reign = reigns[i];
    const bool tiered = element->schedule != nullptr && element->schedule->tiered();
    const size_t tiers = tiered ? static_cast<size_t>(element->schedule->most_tiers()) : 1;
    // One element alone is the sum.
    for (size_t tier = 0; tier < tiers && elements_.size() * tiers > 1; ++tier) {
      part.tiers.push_back(std::make_unique<const Timeline>(
          std::make_unique<ElementPieces>(element, zone, scale, tier, reigns[i]), scale,
          before != nullptr ? &before->timeline_of(i, tier) : nullptr, changed));
    }
    if (!tiered) continue;
    part.steps = std::make_unique<const TierSteps>(element, zone);
    const auto known = std::find(windows_.begin(), windows_.end(), element->tier_window);
    part.window = static_cast<size_t>(known - windows_.begin());
    if (known == windows_.end()) windows_.push_back(element->tier_window);
  }
}

bool PriceTimeline::Reigns(size_t element, Instant at) const {
  const Reign& reign = parts_[element].reign;
  const int64_t second = at.ns / kNanosPerSecond;
  return reign.from <= second && second < reign.until;
}

void PriceTimeline::VisitElement(size_t element, const Usage& usage, UsageBefore before,
                                 absl::FunctionRef<bool(const ElementStretch&)> visitor) const {
  // Held back until its end is known: the next one may be no different.
  ElementStretch held;
  held.interval = {usage.interval.start, usage.interval.start};
  bool wanted = true;
  auto add = [&](const ElementStretch& next) {
    const bool same = next.rate == held.rate && next.confidence == held.confidence && next.known == held.known &&
                      next.reigns == held.reigns;
    if (!same && held.interval.nanos() > 0) {
      wanted = visitor(held);
      held.interval.start = held.interval.end;
    }
    const Instant start = held.interval.start;
    held = next;
    held.interval.start = start;
    return wanted;
  };
  // An element may ask 0 when its reign begins or ends; that too is a change.
  const Reign& reign = parts_[element].reign;
  auto add_timeline = [&](const Timeline& timeline, Interval interval) {
    timeline.Visit(interval, [&](const Timeline::Stretch& stretch) {
      for (Instant at = stretch.interval.start; at < stretch.interval.end && wanted;) {
        const bool reigns = Reigns(element, at);
        Instant end = stretch.interval.end;
        for (const int64_t change : {reign.from, reign.until}) {
          if (change > at.ns / kNanosPerSecond && change <= end.ns / kNanosPerSecond)
            end = Instant::FromSeconds(change);
        }
        add({{at, end}, stretch.rate, stretch.confidence, stretch.known, reigns});
        at = end;
      }
      return wanted;
    });
  };
  if (parts_[element].steps == nullptr) {
    add_timeline(timeline_of(element), usage.interval);
  } else {
    WalkTiers(usage, *parts_[element].steps, UsageOf(element, before), [&](const TierStretch& stretch) {
      if (wanted && stretch.interval.nanos() > 0) add_timeline(timeline_of(element, stretch.tier), stretch.interval);
    });
  }
  if (wanted) visitor(held);
}

}  // namespace costs::engine
