// ENTSO-E's XML: with and without a chosen auction and resolution.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "service/catalog/import/entsoe.h"
#include "tests/fuzz/import_check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const catalog::SourceText sources[] = {{"a", text}};
  catalog::EntsoeOptions options;
  CheckImport(catalog::ImportEntsoe(sources, options));
  options.sequence = 1;
  options.resolution_minutes = 60;
  options.round = true;
  CheckImport(catalog::ImportEntsoe(sources, options));
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
