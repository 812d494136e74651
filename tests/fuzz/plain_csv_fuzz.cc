// Plain CSV: the same bytes with times of a clock, with offsets, and as intensities.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "service/catalog/import/plain_csv.h"
#include "tests/fuzz/import_check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const catalog::SourceText sources[] = {{"a", text}};
  catalog::PlainPriceOptions prices;
  prices.rows.start_column = "start";
  prices.rows.resolution_minutes = 30;
  prices.rows.timezone = "Australia/Lord_Howe";
  prices.price_column = "price";
  prices.unit = catalog::PriceUnit::kMajorPerMwh;
  prices.currency_code = "AUD";
  CheckImport(catalog::ImportPlainPrices(sources, prices));
  prices.currency_code.clear();
  prices.currency_column = "currency";
  prices.rows.round = true;
  CheckImport(catalog::ImportPlainPrices(sources, prices));
  catalog::PlainIntensityOptions intensities;
  intensities.rows.start_column = "start";
  intensities.rows.end_column = "end";
  intensities.forecast_column = "price";
  CheckImport(catalog::ImportPlainIntensities(sources, intensities));
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
