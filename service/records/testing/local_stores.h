// The stores that need nothing but this machine, for tests of what uses a store.
#ifndef SERVICE_RECORDS_TESTING_LOCAL_STORES_H_
#define SERVICE_RECORDS_TESTING_LOCAL_STORES_H_

#include <functional>
#include <string>
#include <vector>

#include "service/records/testing/metered_places.h"

namespace costs::records::testing {

struct StoreChoice {
  std::string name;
  // A maker of a store in a place of its own, which is gone with the maker. The model
  // forgets when it is closed; a file does not.
  std::function<MeteredPlaces::StoreMaker()> make;
};

StoreChoice ModelStore();
StoreChoice SqliteFile();
std::vector<StoreChoice> LocalStores();

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_LOCAL_STORES_H_
