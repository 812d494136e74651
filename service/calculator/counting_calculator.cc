#include "service/calculator/counting_calculator.h"

#include <utility>

namespace costs::calculator {
namespace {

constexpr std::array<const char*, 3> kKnownNames = {"none", "forecast", "certain"};

}  // namespace

void CountingCalculator::Calculate(Batch* batch, std::function<void()> done) {
  child_->Calculate(batch, [this, batch, done = std::move(done)] {
    Count(*batch);
    done();
  });
}

void CountingCalculator::Count(const Batch& batch) {
  const auto known = [](const auto& figure) {
    if (!figure) return kNone;
    return figure->confidence >= engine::kCertain ? kSure : kForecast;
  };
  std::array<std::array<uint64_t, kKnown>, kKnown> priced{};
  std::map<std::string, uint64_t> refused;
  for (const Outcome& outcome : batch.outcomes) {
    if (outcome.ok()) {
      ++priced[known(outcome.record.tariff)][known(outcome.record.carbon)];
    } else {
      ++refused[outcome.failure->reason];
    }
  }
  for (int cost = 0; cost < kKnown; ++cost) {
    for (int carbon = 0; carbon < kKnown; ++carbon) {
      if (priced[cost][carbon] > 0) priced_[cost][carbon].fetch_add(priced[cost][carbon], std::memory_order_relaxed);
    }
  }
  if (refused.empty()) return;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [reason, records] : refused) refused_[reason] += records;
}

std::vector<telemetry::Figure> CountingCalculator::Figures() const {
  using telemetry::Figure;
  std::vector<Figure> figures;
  for (int cost = 0; cost < kKnown; ++cost) {
    for (int carbon = 0; carbon < kKnown; ++carbon) {
      figures.push_back({"costs_records_priced_total",
                         "Meter records that were answered, by what is known of their cost and of their carbon: "
                         "none, a forecast (a confidence below 1), or certain.",
                         Figure::Kind::kCounter,
                         static_cast<double>(priced_[cost][carbon].load()),
                         {{"cost", kKnownNames[cost]}, {"carbon", kKnownNames[carbon]}}});
    }
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [reason, records] : refused_) {
    figures.push_back({"costs_records_refused_total",
                       "Meter records that were refused, by the reason that the caller was given.",
                       Figure::Kind::kCounter,
                       static_cast<double>(records),
                       {{"reason", reason.empty() ? "INTERNAL" : reason}}});
  }
  return figures;
}

}  // namespace costs::calculator
