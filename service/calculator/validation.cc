#include "service/calculator/validation.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"

namespace costs::calculator {
namespace {

using engine::Direction;
using engine::Measurand;
using engine::TariffRate;
using engine::Units;

constexpr size_t kLongestId = 64;
constexpr size_t kLongestReference = 256;
constexpr double kMicros = 1e6;
constexpr int kNanosPerMicro = 1'000;
// More Wh than the last tier of any window can begin at; beyond it, more makes no
// difference.
constexpr double kLargestUsageBefore = 1e15;

void Add(std::vector<Violation>* violations, absl::string_view field, std::string description) {
  violations->push_back({std::string(field), std::move(description)});
}

bool HasNull(absl::string_view text) { return !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr; }

void CheckText(absl::string_view field, absl::string_view text, size_t longest, std::vector<Violation>* violations) {
  if (ABSL_PREDICT_TRUE(text.size() <= longest && !HasNull(text))) return;
  Add(violations, field, TextFault(text, longest));
}

void CheckFraction(absl::string_view field, const std::optional<double>& value, std::vector<Violation>* violations) {
  if (value && !(*value >= 0 && *value <= 1)) {
    Add(violations, field, "must be between 0 and 1, where 1 is certain");
  }
}

// The instant, or a violation. `latest` may itself be the end of a period.
std::optional<engine::Instant> ReadTime(absl::string_view field, const std::optional<WireTime>& time,
                                        std::vector<Violation>* violations) {
  if (!time) {
    Add(violations, field, "is required; give an RFC 3339 time, such as 2022-02-01T10:30:00Z");
    return std::nullopt;
  }
  if (time->nanos < 0 || time->nanos >= engine::kNanosPerSecond) {
    Add(violations, field, "has nanoseconds outside 0 to 999999999");
    return std::nullopt;
  }
  const int64_t latest = engine::kLatest.ns / engine::kNanosPerSecond;
  if (time->seconds < 0 || time->seconds > latest || (time->seconds == latest && time->nanos > 0)) {
    Add(violations, field, "must lie between 1970-01-01T00:00:00Z and 2100-01-01T00:00:00Z");
    return std::nullopt;
  }
  return engine::Instant{time->seconds * engine::kNanosPerSecond + time->nanos};
}

// Read as a decimal with 6 digits after the point, as `value` is.
engine::Int128 ToNanoWh(double wh) {
  return static_cast<engine::Int128>(std::rint(std::min(wh, kLargestUsageBefore) * kMicros)) * kNanosPerMicro;
}

}  // namespace

std::string TextFault(absl::string_view text, size_t longest) {
  if (text.size() > longest) {
    return absl::StrCat("is ", text.size(), " bytes long; at most ", longest, " are allowed");
  }
  if (HasNull(text)) {
    return "holds the character U+0000; leave it out";
  }
  return "";
}

bool Validate(const Submission& submission, ValidRecord* record, std::vector<Violation>* violations) {
  const size_t before = violations->size();
  if (submission.location_id.empty()) {
    Add(violations, "location_id", "is required; give the id of a location, such as loc_641b90b758fb8e6293716e40");
  }
  CheckText("location_id", submission.location_id, kLongestId, violations);
  CheckText("device_id", submission.device_id, kLongestId, violations);
  CheckText("session_reference_id", submission.session_reference_id, kLongestReference, violations);
  CheckText("record_reference_id", submission.record_reference_id, kLongestReference, violations);

  record->direction = submission.direction;
  if (submission.direction == Direction::kUnspecified) {
    record->direction = Direction::kImport;
  } else if (submission.direction != Direction::kImport && submission.direction != Direction::kExport) {
    Add(violations, "direction", "must be IMPORT or EXPORT; the default is IMPORT");
  }
  record->tariff_rate = submission.tariff_rate;
  if (submission.tariff_rate == TariffRate::kUnspecified) {
    record->tariff_rate = record->direction == Direction::kExport ? TariffRate::kExport : TariffRate::kImport;
  } else if (submission.tariff_rate != TariffRate::kImport && submission.tariff_rate != TariffRate::kExport &&
             submission.tariff_rate != TariffRate::kLocal) {
    Add(violations, "tariff_rate", "must be IMPORT, EXPORT or LOCAL; the default is the direction");
  }
  if (submission.measurand != Measurand::kUnspecified && submission.measurand != Measurand::kTransferred) {
    Add(violations, "measurand", "must be TRANSFERRED, the default; energy that was only offered has no cost");
  }
  record->usage.units = submission.units;
  if (submission.units != Units::kW && submission.units != Units::kKw && submission.units != Units::kWh &&
      submission.units != Units::kKwh) {
    Add(violations, "units", "is required and must be W, KW, WH or KWH");
  }

  if (!submission.value) {
    Add(violations, "value", "is required; give the power or energy in the record's units");
  } else if (!(*submission.value >= 0 && *submission.value <= static_cast<double>(engine::kLargestValue))) {
    // Also where it is not a number.
    Add(violations, "value",
        absl::StrCat("must be between 0 and ", engine::kLargestValue, "; the direction carries the sign"));
  } else {
    // Read as a decimal with 6 digits after the point: the nearest one, which
    // for a number written with no more digits is that number.
    record->usage.value_micros = std::llrint(*submission.value * kMicros);
  }
  CheckFraction("confidence", submission.confidence, violations);
  record->confidence = submission.confidence.value_or(1);
  record->usage_before_nwh.reset();
  if (submission.usage_before_wh) {
    if (*submission.usage_before_wh >= 0 && std::isfinite(*submission.usage_before_wh)) {
      record->usage_before_nwh = ToNanoWh(*submission.usage_before_wh);
    } else {
      Add(violations, "usage_before_wh", "must be 0 or more");
    }
  }

  const std::optional<engine::Instant> start = ReadTime("start_time", submission.start_time, violations);
  const std::optional<engine::Instant> end = ReadTime("end_time", submission.end_time, violations);
  if (start && end) {
    record->usage.interval = {*start, *end};
    if (*end <= *start) {
      Add(violations, "end_time", "must be after start_time");
    } else if (record->usage.interval.nanos() > engine::kLongestRecordNanos) {
      Add(violations, "end_time", "must be at most 366 days after start_time; split the record");
    }
  }
  return violations->size() == before;
}

}  // namespace costs::calculator
