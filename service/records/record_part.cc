#include "service/records/record_part.h"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "service/calculator/validation.h"
#include "service/engine/breakdown.h"
#include "service/engine/pricing.h"
#include "service/engine/tier_window.h"
#include "service/engine/timeline.h"
#include "service/engine/wide_division.h"

namespace costs::records {
namespace {

using engine::Instant;
using engine::Int128;
using engine::Int256;
using engine::Interval;
using engine::Timeline;

// What the catalog says of a record's figure from its start up to an instant within
// it; nothing where it does not know.
using SumUpTo = std::function<std::optional<Int128>(Instant)>;

// A stretch of the record of which the figures are kept.
struct Stretch {
  Interval interval;
  int64_t energy_wh = 0;
  std::optional<engine::MoneyMicros> cost;
  std::optional<engine::CarbonMilligrams> carbon;
};

Instant FirstOf(int32_t day, const absl::TimeZone& zone) {
  return Instant::FromSeconds(engine::FirstSecondOf(absl::CivilDay(1970, 1, 1) + day, zone));
}

Interval Overlap(Interval a, Interval b) { return {std::max(a.start, b.start), std::min(a.end, b.end)}; }

Stretch Whole(const StoredRecord& record) {
  const Figures& figures = record.revision.figures;
  Stretch whole;
  whole.interval = record.request.interval;
  whole.energy_wh = figures.energy_wh;
  if (figures.tariff) whole.cost = figures.tariff->micros;
  if (figures.carbon) whole.carbon = figures.carbon->milligrams;
  return whole;
}

// By day. Where the days are not those of the location's clock as the catalog now
// has it, the record is one stretch.
std::vector<Stretch> StretchesOf(const StoredRecord& record, const catalog::Location* location) {
  if (location == nullptr) return {Whole(record)};
  std::vector<Stretch> stretches;
  Instant at = record.request.interval.start;
  for (const calculator::DayPart& part : record.revision.figures.days) {
    const Interval day{FirstOf(part.day, location->zone), FirstOf(part.day + 1, location->zone)};
    const Interval interval = Overlap(day, record.request.interval);
    if (interval.start != at || interval.end <= at) return {Whole(record)};
    stretches.push_back({interval, part.energy_wh, part.cost, part.carbon});
    at = interval.end;
  }
  if (at != record.request.interval.end) return {Whole(record)};
  return stretches;
}

// numerator / denominator of `total`, half-even; the denominator is not 0.
Int128 Share(Int128 total, Int128 numerator, Int128 denominator) {
  if (denominator < 0) return Share(total, -numerator, -denominator);
  return engine::DivideHalfEven(Int256(total) * Int256(numerator), Int256(denominator));
}

// What of a stretch's figure lies before an instant within it: nothing at its start,
// all at its end.
Int128 Before(Instant at, Int128 total, Interval stretch, const SumUpTo& sum) {
  if (at == stretch.start) return 0;
  if (at == stretch.end) return total;
  const std::optional<Int128> to_start = sum(stretch.start);
  const std::optional<Int128> to_end = sum(stretch.end);
  const std::optional<Int128> to_at = sum(at);
  if (to_start && to_end && to_at) {
    const Int128 whole = *to_end - *to_start;
    const Int128 part = *to_at - *to_start;
    if (whole == total) return part;
    const bool between = whole > 0 ? part >= 0 && part <= whole : part <= 0 && part >= whole;
    if (whole != 0 && between) return Share(total, part, whole);
  }
  return Share(total, at.ns - stretch.start.ns, stretch.nanos());
}

// What the catalog says of one record's figures.
class Explanation {
 public:
  Explanation(const catalog::Tenant& tenant, const StoredRecord& record, const catalog::Location* location,
              const calculator::UsageSource& usage)
      : tenant_(tenant), request_(record.request), location_(location), usage_source_(usage) {
    std::vector<calculator::Violation> violations;
    readable_ = calculator::Validate(SubmissionOf(request_), &valid_, &violations);
  }

  std::optional<Int128> Energy(Instant at) const {
    if (!readable_) return std::nullopt;
    return engine::EnergyWh(valid_.usage, at.ns - start().ns);
  }

  std::optional<Int128> Cost(Instant at) {
    if (!readable_ || location_ == nullptr) return std::nullopt;
    const engine::PriceTimeline* prices = location_->PricesFor(request_.tariff_rate);
    if (prices == nullptr) return std::nullopt;
    if (prices->tiered()) return CostWithTiers(*prices, at);
    const std::optional<Int128> area = Area(prices->timeline(), at);
    if (!area) return std::nullopt;
    return engine::Cost(valid_.usage, *area, prices->timeline().scale());
  }

  std::optional<Int128> Carbon(Instant at) const {
    const bool local = request_.tariff_rate == engine::TariffRate::kLocal;
    if (!readable_ || local || location_ == nullptr || location_->carbon == nullptr) return std::nullopt;
    const Timeline& timeline = location_->carbon->timeline();
    const std::optional<Int128> area = Area(timeline, at);
    if (!area) return std::nullopt;
    return engine::Carbon(valid_.usage, *area, timeline.scale());
  }

 private:
  Instant start() const { return request_.interval.start; }

  std::optional<Int128> Area(const Timeline& timeline, Instant at) const {
    if (at == start()) return 0;
    const Timeline::Integral integral = timeline.Integrate({start(), at});
    if (!integral.known) return std::nullopt;
    return integral.area;
  }

  // As engine::SplitByDay does it: each stretch of one price is cut by time.
  std::optional<Int128> CostWithTiers(const engine::PriceTimeline& prices, Instant at) {
    if (!segments_) {
      segments_.emplace();
      const std::optional<std::vector<Int128>> before = UsageBefore(prices);
      if (before && prices.timeline().Integrate(request_.interval).known) {
        *segments_ = engine::BreakDown(valid_.usage, &prices, nullptr, kMostSegments, *before);
      }
    }
    if (segments_->empty()) return std::nullopt;
    Int128 sum = 0;
    for (const engine::BreakdownSegment& segment : *segments_) {
      if (segment.interval.end <= at) {
        sum += *segment.cost;
      } else if (segment.interval.start < at) {
        sum += Share(*segment.cost, at.ns - segment.interval.start.ns, segment.interval.nanos());
      }
    }
    return sum;
  }

  // As LocalCalculator finds it.
  std::optional<std::vector<Int128>> UsageBefore(const engine::PriceTimeline& prices) const {
    if (valid_.usage_before_nwh) return std::vector<Int128>(prices.windows().size(), *valid_.usage_before_nwh);
    calculator::Caller caller;
    caller.account_id = tenant_.account_id;
    caller.live_mode = tenant_.live_mode;
    std::vector<Int128> used;
    for (const engine::TierWindow& window : prices.windows()) {
      const Interval before{engine::WindowAt(window, prices.zone(), start()).interval.start, start()};
      used.push_back(0);
      if (before.nanos() == 0) continue;
      const absl::StatusOr<Int128> known =
          usage_source_.UsageWithin(caller, request_.location_id, location_->zone, request_.tariff_rate, before);
      if (!known.ok()) return std::nullopt;
      used.back() = *known;
    }
    return used;
  }

  static constexpr size_t kMostSegments = 1'000'000;

  const catalog::Tenant& tenant_;
  const RecordRequest& request_;
  const catalog::Location* const location_;
  const calculator::UsageSource& usage_source_;
  calculator::ValidRecord valid_;
  bool readable_ = false;
  std::optional<std::vector<engine::BreakdownSegment>> segments_;  // made when asked for
};

}  // namespace

RecordPart PartWithin(const catalog::Tenant& tenant, const StoredRecord& record, Interval within,
                      const catalog::Location* location, const calculator::UsageSource& usage) {
  RecordPart part;
  part.interval = Overlap(record.request.interval, within);
  if (record.revision.figures.tariff) part.cost = 0;
  if (record.revision.figures.carbon) part.carbon = 0;

  Explanation explanation(tenant, record, location, usage);
  for (const Stretch& stretch : StretchesOf(record, location)) {
    const Interval overlap = Overlap(stretch.interval, within);
    if (overlap.end <= overlap.start) continue;
    const auto share = [&](Int128 total, const SumUpTo& sum) {
      return Before(overlap.end, total, stretch.interval, sum) - Before(overlap.start, total, stretch.interval, sum);
    };
    part.energy_wh +=
        static_cast<int64_t>(share(stretch.energy_wh, [&](Instant at) { return explanation.Energy(at); }));
    if (part.cost) *part.cost += share(stretch.cost.value_or(0), [&](Instant at) { return explanation.Cost(at); });
    if (part.carbon) {
      *part.carbon += share(stretch.carbon.value_or(0), [&](Instant at) { return explanation.Carbon(at); });
    }
  }
  return part;
}

}  // namespace costs::records
