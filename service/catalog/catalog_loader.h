// Reads a catalog's directory, whole or not at all.
//
//   absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = LoadCatalog("/etc/costs/catalog", version);
//   if (snapshot.ok()) holder.Set(*std::move(snapshot));  // otherwise the old one stays
//
// The layout is catalog_directory.h's, the format docs/catalog.md's. What is
// wrong anywhere makes the whole INVALID_ARGUMENT; its message names file, line
// and field of each fault, up to 20 of them:
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
#include "service/catalog/located_json.h"
#include "service/catalog/snapshot.h"

namespace costs::catalog {

// How much is read at most.
struct LoadLimits {
  uint64_t max_file_bytes = uint64_t{256} << 20;
  size_t max_rows = 2'000'000;  // of one CSV file
  JsonLimits json;
};

// What the files hold, with all references checked.
absl::StatusOr<CatalogContent> LoadCatalogContent(absl::string_view directory, const LoadLimits& limits = {});

// The same, compiled.
absl::StatusOr<std::shared_ptr<const Snapshot>> LoadCatalog(absl::string_view directory, uint64_t version,
                                                            const LoadLimits& limits = {});

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_LOADER_H_
