// Random tariffs, records and changes for MeteredPlaces, the same for the same seed.
//
// A place has a month or so in which its prices and records lie; its records are its
// own and those of two devices, and no two records of a thing are the same.
#ifndef SERVICE_RECORDS_TESTING_RANDOM_PLACES_H_
#define SERVICE_RECORDS_TESTING_RANDOM_PLACES_H_

#include <optional>
#include <string>
#include <vector>

#include "service/catalog/snapshot.h"
#include "service/engine/testing/random_tariffs.h"
#include "service/records/stored_record.h"

namespace costs::records::testing {

class RandomPlaces {
 public:
  RandomPlaces(engine::testing::Random* random, int places);

  const catalog::CatalogContent& content() const { return content_; }

  RecordRequest NewRecord();
  // One of that place; the places are counted from 0.
  RecordRequest NewRecordOf(size_t place);
  // Of prices, intensities, elements or zones; perhaps one that is no good.
  catalog::CatalogChange NewChange(const catalog::Snapshot& now);

 private:
  struct Place {
    catalog::LocationSpec spec;
    engine::Interval window;
  };

  // Elements with ids never used before.
  std::vector<engine::testing::ElementSpec> NewElements(const engine::Interval& window);

  engine::testing::Random& random_;
  std::vector<Place> places_;
  catalog::CatalogContent content_;
  int elements_ = 0;  // so far
};

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_RANDOM_PLACES_H_
