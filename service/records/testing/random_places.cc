#include "service/records/testing/random_places.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::records::testing {
namespace {

using engine::testing::Build;
using engine::testing::ElementSpec;
using engine::testing::Likely;

constexpr Likely kAnything{true, true, true, true};

}  // namespace

RandomPlaces::RandomPlaces(engine::testing::Random* random, int places) : random_(*random) {
  for (int i = 0; i < places; ++i) {
    Place& place = places_.emplace_back();
    const std::string& zone = random_.Pick(engine::testing::Zones());
    place.window = engine::testing::RandomWindow(random_, zone);
    place.spec = {absl::StrCat("place-", i), zone, "GBP", absl::StrCat("region-", i), {}};
    for (const ElementSpec& spec : NewElements(place.window)) {
      place.spec.tariff_elements.push_back(spec.id);
      content_.elements.push_back(Build(spec));
    }
    content_.locations.push_back(place.spec);
    content_.carbon.push_back(std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create(
        place.spec.carbon_region, engine::testing::RandomCarbon(random_, place.window, true))));
  }
}

std::vector<ElementSpec> RandomPlaces::NewElements(const engine::Interval& window) {
  std::vector<ElementSpec> specs;
  for (int64_t i = random_.Between(1, 2); i > 0; --i) {
    ElementSpec spec = engine::testing::RandomElement(random_, window, kAnything);
    spec.id = absl::StrCat("element-", elements_++);
    if (!specs.empty() && random_.OneIn(3)) {
      spec.contract_start =
          engine::Instant::FromSeconds(random_.Between(window.start.ns, window.end.ns) / engine::kNanosPerSecond);
      spec.contract_end.reset();
      if (specs[0].contract_start < spec.contract_start) spec.supersedes = specs[0].id;
    }
    specs.push_back(std::move(spec));
  }
  return specs;
}

RecordRequest RandomPlaces::NewRecord() {
  return NewRecordOf(static_cast<size_t>(random_.Between(0, static_cast<int64_t>(places_.size()) - 1)));
}

RecordRequest RandomPlaces::NewRecordOf(size_t index) {
  const Place& place = places_[index];
  RecordRequest request;
  request.location_id = place.spec.id;
  if (!random_.OneIn(4)) request.device_id = absl::StrCat("meter-", index, "-", random_.Between(1, 2));
  request.units = engine::Units::kKwh;
  request.value = static_cast<double>(random_.Between(0, random_.OneIn(2) ? 3'000 : 120'000)) / 1e3;
  request.interval = engine::testing::RandomInterval(random_, place.window,
                                                     random_.OneIn(5) ? 5 * 86'400 : random_.Between(600, 7'200));
  return request;
}

catalog::CatalogChange RandomPlaces::NewChange(const catalog::Snapshot& now) {
  const auto index = static_cast<size_t>(random_.Between(0, static_cast<int64_t>(places_.size()) - 1));
  Place& place = places_[index];
  const engine::Interval part = engine::testing::RandomInterval(random_, place.window, 6 * 86'400);
  const engine::Interval seconds{engine::Instant::FromSeconds(part.start.ns / engine::kNanosPerSecond),
                                 engine::Instant::FromSeconds(part.end.ns / engine::kNanosPerSecond + 1)};
  const auto element = now.FindElement(random_.Pick(place.spec.tariff_elements));
  catalog::CatalogChange change;
  switch (random_.Between(0, 5)) {
    case 0: {  // intensities
      auto series = now.FindCarbon(place.spec.carbon_region)
                        ->With(engine::testing::RandomCarbon(random_, seconds, true), nullptr);
      if (series.ok()) change.carbon.push_back(std::make_shared<const engine::CarbonSeries>(*std::move(series)));
      break;
    }
    case 1:
    case 2:  // prices
      if (element->market != nullptr) {
        auto series = element->market->With(engine::testing::RandomMarket(random_, seconds, kAnything), nullptr);
        if (series.ok()) change.market.push_back(std::make_shared<const engine::MarketSeries>(*std::move(series)));
        break;
      }
      [[fallthrough]];
    case 3: {  // an element
      ElementSpec spec = engine::testing::RandomElement(random_, place.window, kAnything);
      spec.id = element->id;
      spec.supersedes = element->supersedes;
      if (!spec.supersedes.empty()) spec.contract_start = element->contract_start, spec.contract_end.reset();
      change.elements.push_back(Build(spec));
      break;
    }
    case 4: {  // other elements
      place.spec.tariff_elements.clear();
      for (const ElementSpec& spec : NewElements(place.window)) {
        place.spec.tariff_elements.push_back(spec.id);
        change.elements.push_back(Build(spec));
      }
      change.locations.push_back(place.spec);
      break;
    }
    default:
      place.spec.timezone = random_.Pick(engine::testing::Zones());
      change.locations.push_back(place.spec);
  }
  return change;
}

}  // namespace costs::records::testing
