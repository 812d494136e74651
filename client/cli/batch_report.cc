#include "client/cli/batch_report.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace costs::cli {
namespace {

constexpr int64_t kShownFailures = 20;

std::string Figure(Int128 units, int scale) {
  std::string text;
  AppendScaled(units, scale, &text);
  return text;
}

}  // namespace

void BatchReport::AddResult(const v1::MeterRecord& result) {
  ++priced_;
  energy_wh_ += ToScaled(result.data().energy().value(), 0);
  cost_micros_ += ToScaled(result.data().tariff().value(), 6);
  carbon_milligrams_ += ToScaled(result.data().carbon().value(), 3);
}

void BatchReport::AddFailure(absl::string_view error) {
  if (++failed_ > kShownFailures) return;
  progress_->Clear();
  *err_ << "costs: " << error << "\n";
}

void BatchReport::PrintSummary(absl::Duration elapsed) {
  progress_->Clear();
  if (failed_ > kShownFailures) {
    *err_ << "costs: and " << WithThousands(failed_ - kShownFailures)
          << " more failed lines; the output's error column has them all\n";
  }
  const double seconds = absl::ToDoubleSeconds(elapsed);
  const double rate = static_cast<double>(records()) / std::max(seconds, 1e-9);
  *err_ << "costs: " << WithThousands(records()) << " records, " << WithThousands(failed_) << " failed; energy "
        << Figure(energy_wh_, 3) << " kWh, cost " << Figure(cost_micros_, 6) << ", carbon "
        << Figure(carbon_milligrams_, 6) << " kg; " << absl::StrFormat("%.2f s, ", seconds)
        << WithThousands(static_cast<int64_t>(rate)) << "/s\n";
}

}  // namespace costs::cli
