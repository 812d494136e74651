// Imported prices and intensities as files of a catalog directory, in the form
// that docs/catalog.md describes.
//
// Thread-safe (pure functions).
#ifndef CLIENT_CLI_SERIES_CSV_H_
#define CLIENT_CLI_SERIES_CSV_H_

#include <string>

#include "service/catalog/import/imported.h"

namespace costs::cli {

// Of market/SERIES.csv.
void AppendCsv(const catalog::ImportedPrices& prices, std::string* out);
// Of carbon/REGION.csv.
void AppendCsv(const catalog::ImportedIntensities& intensities, std::string* out);

}  // namespace costs::cli

#endif  // CLIENT_CLI_SERIES_CSV_H_
