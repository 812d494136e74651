// Tariff elements in FlatPeak's JSON: refused by a reason of the list, or a
// document that the catalog can check (whose gaps are for the catalog to find).
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "service/catalog/documents.h"
#include "service/catalog/import/flatpeak_schedule.h"
#include "tests/fuzz/tariff_import_check.h"

namespace costs::fuzz {
namespace {

namespace pb = energy::costs::v1;

void Run(absl::string_view text) {
  catalog::FlatpeakOptions options;
  options.tariff.id = "trf_1";
  options.tariff.currency_code = "GBP";
  options.direction = pb::TariffRate::IMPORT;
  options.type = pb::ElementType::COMMODITY;
  options.market_series = "series";
  const auto tariff = catalog::ImportFlatpeakSchedule(text, options);
  if (!tariff.ok()) {
    CheckRefusal(tariff.status());
    return;
  }
  COSTS_FUZZ_CHECK(tariff->elements.size() == 1 && tariff->calendars.empty());
  const pb::TariffElement& element = tariff->elements[0];
  if (element.market_rates() || !catalog::CheckElement(element).empty()) return;
  if (catalog::BuildElement(element, {}).ok()) COSTS_FUZZ_CHECK(element.schedule_size() > 0);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
