// What must hold of whatever an importer of tariffs makes of a text.
#ifndef TESTS_FUZZ_TARIFF_IMPORT_CHECK_H_
#define TESTS_FUZZ_TARIFF_IMPORT_CHECK_H_

#include <functional>
#include <set>
#include <vector>

#include "absl/status/statusor.h"
#include "service/catalog/documents.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/import/tariff_import.h"
#include "service/catalog/refusal.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {

using Importer = std::function<absl::StatusOr<catalog::ImportedTariff>(const catalog::TariffImportOptions&)>;

// Each fault has a reason of the list. Returns whether leaving things out would
// mend them all.
inline bool CheckRefusal(const absl::Status& status) {
  COSTS_FUZZ_CHECK(status.code() == absl::StatusCode::kInvalidArgument);
  COSTS_FUZZ_CHECK(catalog::ParseRefusalReason(catalog::ReasonOf(status)).has_value());
  const std::vector<catalog::FieldViolation> faults = catalog::ViolationsOf(status);
  COSTS_FUZZ_CHECK(!faults.empty() && faults.size() <= catalog::TariffImport::kMostFaults);
  bool mendable = faults.size() < catalog::TariffImport::kMostFaults;
  for (const catalog::FieldViolation& fault : faults) {
    const auto reason = catalog::ReasonOfFault(fault);
    COSTS_FUZZ_CHECK(!fault.field.empty() && reason.has_value());
    mendable = mendable && catalog::MayBeLeftOut(*reason);
  }
  return mendable;
}

// The catalog takes the documents, and the engine prices with them.
inline void CheckPriceable(const catalog::ImportedTariff& tariff) {
  catalog::ElementParts parts;
  for (const auto& calendar : tariff.calendars) {
    COSTS_FUZZ_CHECK(catalog::CheckCalendar(calendar).empty());
    const auto built = catalog::BuildCalendar(calendar);
    COSTS_FUZZ_CHECK(built.ok());
    parts.special_days = *built;
  }
  COSTS_FUZZ_CHECK(!tariff.elements.empty());
  for (const auto& element : tariff.elements) {
    COSTS_FUZZ_CHECK(catalog::CheckElement(element).empty());
    COSTS_FUZZ_CHECK(catalog::BuildElement(element, parts).ok());
  }
}

// Imports with nothing left out, and with everything.
inline void CheckImporter(const Importer& import) {
  catalog::TariffImportOptions options;
  options.id = "trf_1";
  const auto tariff = import(options);
  const bool mendable = tariff.ok() || CheckRefusal(tariff.status());
  if (tariff.ok()) CheckPriceable(*tariff);
  for (const catalog::RefusalReason reason : catalog::AllRefusalReasons()) {
    if (catalog::MayBeLeftOut(reason)) options.leave_out.insert(reason);
  }
  const auto lenient = import(options);
  if (lenient.ok()) {
    // Nothing is left out in silence.
    COSTS_FUZZ_CHECK(tariff.ok() || !lenient->findings.empty());
    CheckPriceable(*lenient);
  } else {
    CheckRefusal(lenient.status());
    COSTS_FUZZ_CHECK(!tariff.ok());
  }
  // Faults of other parts may hide behind those that were left out, but never the
  // other way round.
  if (tariff.ok()) COSTS_FUZZ_CHECK(mendable && lenient.ok());
}

}  // namespace costs::fuzz

#endif  // TESTS_FUZZ_TARIFF_IMPORT_CHECK_H_
