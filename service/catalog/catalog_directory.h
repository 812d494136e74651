// Which files a catalog's directory has.
//
//   locations.json
//   calendars.json
//   elements.json, or elements/*.json, or both
//   market/SERIES.csv
//   carbon/REGION.csv
//
// Names that begin with a dot and README files are passed over; anything else
// is a fault, since a misspelt name would price wrong. Symbolic links are
// followed, and a directory that Kubernetes mounts from a ConfigMap or Secret
// (its files are links into "..data", which is swapped whole) is read through
// "..data" as it is at the start, so never half before and half after a swap.
#ifndef SERVICE_CATALOG_CATALOG_DIRECTORY_H_
#define SERVICE_CATALOG_CATALOG_DIRECTORY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/catalog/fault_log.h"

namespace costs::catalog {

struct CatalogFile {
  std::string name;  // relative to the directory, for messages: "market/agile.csv"
  std::string stem;  // "agile"
  std::string path;  // to open it
};

struct CatalogDirectory {
  std::vector<CatalogFile> locations;  // one
  std::vector<CatalogFile> calendars;  // one or none
  std::vector<CatalogFile> elements;   // these and the others sorted by name
  std::vector<CatalogFile> market;
  std::vector<CatalogFile> carbon;
};

// What cannot be read, is missing or is not known is a fault.
CatalogDirectory ListCatalog(absl::string_view directory, FaultLog* faults);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_CATALOG_DIRECTORY_H_
