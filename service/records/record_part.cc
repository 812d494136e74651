#include "service/records/record_part.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/time/civil_time.h"
#include "service/calculator/validation.h"
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
  const Figures& figures = record.revision.figures;
  std::vector<Stretch> stretches;
  Instant at = record.request.interval.start;
  if (location != nullptr) {
    for (const calculator::DayPart& part : figures.days) {
      const Interval day{FirstOf(part.day, location->zone), FirstOf(part.day + 1, location->zone)};
      const Interval interval = Overlap(day, record.request.interval);
      if (interval.start != at || interval.end <= at) return {Whole(record)};
      stretches.push_back({interval, part.energy_wh, part.cost, part.carbon});
      at = interval.end;
    }
  }
  if (at != record.request.interval.end) return {Whole(record)};
  return stretches;
}

// numerator / denominator of `total`, half-even; denominator is not 0.
Int128 Share(Int128 total, Int128 numerator, Int128 denominator) {
  if (denominator < 0) return Share(total, -numerator, -denominator);
  return engine::DivideHalfEven(Int256(total) * Int256(numerator), Int256(denominator));
}

// Of a figure that a stretch keeps, what lies before an instant within the stretch.
// 0 at its start, all at its end.
class Figure {
 public:
  // `line`: the rate over time; null: none that explains the figure. `sum`: what the
  // rate gives of the record's usage for an integral from the record's start.
  Figure(Int128 total, Interval stretch, Instant start, const Timeline* line,
         Int128 (*sum)(const engine::Usage&, Int128, int), const engine::Usage* usage)
      : total_(total), stretch_(stretch), start_(start), line_(line), sum_(sum), usage_(usage) {
    const std::optional<Int128> all = Explained(stretch.end);
    explained_ = all && *all == total;
    whole_area_ = explained_ ? std::nullopt : Area(stretch.start, stretch.end);
  }

  Int128 Before(Instant at) const {
    if (at == stretch_.start) return 0;
    if (at == stretch_.end) return total_;
    if (explained_) return *Explained(at);
    if (whole_area_ && *whole_area_ != 0) {
      const std::optional<Int128> area = Area(stretch_.start, at);
      const bool between = *whole_area_ > 0 ? *area >= 0 && *area <= *whole_area_ : *area <= 0 && *area >= *whole_area_;
      if (between) return Share(total_, *area, *whole_area_);
    }
    return Share(total_, at.ns - stretch_.start.ns, stretch_.nanos());
  }

 private:
  std::optional<Int128> Area(Instant from, Instant to) const {
    if (line_ == nullptr) return std::nullopt;
    if (from == to) return 0;
    const Timeline::Integral integral = line_->Integrate({from, to});
    if (!integral.known) return std::nullopt;
    return integral.area;
  }

  // Up to `at` from the stretch's start, by the catalog.
  std::optional<Int128> Explained(Instant at) const {
    const std::optional<Int128> to_start = Area(start_, stretch_.start);
    const std::optional<Int128> to_at = Area(start_, at);
    if (!to_start || !to_at) return std::nullopt;
    return sum_(*usage_, *to_at, line_->scale()) - sum_(*usage_, *to_start, line_->scale());
  }

  const Int128 total_;
  const Interval stretch_;
  const Instant start_;
  const Timeline* const line_;
  Int128 (*const sum_)(const engine::Usage&, Int128, int);
  const engine::Usage* const usage_;
  bool explained_ = false;
  std::optional<Int128> whole_area_;
};

// Wh from the record's start, half away from zero.
Int128 EnergyOver(const engine::Usage& usage, Int128 nanos, int) {
  const Int128 divisor = engine::EnergyDivisor(usage);
  return (2 * usage.value_micros * nanos + divisor) / (2 * divisor);
}

// The energy's "rate" is 1 all the time.
class EvenlyOverTime final : public engine::PieceSource {
 public:
  void AppendPieces(int64_t start, int64_t end, std::vector<engine::Piece>* pieces) const override {
    pieces->push_back({start, end, 1});
  }
};

const Timeline& TimeLine() {
  static const Timeline* const line = new Timeline(std::make_unique<EvenlyOverTime>(), 0);
  return *line;
}

}  // namespace

RecordPart PartWithin(const StoredRecord& record, Interval within, const catalog::Location* location) {
  const RecordRequest& request = record.request;
  RecordPart part;
  part.interval = Overlap(request.interval, within);
  if (record.revision.figures.tariff) part.cost = 0;
  if (record.revision.figures.carbon) part.carbon = 0;

  calculator::ValidRecord valid;
  std::vector<calculator::Violation> violations;
  const bool readable = calculator::Validate(SubmissionOf(request), &valid, &violations);
  const Timeline* prices = nullptr;
  const Timeline* carbon = nullptr;
  if (readable && location != nullptr) {
    const engine::PriceTimeline* timeline = location->PricesFor(request.tariff_rate);
    if (timeline != nullptr && !timeline->tiered()) prices = &timeline->timeline();
    const bool local = request.tariff_rate == engine::TariffRate::kLocal;
    if (location->carbon != nullptr && !local) carbon = &location->carbon->timeline();
  }
  const auto within_stretch = [&](Int128 total, const Stretch& stretch, Interval overlap, const Timeline* line,
                                  Int128 (*sum)(const engine::Usage&, Int128, int)) {
    const Figure figure(total, stretch.interval, request.interval.start, line, sum, &valid.usage);
    return figure.Before(overlap.end) - figure.Before(overlap.start);
  };
  for (const Stretch& stretch : StretchesOf(record, location)) {
    const Interval overlap = Overlap(stretch.interval, within);
    if (overlap.end <= overlap.start) continue;
    part.energy_wh += static_cast<int64_t>(
        within_stretch(stretch.energy_wh, stretch, overlap, readable ? &TimeLine() : nullptr, EnergyOver));
    if (part.cost) *part.cost += within_stretch(stretch.cost.value_or(0), stretch, overlap, prices, engine::Cost);
    if (part.carbon) {
      *part.carbon += within_stretch(stretch.carbon.value_or(0), stretch, overlap, carbon, engine::Carbon);
    }
  }
  return part;
}

}  // namespace costs::records
