// The second half of `costs import tariff`: what the importer made is told, and
// printed or created on the server, calendars before the elements that name
// them.
//
// Each creation is a call of its own. Ids are the caller's, so one that ended
// half way may be run again: what is there already is passed over if it is told
// to be (see `existing_is_fine`), and is an error otherwise.
#ifndef CLIENT_CLI_TARIFF_IMPORT_H_
#define CLIENT_CLI_TARIFF_IMPORT_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "service/catalog/import/imported.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

struct TariffImportRun {
  std::string location_id;  // that the elements belong to; empty: none
  bool dry_run = false;     // only print what would be created
  // Pass over calendars and elements whose ids are there already.
  bool existing_is_fine = false;
  absl::Duration deadline = absl::Minutes(10);
  std::string server;  // for messages only
};

// Tells findings and faults on `err`, what was created on `out`. `stub` is
// called only where something is created.
ExitCode FinishTariffImport(const absl::StatusOr<catalog::ImportedTariff>& imported, const TariffImportRun& options,
                            v1::TariffsService::StubInterface* stub, std::ostream* out, std::ostream* err);

}  // namespace costs::cli

#endif  // CLIENT_CLI_TARIFF_IMPORT_H_
