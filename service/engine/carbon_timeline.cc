#include "service/engine/carbon_timeline.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace costs::engine {
namespace {

class CarbonPieces final : public PieceSource {
 public:
  CarbonPieces(std::shared_ptr<const CarbonSeries> series, int scale) : series_(std::move(series)), scale_(scale) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override {
    const std::vector<CarbonIntensity>& slots = series_->intensities();
    int64_t covered = start;
    auto unknown_until = [&](int64_t until) {
      if (covered < until) pieces->push_back({covered, until, 0, kCertain, false});
      covered = std::max(covered, until);
    };
    auto slot = std::partition_point(slots.begin(), slots.end(), [&](const CarbonIntensity& intensity) {
      return intensity.interval.end.ns <= start * kNanosPerSecond;
    });
    for (; slot != slots.end() && slot->interval.start.ns < end * kNanosPerSecond; ++slot) {
      if (!slot->actual && !slot->forecast) continue;
      const int64_t from = std::max(start, slot->interval.start.ns / kNanosPerSecond);
      const int64_t to = std::min(end, slot->interval.end.ns / kNanosPerSecond);
      unknown_until(from);
      const Decimal& grams = slot->actual ? *slot->actual : *slot->forecast;
      pieces->push_back({from, to, static_cast<int64_t>(grams.UnitsAtScale(scale_)),
                         slot->actual ? kCertain : kForecastConfidence, true});
      covered = to;
    }
    unknown_until(end);
  }

 private:
  const std::shared_ptr<const CarbonSeries> series_;
  const int scale_;
};

int ScaleOf(const CarbonSeries& series) {
  int scale = 0;
  for (const CarbonIntensity& slot : series.intensities()) {
    if (slot.forecast) scale = std::max(scale, slot.forecast->scale());
    if (slot.actual) scale = std::max(scale, slot.actual->scale());
  }
  return scale;
}

}  // namespace

CarbonTimeline::CarbonTimeline(std::shared_ptr<const CarbonSeries> series, int scale)
    : timeline_(std::make_unique<CarbonPieces>(std::move(series), scale), scale) {}

std::shared_ptr<const CarbonTimeline> CarbonTimeline::Create(std::shared_ptr<const CarbonSeries> series) {
  const int scale = ScaleOf(*series);
  return std::shared_ptr<const CarbonTimeline>(new CarbonTimeline(std::move(series), scale));
}

}  // namespace costs::engine
