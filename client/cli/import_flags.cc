#include "client/cli/import_flags.h"

#include <iostream>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/utf8.h"

ABSL_FLAG(std::string, series, "", "a text");
ABSL_FLAG(std::string, currency, "", "a text");
ABSL_FLAG(std::string, time_zone, "", "a text");

namespace costs::cli {
namespace {

constexpr absl::string_view kSharedFlags[] = {"format", "dry_run", "currency", "time_zone", "server", "deadline"};

}  // namespace

absl::StatusOr<std::vector<std::string>> ParseImportFlags(absl::Span<const std::string> arguments,
                                                          absl::Span<const absl::string_view> own) {
  std::vector<absl::string_view> allowed(std::begin(kSharedFlags), std::end(kSharedFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  allowed.insert(allowed.end(), own.begin(), own.end());
  absl::StatusOr<std::vector<std::string>> files = ParseFlags(arguments, allowed);
  if (!files.ok()) return files.status();
  for (const std::string& argument : arguments) {
    if (argument.size() > 1 && argument[0] == '-' && !IsUtf8(argument)) {
      return absl::InvalidArgumentError("a flag is not UTF-8");
    }
  }
  if (ImportDeadline() <= absl::ZeroDuration()) return absl::InvalidArgumentError("--deadline must be above 0");
  if (files->empty()) return absl::InvalidArgumentError("give the files to import, or - for standard input");
  return files;
}

absl::Duration ImportDeadline() { return absl::GetFlag(FLAGS_deadline).value_or(absl::Minutes(10)); }

ExitCode FailImport(ExitCode code, absl::string_view what) {
  std::cerr << "costs import: " << what << "\n";
  if (code == kUsage) std::cerr << "(costs help import lists the flags)\n";
  return code;
}

}  // namespace costs::cli
