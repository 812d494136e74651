// Nord Pool's JSON: with and without a chosen length, and the file twice.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "service/catalog/import/nord_pool.h"
#include "tests/fuzz/import_check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const catalog::SourceText sources[] = {{"a", text}, {"b", text}};
  catalog::NordPoolOptions options;
  options.area = "SE3";
  CheckImport(catalog::ImportNordPool(absl::MakeConstSpan(sources, 1), options));
  CheckImport(catalog::ImportNordPool(sources, options));
  options.currency_code = "EUR";
  options.resolution_minutes = 15;
  options.round = true;
  CheckImport(catalog::ImportNordPool(sources, options));
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
