#include "client/cli/import_series_command.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/import_files.h"
#include "client/cli/import_flags.h"
#include "client/cli/series_import.h"
#include "service/catalog/import/entsoe.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/import/neso_carbon.h"
#include "service/catalog/import/nord_pool.h"
#include "service/catalog/import/octopus.h"
#include "service/catalog/import/plain_csv.h"
#include "service/catalog/refusal.h"

ABSL_FLAG(std::string, region, "", "a text");
ABSL_FLAG(std::string, write_csv, "", "a path");
ABSL_FLAG(std::optional<int>, minutes, std::nullopt, "a whole number");
ABSL_FLAG(bool, round, false, "true or false");
ABSL_FLAG(std::string, area, "", "a text");
ABSL_FLAG(std::optional<int>, sequence, std::nullopt, "a whole number");
ABSL_FLAG(std::string, vat, "", "a text");
ABSL_FLAG(std::string, until, "", "a text");
ABSL_FLAG(std::string, payment_method, "", "a text");
ABSL_FLAG(std::string, start_column, "", "a text");
ABSL_FLAG(std::string, end_column, "", "a text");
ABSL_FLAG(std::string, price_column, "", "a text");
ABSL_FLAG(std::string, currency_column, "", "a text");
ABSL_FLAG(std::string, forecast_column, "", "a text");
ABSL_FLAG(std::string, actual_column, "", "a text");
ABSL_FLAG(std::string, price_unit, "", "a text");

namespace costs::cli {
namespace {

using catalog::ImportedIntensities;
using catalog::ImportedPrices;
using Sources = absl::Span<const catalog::SourceText>;

constexpr absl::string_view kPriceFlags[] = {
    "series", "write_csv",      "minutes",      "round",      "area",         "sequence",        "vat",
    "until",  "payment_method", "start_column", "end_column", "price_column", "currency_column", "price_unit"};
constexpr absl::string_view kIntensityFlags[] = {"region",       "write_csv",  "minutes",         "round",
                                                 "start_column", "end_column", "forecast_column", "actual_column"};

// The flag's value among those that it may have; nothing where it is not given.
template <typename Value, size_t size>
absl::StatusOr<std::optional<Value>> Choice(absl::string_view flag, absl::string_view text,
                                            const std::pair<absl::string_view, Value> (&choices)[size]) {
  std::string allowed;
  for (const auto& [name, value] : choices) {
    if (text == name) return std::optional<Value>(value);
    absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", name);
  }
  if (text.empty()) return std::optional<Value>();
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " is \"", text, "\"; it may be ", allowed));
}

catalog::PlainCsvOptions PlainCsvFlags() {
  catalog::PlainCsvOptions options;
  options.start_column = absl::GetFlag(FLAGS_start_column);
  options.end_column = absl::GetFlag(FLAGS_end_column);
  options.resolution_minutes = absl::GetFlag(FLAGS_minutes);
  options.timezone = absl::GetFlag(FLAGS_time_zone);
  options.round = absl::GetFlag(FLAGS_round);
  return options;
}

absl::StatusOr<ImportedPrices> NordPoolPrices(Sources sources) {
  catalog::NordPoolOptions options;
  options.area = absl::GetFlag(FLAGS_area);
  options.currency_code = absl::GetFlag(FLAGS_currency);
  options.resolution_minutes = absl::GetFlag(FLAGS_minutes);
  options.round = absl::GetFlag(FLAGS_round);
  return catalog::ImportNordPool(sources, options);
}

absl::StatusOr<ImportedPrices> EntsoePrices(Sources sources) {
  catalog::EntsoeOptions options;
  options.area = absl::GetFlag(FLAGS_area);
  options.currency_code = absl::GetFlag(FLAGS_currency);
  options.sequence = absl::GetFlag(FLAGS_sequence);
  options.resolution_minutes = absl::GetFlag(FLAGS_minutes);
  options.round = absl::GetFlag(FLAGS_round);
  return catalog::ImportEntsoe(sources, options);
}

absl::StatusOr<ImportedPrices> OctopusPrices(Sources sources) {
  constexpr std::pair<absl::string_view, catalog::Vat> kVat[] = {{"included", catalog::Vat::kIncluded},
                                                                 {"excluded", catalog::Vat::kExcluded}};
  catalog::OctopusOptions options;
  const auto vat = Choice("vat", absl::GetFlag(FLAGS_vat), kVat);
  if (!vat.ok()) return vat.status();
  options.vat = *vat;
  if (const std::string until = absl::GetFlag(FLAGS_until); !until.empty()) {
    options.end = catalog::ParseImportTime(until);
    if (!options.end) {
      return absl::InvalidArgumentError(
          absl::StrCat("--until is \"", until, "\"; give a time such as 2024-01-01T00:00:00Z"));
    }
  }
  options.payment_method = absl::GetFlag(FLAGS_payment_method);
  options.round = absl::GetFlag(FLAGS_round);
  return catalog::ImportOctopus(sources, options);
}

absl::StatusOr<ImportedPrices> CsvPrices(Sources sources) {
  using catalog::PriceUnit;
  constexpr std::pair<absl::string_view, PriceUnit> kUnits[] = {{"per-kwh", PriceUnit::kMajorPerKwh},
                                                                {"per-mwh", PriceUnit::kMajorPerMwh},
                                                                {"cents-per-kwh", PriceUnit::kMinorPerKwh},
                                                                {"cents-per-mwh", PriceUnit::kMinorPerMwh}};
  catalog::PlainPriceOptions options;
  options.rows = PlainCsvFlags();
  const auto unit = Choice("price_unit", absl::GetFlag(FLAGS_price_unit), kUnits);
  if (!unit.ok()) return unit.status();
  options.unit = *unit;
  options.price_column = absl::GetFlag(FLAGS_price_column);
  options.currency_code = absl::GetFlag(FLAGS_currency);
  options.currency_column = absl::GetFlag(FLAGS_currency_column);
  return catalog::ImportPlainPrices(sources, options);
}

absl::StatusOr<ImportedIntensities> NesoIntensities(Sources sources) { return catalog::ImportNesoCarbon(sources); }

absl::StatusOr<ImportedIntensities> CsvIntensities(Sources sources) {
  catalog::PlainIntensityOptions options;
  options.rows = PlainCsvFlags();
  options.forecast_column = absl::GetFlag(FLAGS_forecast_column);
  options.actual_column = absl::GetFlag(FLAGS_actual_column);
  return catalog::ImportPlainIntensities(sources, options);
}

constexpr std::pair<absl::string_view, absl::StatusOr<ImportedPrices> (*)(Sources)> kPriceFormats[] = {
    {"nord-pool", NordPoolPrices}, {"entsoe", EntsoePrices}, {"octopus", OctopusPrices}, {"csv", CsvPrices}};
constexpr std::pair<absl::string_view, absl::StatusOr<ImportedIntensities> (*)(Sources)> kIntensityFormats[] = {
    {"neso", NesoIntensities}, {"csv", CsvIntensities}};

// `id_flag`: the flag that names the series or region; `id` its value.
template <typename Imported, size_t size, typename Stub>
ExitCode Import(absl::Span<const std::string> files, absl::string_view id_flag, const std::string& id,
                const std::pair<absl::string_view, absl::StatusOr<Imported> (*)(Sources)> (&formats)[size],
                absl::StatusOr<std::unique_ptr<Stub>> (*connect)(const std::string&)) {
  if (absl::GetFlag(FLAGS_format).empty()) return FailImport(kUsage, "--format is missing");
  const auto import = Choice("format", absl::GetFlag(FLAGS_format), formats);
  if (!import.ok()) return FailImport(kUsage, import.status().message());
  SeriesImportOptions options;
  options.id = id;
  if (id.empty()) return FailImport(kUsage, absl::StrCat("--", id_flag, " is missing"));
  options.dry_run = absl::GetFlag(FLAGS_dry_run);
  options.write_csv = absl::GetFlag(FLAGS_write_csv);
  options.deadline = ImportDeadline();
  options.show_progress = isatty(STDERR_FILENO) != 0;
  options.server = ServerAddress();
  const absl::StatusOr<ImportFiles> read = ImportFiles::Read(files);
  if (!read.ok()) return FailImport(kFileError, read.status().message());
  const absl::StatusOr<Imported> imported = (**import)(read->sources());
  // A flag whose value the format does not have.
  if (!imported.ok() && catalog::ReasonOf(imported.status()).empty()) {
    return FailImport(kUsage, imported.status().message());
  }
  // What sends nothing wants no server, and no credentials.
  absl::StatusOr<std::unique_ptr<Stub>> stub = nullptr;
  if (imported.ok() && !options.dry_run && options.write_csv.empty()) stub = connect(options.server);
  if (!stub.ok()) return ReportNoChannel(stub.status(), &std::cerr);
  return FinishImport(imported, options, stub->get(), &std::cout, &std::cerr);
}

}  // namespace

ExitCode ImportPricesCommand(absl::Span<const std::string> arguments) {
  const absl::StatusOr<std::vector<std::string>> files = ParseImportFlags(arguments, kPriceFlags);
  if (!files.ok()) return FailImport(kUsage, files.status().message());
  return Import<ImportedPrices>(*files, "series", absl::GetFlag(FLAGS_series), kPriceFormats, ConnectToTariffs);
}

ExitCode ImportIntensitiesCommand(absl::Span<const std::string> arguments) {
  const absl::StatusOr<std::vector<std::string>> files = ParseImportFlags(arguments, kIntensityFlags);
  if (!files.ok()) return FailImport(kUsage, files.status().message());
  return Import<ImportedIntensities>(*files, "region", absl::GetFlag(FLAGS_region), kIntensityFormats, ConnectToCarbon);
}

}  // namespace costs::cli
