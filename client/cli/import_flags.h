// The flags that every kind of import has.
#ifndef CLIENT_CLI_IMPORT_FLAGS_H_
#define CLIENT_CLI_IMPORT_FLAGS_H_

#include <string>
#include <vector>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"

ABSL_DECLARE_FLAG(bool, dry_run);
ABSL_DECLARE_FLAG(std::string, series);
ABSL_DECLARE_FLAG(std::string, currency);
ABSL_DECLARE_FLAG(std::string, time_zone);

namespace costs::cli {

// Sets the flags among `arguments`, those in `own` and those of every import,
// and returns the others, the files. INVALID_ARGUMENT: a flag that is not
// allowed or not UTF-8, a --deadline that is not above 0, or no file.
absl::StatusOr<std::vector<std::string>> ParseImportFlags(absl::Span<const std::string> arguments,
                                                          absl::Span<const absl::string_view> own);

// --deadline, or 10 minutes.
absl::Duration ImportDeadline();

// Tells what is wrong, and returns `code`.
ExitCode FailImport(ExitCode code, absl::string_view what);

}  // namespace costs::cli

#endif  // CLIENT_CLI_IMPORT_FLAGS_H_
