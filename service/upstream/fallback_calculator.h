// The Calculator that asks the upstream first, and computes where the upstream failed
// and that is safe: it surely has not stored the record, or the record is a simulation.
//
// A persistent record that the upstream may have stored is not stored here, too: it
// fails with UNAVAILABLE, to be sent again. What the contract refuses stays refused.
// Every answer says where it is from (PricedRecord::source), and why. Thread-safe.
#ifndef SERVICE_UPSTREAM_FALLBACK_CALCULATOR_H_
#define SERVICE_UPSTREAM_FALLBACK_CALCULATOR_H_

#include <cstddef>
#include <functional>
#include <utility>

#include "service/calculator/calculator.h"

namespace costs::upstream {

class FallbackCalculator final : public calculator::Calculator {
 public:
  // Whether the upstream is left alone, so that it would be asked for none of so many
  // records that come now.
  using LeftAlone = std::function<bool(size_t records)>;

  // Both outlive this. `local` stores what it computes where records are kept.
  FallbackCalculator(
      calculator::Calculator* upstream, calculator::Calculator* local,
      LeftAlone left_alone = [](size_t) { return false; })
      : upstream_(upstream), local_(local), left_alone_(std::move(left_alone)) {}

  void Calculate(calculator::Batch* batch, std::function<void()> done) override;

 private:
  void Answered(calculator::Batch* batch, std::function<void()> done);

  calculator::Calculator* const upstream_;
  calculator::Calculator* const local_;
  const LeftAlone left_alone_;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_FALLBACK_CALCULATOR_H_
