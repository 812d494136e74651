// The second half of `costs import prices` and `costs import intensities`: what
// the importer made is told, and checked, written to a file or sent.
#ifndef CLIENT_CLI_SERIES_IMPORT_H_
#define CLIENT_CLI_SERIES_IMPORT_H_

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "energy/costs/v1/carbon_service.grpc.pb.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "service/catalog/import/imported.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

struct SeriesImportOptions {
  std::string id;         // of the market series, or the region
  bool dry_run = false;   // only tell what would be sent
  std::string write_csv;  // a file to write instead of sending; "-": standard output
  absl::Duration deadline = absl::Minutes(10);
  bool show_progress = false;
  std::string server;  // for messages only
};

// Tells findings and faults on `err`, what was done on `out`. `stub` is called
// only where something is sent.
ExitCode FinishImport(const absl::StatusOr<catalog::ImportedPrices>& imported, const SeriesImportOptions& options,
                      v1::TariffsService::StubInterface* stub, std::ostream* out, std::ostream* err);
ExitCode FinishImport(const absl::StatusOr<catalog::ImportedIntensities>& imported, const SeriesImportOptions& options,
                      v1::CarbonService::StubInterface* stub, std::ostream* out, std::ostream* err);

}  // namespace costs::cli

#endif  // CLIENT_CLI_SERIES_IMPORT_H_
