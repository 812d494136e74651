#include "service/engine/carbon_timeline.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/types/span.h"

namespace costs::engine {
namespace {

class CarbonPieces final : public PieceSource {
 public:
  CarbonPieces(std::shared_ptr<const CarbonSeries> series, int scale) : series_(std::move(series)), scale_(scale) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override {
    int64_t covered = start;
    auto unknown_until = [&](int64_t until) {
      if (covered < until) pieces->push_back({covered, until, 0, kCertain, false});
      covered = std::max(covered, until);
    };
    series_->chunks().Visit(start, end, [&](absl::Span<const CarbonSeries::Slot> slots, int scale) {
      const int64_t factor = static_cast<int64_t>(PowerOfTen(scale_ - scale));
      for (const CarbonSeries::Slot& slot : slots) {
        if (slot.value() == CarbonSeries::kUnknown) continue;
        const int64_t from = std::max(start, int64_t{slot.start});
        const int64_t to = std::min(end, int64_t{slot.end});
        unknown_until(from);
        const bool actual = slot.actual != CarbonSeries::kUnknown;
        pieces->push_back({from, to, slot.value() * factor, actual ? kCertain : kForecastConfidence, true});
        covered = to;
      }
      return true;
    });
    unknown_until(end);
  }

 private:
  const std::shared_ptr<const CarbonSeries> series_;
  const int scale_;
};

}  // namespace

CarbonTimeline::CarbonTimeline(std::shared_ptr<const CarbonSeries> series, const CarbonTimeline* before)
    : series_(std::move(series)),
      timeline_(std::make_unique<CarbonPieces>(series_, series_->scale()), series_->scale(),
                before != nullptr ? &before->timeline_ : nullptr,
                before != nullptr ? series_->ChangesSince(*before->series_) : std::vector<Interval>()) {}

std::shared_ptr<const CarbonTimeline> CarbonTimeline::Create(std::shared_ptr<const CarbonSeries> series,
                                                             const CarbonTimeline* before) {
  return std::shared_ptr<const CarbonTimeline>(new CarbonTimeline(std::move(series), before));
}

}  // namespace costs::engine
