// What holds of every import, whatever the files were.
#ifndef TESTS_FUZZ_IMPORT_CHECK_H_
#define TESTS_FUZZ_IMPORT_CHECK_H_

#include "absl/status/statusor.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/refusal.h"
#include "service/engine/series.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {

// Refusals have a reason and say what is wrong.
inline void CheckRefusal(const absl::Status& status) {
  COSTS_FUZZ_CHECK(!catalog::ReasonOf(status).empty());
  COSTS_FUZZ_CHECK(!catalog::ViolationsOf(status).empty());
  for (const catalog::FieldViolation& violation : catalog::ViolationsOf(status)) {
    COSTS_FUZZ_CHECK(!violation.description.empty());
  }
}

inline void CheckImport(const absl::StatusOr<catalog::ImportedPrices>& imported) {
  if (!imported.ok()) return CheckRefusal(imported.status());
  COSTS_FUZZ_CHECK(!imported->prices.empty() && !engine::FindFault(imported->prices));
  COSTS_FUZZ_CHECK(imported->currency_code.size() == 3);
}

inline void CheckImport(const absl::StatusOr<catalog::ImportedIntensities>& imported) {
  if (!imported.ok()) return CheckRefusal(imported.status());
  COSTS_FUZZ_CHECK(!imported->intensities.empty());
  // A series takes them: no overlap, none negative.
  COSTS_FUZZ_CHECK(engine::CarbonSeries::Create("r", imported->intensities).ok());
  for (const engine::CarbonIntensity& one : imported->intensities) COSTS_FUZZ_CHECK(one.forecast || one.actual);
}

}  // namespace costs::fuzz

#endif  // TESTS_FUZZ_IMPORT_CHECK_H_
