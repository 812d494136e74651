// A tariff file of the ratebook format: refused by a reason of the list, or documents
// that the catalog takes and the engine prices with.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "service/catalog/import/ratebook.h"
#include "tests/fuzz/tariff_import_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  costs::fuzz::CheckImporter([text](const costs::catalog::TariffImportOptions& options) {
    return costs::catalog::ImportRatebook(text, options);
  });
  return 0;
}
