// The catalog's CSV: the same bytes as market prices and as carbon intensities.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>

#include "service/catalog/fault_log.h"
#include "service/catalog/series_reader.h"
#include "service/engine/carbon_timeline.h"
#include "service/engine/series.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

constexpr size_t kMostRows = 1000;

void Run(const std::string& text) {
  {
    std::istringstream stream(text);
    catalog::FaultLog faults;
    const auto market = catalog::ReadMarketSeries(&stream, "market.csv", "market", kMostRows, &faults);
    COSTS_FUZZ_CHECK((market == nullptr) == !faults.empty());
    if (market != nullptr) COSTS_FUZZ_CHECK(!engine::FindFault(market->prices()));
  }
  std::istringstream stream(text);
  catalog::FaultLog faults;
  const auto carbon = catalog::ReadCarbonSeries(&stream, "carbon.csv", "region", kMostRows, &faults);
  COSTS_FUZZ_CHECK((carbon == nullptr) == !faults.empty());
  if (carbon == nullptr || carbon->intensities().empty()) return;
  const engine::Interval first = carbon->intensities().front().interval;
  engine::CarbonTimeline::Create(carbon)->timeline().Integrate(first);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
