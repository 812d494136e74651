#include "client/cli/batch_report.h"

#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

TEST(BatchReport, Totals_AreExact) {
  std::ostringstream err;
  Progress progress(nullptr, std::nullopt, absl::Now);
  BatchReport report(&err, &progress);
  v1::MeterRecord record;
  record.mutable_data()->mutable_energy()->set_value(10284);
  record.mutable_data()->mutable_tariff()->set_value(0.1);
  record.mutable_data()->mutable_carbon()->set_value(0.001);
  for (int i = 0; i < 1'000; ++i) report.AddResult(record);
  record.mutable_data()->clear_carbon();
  record.mutable_data()->mutable_tariff()->set_value(-0.000001);
  report.AddResult(record);
  report.AddFailure("line 7: bad");
  report.PrintSummary(absl::Milliseconds(500));
  EXPECT_EQ(err.str(),
            "costs: line 7: bad\n"
            "costs: 1,002 records, 1 failed; energy 10294.284 kWh, cost 99.999999, carbon 0.001 kg; 0.50 s, 2,004/s\n");
  EXPECT_EQ(report.records(), 1'002);
  EXPECT_EQ(report.failed(), 1);
}

TEST(BatchReport, ManyFailures_AreCounted) {
  std::ostringstream err;
  Progress progress(nullptr, std::nullopt, absl::Now);
  BatchReport report(&err, &progress);
  std::string expected;
  for (int i = 1; i <= 30; ++i) {
    report.AddFailure(absl::StrCat("line ", i, ": bad"));
    if (i <= 20) absl::StrAppend(&expected, "costs: line ", i, ": bad\n");
  }
  report.PrintSummary(absl::Seconds(1));
  EXPECT_EQ(err.str(), absl::StrCat(expected,
                                    "costs: and 10 more failed lines; the output's error column has them all\n"
                                    "costs: 30 records, 30 failed; energy 0 kWh, cost 0, carbon 0 kg; 1.00 s, 30/s\n"));
}

}  // namespace
}  // namespace costs::cli
