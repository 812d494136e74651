#include "client/cli/import_tariff_command.h"

#include <iostream>
#include <optional>
#include <set>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/import_files.h"
#include "client/cli/import_flags.h"
#include "client/cli/tariff_import.h"
#include "service/catalog/import/flatpeak_schedule.h"
#include "service/catalog/import/ratebook.h"
#include "service/catalog/import/tariff_import.h"
#include "service/catalog/import/urdb.h"
#include "service/catalog/refusal.h"

ABSL_FLAG(std::string, id, "", "a text");
ABSL_FLAG(std::string, leave_out, "", "a text");
ABSL_FLAG(std::optional<uint32_t>, item, std::nullopt, "a whole number");
ABSL_FLAG(std::string, type, "", "a text");
ABSL_FLAG(bool, existing, false, "true or false");

namespace costs::cli {
namespace {

using catalog::ImportedTariff;
using catalog::RefusalReason;

constexpr absl::string_view kTariffFlags[] = {"id",       "leave_out", "item",      "type",
                                              "existing", "location",  "direction", "series"};

// "a/b/tariff.json" is "tariff".
std::string NameOf(absl::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash != absl::string_view::npos) path.remove_prefix(slash + 1);
  return std::string(path.substr(0, path.find('.')));
}

absl::StatusOr<std::set<RefusalReason>> LeaveOutFlag() {
  std::set<RefusalReason> reasons;
  for (const absl::string_view name : absl::StrSplit(absl::GetFlag(FLAGS_leave_out), ',', absl::SkipEmpty())) {
    const absl::optional<RefusalReason> reason = catalog::ParseRefusalReason(name);
    if (reason && catalog::MayBeLeftOut(*reason)) {
      reasons.insert(*reason);
      continue;
    }
    std::string allowed;
    for (const RefusalReason other : catalog::AllRefusalReasons()) {
      if (catalog::MayBeLeftOut(other))
        absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", RefusalReasonName(other));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("--leave_out names \"", name, "\"; what may be left out is ", allowed));
  }
  return reasons;
}

absl::StatusOr<catalog::TariffImportOptions> TariffFlags(const std::string& path) {
  catalog::TariffImportOptions options;
  options.id = absl::GetFlag(FLAGS_id).empty() ? NameOf(path) : absl::GetFlag(FLAGS_id);
  if (options.id.empty() || options.id == "-")
    return absl::InvalidArgumentError("--id is missing: the id of the element");
  const std::string zone = absl::GetFlag(FLAGS_time_zone);
  if (!zone.empty() && !absl::LoadTimeZone(zone, &options.timezone)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--time_zone is \"", zone, "\"; give an IANA name, such as America/Denver"));
  }
  options.currency_code = absl::GetFlag(FLAGS_currency);
  absl::StatusOr<std::set<RefusalReason>> leave_out = LeaveOutFlag();
  if (!leave_out.ok()) return leave_out.status();
  options.leave_out = *std::move(leave_out);
  return options;
}

// The flag's value of a protobuf enum; UNSPECIFIED where it is not given.
template <typename Enum>
absl::StatusOr<typename Enum::Value> EnumFlag(absl::string_view flag, const std::string& text) {
  typename Enum::Value value = Enum::UNSPECIFIED;
  if (text.empty() || (Enum::Value_Parse(text, &value) && value != Enum::UNSPECIFIED)) return value;
  std::string allowed;
  for (int number = 1; Enum::Value_IsValid(number); ++number) {
    absl::StrAppend(&allowed, number == 1 ? "" : ", ", Enum::Value_Name(static_cast<typename Enum::Value>(number)));
  }
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " is \"", text, "\"; it may be ", allowed));
}

absl::StatusOr<ImportedTariff> Import(absl::string_view text, const catalog::TariffImportOptions& options) {
  const std::string format = absl::GetFlag(FLAGS_format);
  if (format == "urdb") {
    const std::optional<uint32_t> item = absl::GetFlag(FLAGS_item);
    return catalog::ImportUrdb(text, options, item ? absl::optional<size_t>(*item) : absl::nullopt);
  }
  if (format == "ratebook") return catalog::ImportRatebook(text, options);
  if (format != "flatpeak") {
    return absl::InvalidArgumentError(absl::StrCat("--format is \"", format, "\"; it may be urdb, ratebook, flatpeak"));
  }
  catalog::FlatpeakOptions flatpeak;
  flatpeak.tariff = options;
  const auto direction = EnumFlag<v1::TariffRate>("direction", absl::GetFlag(FLAGS_direction));
  if (!direction.ok()) return direction.status();
  const auto type = EnumFlag<v1::ElementType>("type", absl::GetFlag(FLAGS_type));
  if (!type.ok()) return type.status();
  flatpeak.direction = *direction;
  flatpeak.type = *type;
  flatpeak.market_series = absl::GetFlag(FLAGS_series);
  return catalog::ImportFlatpeakSchedule(text, flatpeak);
}

}  // namespace

ExitCode ImportTariffCommand(absl::Span<const std::string> arguments) {
  const absl::StatusOr<std::vector<std::string>> files = ParseImportFlags(arguments, kTariffFlags);
  if (!files.ok()) return FailImport(kUsage, files.status().message());
  if (files->size() != 1) return FailImport(kUsage, "give one tariff file, or - for standard input");
  const absl::StatusOr<catalog::TariffImportOptions> options = TariffFlags(files->front());
  if (!options.ok()) return FailImport(kUsage, options.status().message());
  const absl::StatusOr<ImportFiles> read = ImportFiles::Read(*files);
  if (!read.ok()) return FailImport(kFileError, read.status().message());
  const absl::StatusOr<ImportedTariff> imported = Import(read->sources()[0].text, *options);
  // A flag whose value there is not.
  if (!imported.ok() && catalog::ReasonOf(imported.status()).empty()) {
    return FailImport(kUsage, imported.status().message());
  }
  TariffImportRun run;
  run.location_id = absl::GetFlag(FLAGS_location);
  run.dry_run = absl::GetFlag(FLAGS_dry_run);
  run.existing_is_fine = absl::GetFlag(FLAGS_existing);
  run.deadline = ImportDeadline();
  run.server = ServerAddress();
  // What sends nothing wants no server, and no credentials.
  absl::StatusOr<std::unique_ptr<v1::TariffsService::StubInterface>> stub = nullptr;
  if (imported.ok() && !run.dry_run) stub = ConnectToTariffs(run.server);
  if (!stub.ok()) return ReportNoChannel(stub.status(), &std::cerr);
  return FinishTariffImport(imported, run, stub->get(), &std::cout, &std::cerr);
}

}  // namespace costs::cli
