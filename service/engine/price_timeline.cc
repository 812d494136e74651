#include "service/engine/price_timeline.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/engine/element_pieces.h"

namespace costs::engine {
namespace {

std::unique_ptr<const PieceSource> SumOf(const std::vector<std::shared_ptr<const TariffElement>>& elements,
                                         absl::TimeZone zone, int scale) {
  if (elements.size() == 1) return std::make_unique<ElementPieces>(elements[0], zone, scale);
  std::vector<std::unique_ptr<const PieceSource>> parts;
  parts.reserve(elements.size());
  for (const auto& element : elements) parts.push_back(std::make_unique<ElementPieces>(element, zone, scale));
  return std::make_unique<SumOfPieces>(std::move(parts));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const PriceTimeline>> PriceTimeline::Create(
    std::vector<std::shared_ptr<const TariffElement>> elements, absl::TimeZone zone) {
  if (elements.empty()) return absl::InvalidArgumentError("a price needs at least one tariff element");
  int scale = 0;
  for (const auto& element : elements) {
    if (absl::Status status = CheckElement(*element); !status.ok()) return status;
    scale = std::max(scale, ScaleOf(*element));
  }
  Int128 largest = 0;
  for (const auto& element : elements) largest += LargestRateOf(*element, scale);
  if (scale > Timeline::kMaxScale || largest > std::numeric_limits<int64_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the rates of tariff element ", elements.front()->id, " and those beside it need more than ",
                     "18 digits; write prices or surcharge percentages with fewer digits after the point"));
  }
  return std::shared_ptr<const PriceTimeline>(new PriceTimeline(std::move(elements), zone, scale));
}

PriceTimeline::PriceTimeline(std::vector<std::shared_ptr<const TariffElement>> elements, absl::TimeZone zone, int scale)
    : elements_(std::move(elements)), sum_(SumOf(elements_, zone, scale), scale) {
  for (const auto& element : elements_) {
    parts_.push_back(std::make_unique<const Timeline>(std::make_unique<ElementPieces>(element, zone, scale), scale));
  }
}

PriceTimeline::ElementPrice PriceTimeline::PriceOf(size_t element, Instant at) const {
  const Timeline::Integral rate = parts_[element]->Integrate({at, {at.ns + 1}});
  return {static_cast<double>(rate.area) / static_cast<double>(PowerOfTen(sum_.scale())), rate.confidence, rate.known};
}

}  // namespace costs::engine
