// Which elements are on which locations' lists: the table `listed`, which says the
// same as the locations' documents, by element. Private to the library of
// catalog.h.
#ifndef SERVICE_CATALOG_CATALOG_LISTS_H_
#define SERVICE_CATALOG_CATALOG_LISTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "service/catalog/document_table.h"
#include "service/sql/database.h"

namespace costs::catalog {

// Writes the list of a location anew; its elements are there.
absl::Status WriteList(sql::Database* database, const Tenant& tenant, int64_t location,
                       const energy::costs::v1::Location& document);

// The rows of the locations that list the element.
absl::StatusOr<std::vector<int64_t>> LocationsThatList(sql::Database* database, int64_t element);

// Takes the element off all lists, but not out of the locations' documents.
absl::Status Unlist(sql::Database* database, int64_t element);

// Before a location is removed, or all of a tenant's are.
absl::Status RemoveList(sql::Database* database, int64_t location);
absl::Status RemoveLists(sql::Database* database, const Tenant& tenant);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_LISTS_H_
