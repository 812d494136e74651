// What an ENTSO-E document with prices holds, as it is written: entsoe.h makes
// prices of it. Plain values; texts are not yet read as numbers or times.
#ifndef SERVICE_CATALOG_IMPORT_ENTSOE_DOCUMENT_H_
#define SERVICE_CATALOG_IMPORT_ENTSOE_DOCUMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/catalog/import/import_log.h"

namespace costs::catalog {

struct EntsoePoint {
  Place place;
  std::string position;
  std::string price;
};

struct EntsoePeriod {
  Place place;
  std::string start;
  std::string end;
  std::string resolution;
  std::vector<EntsoePoint> points;
};

struct EntsoeSeries {
  Place place;
  std::string area;           // in_Domain.mRID
  std::string contract_type;  // contract_MarketAgreement.type
  std::string currency;       // currency_Unit.name
  std::string measure_unit;   // price_Measure_Unit.name
  std::string sequence;       // classificationSequence_AttributeInstanceComponent.position
  std::string curve_type;     // curveType
  std::vector<EntsoePeriod> periods;
};

struct EntsoeDocument {
  std::string type;
  std::vector<EntsoeSeries> series;
};

// Reads the log's source `file`. MALFORMED_FILE where it is no such document or
// beyond a limit, NO_DATA where it is an acknowledgement without data.
absl::StatusOr<EntsoeDocument> ReadEntsoeDocument(int file, const ImportLog& log);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_ENTSOE_DOCUMENT_H_
