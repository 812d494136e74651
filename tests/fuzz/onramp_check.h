// What every on-ramp keeps: a record has its place, a period and a value that a server can
// read; an error says where it is.
#ifndef TESTS_FUZZ_ONRAMP_CHECK_H_
#define TESTS_FUZZ_ONRAMP_CHECK_H_

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/onramp/converted.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {

inline void CheckConverted(const onramp::ConvertedRecords& converted) {
  for (const onramp::Converted& one : converted) {
    COSTS_FUZZ_CHECK(one.line >= 1);
    if (!one.error.empty()) {
      COSTS_FUZZ_CHECK(absl::StartsWith(one.error, absl::StrCat("line ", one.line, ": ")));
      continue;
    }
    const onramp::v1::MeterRecordSubmission& record = one.record;
    COSTS_FUZZ_CHECK(record.location_id() == "loc" && record.session_reference_id().size() <= 256);
    COSTS_FUZZ_CHECK(std::isfinite(record.value()) && record.value() >= 0);
    const auto& start = record.start_time();
    const auto& end = record.end_time();
    COSTS_FUZZ_CHECK(start.seconds() >= 0 && start.nanos() >= 0 && end.nanos() >= 0);
    COSTS_FUZZ_CHECK(start.seconds() < end.seconds() ||
                     (start.seconds() == end.seconds() && start.nanos() < end.nanos()));
    // What is written can be read: the texts are UTF-8.
    onramp::v1::MeterRecordSubmission again;
    COSTS_FUZZ_CHECK(again.ParseFromString(record.SerializeAsString()));
  }
}

}  // namespace costs::fuzz

#endif  // TESTS_FUZZ_ONRAMP_CHECK_H_
