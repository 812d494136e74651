// What an import tells a person: findings and refusals, the same for prices,
// intensities and tariffs.
#ifndef CLIENT_CLI_IMPORT_REPORT_H_
#define CLIENT_CLI_IMPORT_REPORT_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/cli/exit_code.h"
#include "service/catalog/import/imported.h"

namespace costs::cli {

// A line for each.
void PrintFindings(const std::vector<catalog::Finding>& findings, std::ostream* err);

// The reason, and a line for each violation. kUsage where an option is asked
// for, otherwise kSomeRecordsFailed.
ExitCode PrintRefusal(const absl::Status& refusal, std::ostream* err);

// "24 prices in EUR from 2024-11-04T23:00:00Z to 2024-11-05T23:00:00Z, 0.0053 to
// 0.21586 per kWh".
std::string Summary(const catalog::ImportedPrices& prices);
// "17430 intensities from ... to ..., 17430 with a forecast, 17425 with an actual".
std::string Summary(const catalog::ImportedIntensities& intensities);

}  // namespace costs::cli

#endif  // CLIENT_CLI_IMPORT_REPORT_H_
