#include "client/cli/series_import.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/import_report.h"
#include "client/cli/output_file.h"
#include "client/cli/progress.h"
#include "client/cli/rpc_error.h"
#include "client/cli/series_csv.h"
#include "client/cli/series_upload.h"

namespace costs::cli {
namespace {

template <typename Imported>
ExitCode WriteCsv(const Imported& imported, const std::string& path, std::ostream* err) {
  absl::StatusOr<std::unique_ptr<OutputFile>> file = OutputFile::Open(path);
  absl::Status status = file.status();
  if (status.ok()) {
    AppendCsv(imported, (*file)->buffer());
    status = (*file)->Close();
  }
  if (status.ok()) return kOk;
  if (absl::IsCancelled(status)) return kOutputPipeClosed;
  *err << "costs: " << status.message() << "\n";
  return kFileError;
}

// Tells the summary; true, with `code`, where that is the end of it.
template <typename Imported>
bool EndsUnsent(const Imported& imported, size_t entries, const SeriesImportOptions& options, std::ostream* out,
                std::ostream* err, ExitCode* code) {
  PrintFindings(imported.findings, err);
  const std::string summary = absl::StrCat(options.id, ": ", Summary(imported), "\n");
  if (!options.write_csv.empty()) {
    // Standard output may be the file.
    *err << summary;
    *code = WriteCsv(imported, options.write_csv, err);
    return true;
  }
  *out << summary;
  *code = kOk;
  if (const absl::Status status = CheckSendable(imported); !status.ok()) {
    *err << "costs: " << status.message() << "\n";
    *code = kSomeRecordsFailed;
    return true;
  }
  if (!options.dry_run) return false;
  const size_t messages = (entries + kEntriesInAMessage - 1) / kEntriesInAMessage;
  *out << "dry run: would be sent in " << messages << (messages == 1 ? " message" : " messages") << "; nothing was\n";
  return true;
}

template <typename Response>
ExitCode ReportSent(const grpc::Status& status, const Response& response, const SeriesImportOptions& options,
                    std::ostream* out, std::ostream* err) {
  if (!status.ok()) return ReportFailure(status, options.server, err);
  *out << "sent: " << response.received_count() << ", of which " << response.changed_count()
       << " were new or changed; catalog version " << response.catalog_version() << "\n";
  out->flush();
  if (out->good()) return kOk;
  *err << "costs: the answer cannot be written\n";
  return kFileError;
}

}  // namespace

ExitCode FinishImport(const absl::StatusOr<catalog::ImportedPrices>& imported, const SeriesImportOptions& options,
                      v1::TariffsService::StubInterface* stub, std::ostream* out, std::ostream* err) {
  if (!imported.ok()) return PrintRefusal(imported.status(), err);
  ExitCode code = kOk;
  if (EndsUnsent(*imported, imported->prices.size(), options, out, err, &code)) return code;
  Progress progress(options.show_progress ? err : nullptr, imported->prices.size(), absl::Now);
  v1::UploadMarketPricesResponse response;
  const grpc::Status status =
      UploadPrices(options.id, *imported, absl::Now() + options.deadline, stub, &progress, &response);
  return ReportSent(status, response, options, out, err);
}

ExitCode FinishImport(const absl::StatusOr<catalog::ImportedIntensities>& imported, const SeriesImportOptions& options,
                      v1::CarbonService::StubInterface* stub, std::ostream* out, std::ostream* err) {
  if (!imported.ok()) return PrintRefusal(imported.status(), err);
  ExitCode code = kOk;
  if (EndsUnsent(*imported, imported->intensities.size(), options, out, err, &code)) return code;
  Progress progress(options.show_progress ? err : nullptr, imported->intensities.size(), absl::Now);
  v1::UploadIntensitiesResponse response;
  const grpc::Status status =
      UploadIntensities(options.id, *imported, absl::Now() + options.deadline, stub, &progress, &response);
  return ReportSent(status, response, options, out, err);
}

}  // namespace costs::cli
