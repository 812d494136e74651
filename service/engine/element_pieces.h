// One tariff element, written out as the pieces of a timeline: where civil time,
// market slots, surcharges and contract dates meet. Pure functions.
#ifndef SERVICE_ENGINE_ELEMENT_PIECES_H_
#define SERVICE_ENGINE_ELEMENT_PIECES_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/engine/tariff.h"
#include "service/engine/timeline.h"

namespace costs::engine {

// When an element prices, between the one that it takes over from and the one that
// takes over from it: [from, until), in seconds since 1970-01-01T00:00:00Z.
struct Reign {
  int64_t from = std::numeric_limits<int64_t>::min();
  int64_t until = std::numeric_limits<int64_t>::max();
};

// The pieces of one tier of `element` (counted from 0; hours with fewer tiers ask
// the rate of their last) at a scale that is at least ScaleOf(*element). Outside
// its reign it asks 0, and is known and certain.
class ElementPieces final : public PieceSource {
 public:
  ElementPieces(std::shared_ptr<const TariffElement> element, absl::TimeZone zone, int scale, size_t tier = 0,
                Reign reign = {})
      : element_(std::move(element)), zone_(zone), scale_(scale), tier_(tier), reign_(reign) {}

  void AppendPieces(int64_t start, int64_t end, std::vector<Piece>* pieces) const override;

 private:
  std::vector<Piece> MarketPieces(int64_t start, int64_t end) const;
  std::vector<Piece> SchedulePieces(int64_t start, int64_t end) const;

  const std::shared_ptr<const TariffElement> element_;
  const absl::TimeZone zone_;
  const int scale_;
  const size_t tier_;
  const Reign reign_;
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
