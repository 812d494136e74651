// A whole catalog as documents, such as a directory of files holds, into what a
// snapshot is made of; and the rules between documents. Pure functions.
#ifndef SERVICE_CATALOG_CATALOG_DOCUMENTS_H_
#define SERVICE_CATALOG_CATALOG_DOCUMENTS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/types/optional.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/refusal.h"
#include "service/catalog/snapshot.h"
#include "service/engine/series.h"

namespace costs::catalog {

struct CatalogDocuments {
  std::vector<energy::costs::v1::Location> locations;
  std::vector<energy::costs::v1::Device> devices;
  std::vector<energy::costs::v1::TariffElement> elements;
  std::vector<energy::costs::v1::SpecialDayCalendar> calendars;
  std::vector<std::shared_ptr<const engine::MarketSeries>> market;
  std::vector<std::shared_ptr<const engine::CarbonSeries>> carbon;
};

// What is there, but has faults of its own: to name it is no fault too.
struct FaultyNames {
  absl::flat_hash_set<std::string> elements;
  absl::flat_hash_set<std::string> calendars;
  absl::flat_hash_set<std::string> market;
  absl::flat_hash_set<std::string> carbon;
};

struct Assembly {
  CatalogContent content;              // complete where there is no fault
  std::vector<FieldViolation> faults;  // up to Violations::kMost
};

// Every document is complete (an id, a zone, a currency) and every reference leads
// to something. Faults are by path, as in "elements[3].schedule[0].months[1]".
Assembly AssembleCatalog(const CatalogDocuments& documents, const FaultyNames& faulty = {});

// What is wrong where `element` supersedes `predecessor`; null: nothing.
absl::optional<FieldViolation> CheckSuccession(const energy::costs::v1::TariffElement& element,
                                               const energy::costs::v1::TariffElement& predecessor);

// What is wrong where the location lists the element; empty: nothing.
std::string CheckListing(const energy::costs::v1::Location& location, const energy::costs::v1::TariffElement& element);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_DOCUMENTS_H_
