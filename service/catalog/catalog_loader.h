// Reads a catalog's directory, whole or not at all.
//
//   absl::StatusOr<CatalogDocuments> documents = LoadCatalogDocuments("/etc/costs/catalog");
//   if (documents.ok()) status = catalog->Replace(*documents);  // otherwise the old ones stay
//
// The layout is catalog_directory.h's, the format docs/catalog.md's; the rules are
// those of the API's documents. What is wrong anywhere makes the whole
// INVALID_ARGUMENT; its message names file, line and field of each fault, up to 20
// of them:
//
//   catalog: elements.json:12: elements[0].type: is "FEE"; write COMMODITY or NON_COMMODITY
//
// Thread-safe: nothing is kept between calls.
#ifndef SERVICE_CATALOG_CATALOG_LOADER_H_
#define SERVICE_CATALOG_CATALOG_LOADER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/catalog_documents.h"
#include "service/catalog/located_json.h"
#include "service/catalog/snapshot.h"

namespace costs::catalog {

// How much is read at most.
struct LoadLimits {
  uint64_t max_file_bytes = uint64_t{256} << 20;
  size_t max_rows = 2'000'000;  // of one CSV file
  JsonLimits json;
};

// What the files hold; a snapshot can be made of it.
absl::StatusOr<CatalogDocuments> LoadCatalogDocuments(absl::string_view directory, const LoadLimits& limits = {});

// The snapshot that is made of it.
absl::StatusOr<std::shared_ptr<const Snapshot>> LoadCatalog(absl::string_view directory, uint64_t version,
                                                            const LoadLimits& limits = {});

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_LOADER_H_
