#include "tests/conformance/random_catalog.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::conformance {
namespace {

using engine::testing::ElementSpec;
using engine::testing::Random;

constexpr char kCurrency[] = "GBP";

// Sums of random elements that would not fit a timeline are not made.
constexpr int kMostElements = 2;

void AddElements(Random& random, const engine::Interval& window, engine::TariffRate rate, int count,
                 catalog::CatalogContent* content, catalog::LocationSpec* location) {
  for (int i = 0; i < count; ++i) {
    ElementSpec spec = engine::testing::RandomElement(random, window, {});
    spec.id = absl::StrCat("trf_", content->elements.size());
    spec.tariff_rate = rate;
    location->tariff_elements.push_back(spec.id);
    content->elements.push_back(engine::testing::Build(spec));
  }
}

}  // namespace

RandomCatalog MakeRandomCatalog(Random& random, int places) {
  RandomCatalog made;
  catalog::CatalogContent content;
  for (int i = 0; i < places; ++i) {
    catalog::LocationSpec location;
    location.id = absl::StrCat("loc_", i);
    location.timezone = random.Pick(engine::testing::Zones());
    location.currency_code = kCurrency;
    const engine::Interval window = engine::testing::RandomWindow(random, location.timezone);
    // Each list is missing somewhere.
    if (i % 7 != 6) {
      AddElements(random, window, engine::TariffRate::kImport, static_cast<int>(random.Between(1, kMostElements)),
                  &content, &location);
    }
    if (i % 3 != 2) AddElements(random, window, engine::TariffRate::kExport, 1, &content, &location);
    if (i % 2 == 0) AddElements(random, window, engine::TariffRate::kLocal, 1, &content, &location);
    if (i % 5 != 4) {
      location.carbon_region = absl::StrCat("region-", i);
      content.carbon.push_back(std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create(
          location.carbon_region, engine::testing::RandomCarbon(random, window, /*gaps=*/true))));
    }
    made.places.push_back({location.id, window});
    content.locations.push_back(std::move(location));
  }
  absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> snapshot = catalog::Snapshot::Create(1, std::move(content));
  if (!snapshot.ok()) {
    std::fprintf(stderr, "the random catalog is wrong: %s\n", std::string(snapshot.status().message()).c_str());
    std::abort();
  }
  made.snapshot = *std::move(snapshot);
  return made;
}

}  // namespace costs::conformance
