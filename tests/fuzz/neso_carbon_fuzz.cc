// NESO's carbon intensities, JSON and CSV.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/catalog/import/neso_carbon.h"
#include "tests/fuzz/import_check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const catalog::SourceText sources[] = {{"a", text}, {"b", text}};
  CheckImport(catalog::ImportNesoCarbon(absl::MakeConstSpan(sources, 1)));
  CheckImport(catalog::ImportNesoCarbon(sources));
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
