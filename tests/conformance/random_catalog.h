// A catalog of random tariffs and series for tests that span the faces: several
// zones, schedules, market prices that may be negative and have gaps, contracts,
// EXPORT and LOCAL, carbon actuals and forecasts with gaps, and locations that
// lack one or the other.
#ifndef TESTS_CONFORMANCE_RANDOM_CATALOG_H_
#define TESTS_CONFORMANCE_RANDOM_CATALOG_H_

#include <memory>
#include <string>
#include <vector>

#include "service/catalog/snapshot.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/engine/time.h"

namespace costs::conformance {

// A location of the catalog, and when its series have values.
struct Place {
  std::string location_id;
  engine::Interval window;
};

struct RandomCatalog {
  std::vector<Place> places;
  std::shared_ptr<const catalog::Snapshot> snapshot;
};

RandomCatalog MakeRandomCatalog(engine::testing::Random& random, int places);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_RANDOM_CATALOG_H_
