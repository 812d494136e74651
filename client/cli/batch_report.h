// What a batch tells a person on standard error: the first failed lines, and
// at the end the totals.
//
// Totals are added up exactly (Wh, millionths of money, milligrams). The answers
// do not name their currencies, so the cost is a plain sum. Not thread-safe.
#ifndef CLIENT_CLI_BATCH_REPORT_H_
#define CLIENT_CLI_BATCH_REPORT_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/decimal_text.h"
#include "client/cli/progress.h"
#include "energy/costs/v1/meter_record.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

class BatchReport {
 public:
  // Both are borrowed; `progress` is wiped before a line is printed.
  BatchReport(std::ostream* err, Progress* progress) : err_(err), progress_(progress) {}

  void AddResult(const v1::MeterRecord& result);
  // Prints `error`, which begins with the line's number, unless there have been
  // many.
  void AddFailure(absl::string_view error);

  // The line that stands at the end.
  void PrintSummary(absl::Duration elapsed);

  int64_t records() const { return priced_ + failed_; }
  int64_t failed() const { return failed_; }

 private:
  std::ostream* const err_;
  Progress* const progress_;
  int64_t priced_ = 0;
  int64_t failed_ = 0;
  Int128 energy_wh_ = 0;
  Int128 cost_micros_ = 0;
  Int128 carbon_milligrams_ = 0;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_BATCH_REPORT_H_
