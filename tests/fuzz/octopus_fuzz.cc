// Octopus Energy's JSON: with and without an end and a payment method.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "service/catalog/import/octopus.h"
#include "tests/fuzz/import_check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const catalog::SourceText sources[] = {{"a", text}};
  catalog::OctopusOptions options;
  options.vat = catalog::Vat::kIncluded;
  CheckImport(catalog::ImportOctopus(sources, options));
  options.vat = catalog::Vat::kExcluded;
  options.end = engine::Instant::FromSeconds(1'700'000'000);
  options.payment_method = "DIRECT_DEBIT";
  options.round = true;
  CheckImport(catalog::ImportOctopus(sources, options));
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
