// The fields of a record of the Utility Rate Database, by what an importer does
// with them. Versions and exports of the database spell the same field
// differently (flatdemandunit, flatDemandUnits; supersedes, supercedes).
//
// Source: the database's description of its interface ("Get Utility Rates",
// versions 3 to 8, response fields), and the records that our tests read.
#ifndef SERVICE_CATALOG_IMPORT_URDB_FIELDS_H_
#define SERVICE_CATALOG_IMPORT_URDB_FIELDS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::catalog {

enum class UrdbUse {
  kUnknown,
  kRead,         // the importer reads it by name
  kInformation,  // names, links, units, who may have the tariff: no money
  kComment,      // text for people, which may tell what the rates hold
};

// The one spelling that the importer uses: lower case, without variants.
std::string UrdbFieldName(absl::string_view written);

// `name` as UrdbFieldName gives it.
UrdbUse UseOfUrdbField(absl::string_view name);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_URDB_FIELDS_H_
