// One tariff element, written out as the pieces of a timeline: where civil time,
// market slots, surcharges and contract dates meet. Pure functions.
#ifndef SERVICE_ENGINE_ELEMENT_PIECES_H_
#define SERVICE_ENGINE_ELEMENT_PIECES_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "service/engine/tariff.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// The pieces of `element` at a scale that is at least ScaleOf(*element).
class ElementPieces final : public PieceSource {
 public:
  ElementPieces(std::shared_ptr<const TariffElement> element, absl::TimeZone zone, int scale)
      : element_(std::move(element)), zone_(zone), scale_(scale) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override;

 private:
  std::vector<Piece> MarketPieces(int64_t start, int64_t end) const;
  std::vector<Piece> SchedulePieces(int64_t start, int64_t end) const;

  const std::shared_ptr<const TariffElement> element_;
  const absl::TimeZone zone_;
  const int scale_;
};

// The piecewise sum of several sources; unknown where any of them is, and as
// certain as the least certain of them.
class SumOfPieces final : public PieceSource {
 public:
  explicit SumOfPieces(std::vector<std::unique_ptr<const PieceSource>> parts) : parts_(std::move(parts)) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override;

 private:
  const std::vector<std::unique_ptr<const PieceSource>> parts_;
};

// Digits after the point that the element's rates need.
int ScaleOf(const TariffElement& element);

// The largest magnitude of the element's rates at that scale.
Int128 LargestRateOf(const TariffElement& element, int scale);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_ELEMENT_PIECES_H_
