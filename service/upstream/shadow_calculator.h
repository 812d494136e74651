// The Calculator that computes and answers at once, and asks the upstream on the side
// what it would have answered: as a simulation, so that nothing is stored twice.
//
// So many records are asked for at once; others are left out, and counted. How far the
// two are apart is counted for money, energy and carbon, and the last records that
// differ are kept. Thread-safe.
#ifndef SERVICE_UPSTREAM_SHADOW_CALCULATOR_H_
#define SERVICE_UPSTREAM_SHADOW_CALCULATOR_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"
#include "service/telemetry/figure.h"
#include "service/telemetry/histogram.h"

namespace costs::upstream {

class ShadowCalculator final : public calculator::Calculator {
 public:
  // A record that the two answered differently: what each said, as text.
  struct Difference {
    std::string account_id;
    std::string location_id;
    std::string record_id;  // the computed one's; empty: it was refused
    std::string computed;
    std::string upstream;
  };
  static constexpr size_t kDifferencesKept = 1'000;

  // Both outlive this. `most_asked`: records at once.
  ShadowCalculator(calculator::Calculator* local, calculator::Calculator* upstream, size_t most_asked);
  // Waits for the upstream's calls to end, whose answers are no longer wanted.
  ~ShadowCalculator() override;

  void Calculate(calculator::Batch* batch, std::function<void()> done) override;

  // The newest last.
  std::vector<Difference> differences() const;
  // How many there ever were.
  int64_t differed() const;
  std::vector<telemetry::Figure> Figures() const;

 private:
  class Asked;

  // What the upstream is to be asked; null: none of it.
  std::shared_ptr<Asked> MakeAsked(const calculator::Batch& batch);
  void Compare(const Asked& asked);
  void CompareRecord(const Asked& asked, size_t i);

  calculator::Calculator* const local_;
  calculator::Calculator* const upstream_;
  const size_t most_asked_;
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  // All guarded by mutex_.
  size_t asked_ = 0;  // records, now
  int64_t compared_ = 0, differed_ = 0, failed_ = 0, left_out_ = 0;
  std::deque<Difference> differences_;
  // Of absolute differences in the figure's smallest units: none, and up to each power of
  // ten.
  telemetry::Histogram money_, energy_, carbon_;
  // Set when this ends; shared with the calls under way.
  const std::shared_ptr<std::atomic<bool>> ending_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_SHADOW_CALCULATOR_H_
