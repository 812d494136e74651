#include "service/records/register_readings.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/engine/time.h"

namespace costs::records {
namespace {

using Readings = std::map<int64_t, RegisterReading>;  // by time

constexpr int64_t kLongestRecordSeconds = engine::kLongestRecordNanos / engine::kNanosPerSecond;
// Readings no further apart than this are read from the store together, with all
// that lie between them.
constexpr int64_t kReadTogetherSeconds = 32 * 86'400;

std::string TimeText(int64_t time_s) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(time_s), absl::UTCTimeZone());
}

// The record between two readings that follow each other, if there is one.
std::optional<ReadingRecord> RecordBetween(const RegisterReading& earlier, const RegisterReading& later) {
  if (later.value_mwh < earlier.value_mwh || later.time_s - earlier.time_s > kLongestRecordSeconds) {
    return std::nullopt;
  }
  return ReadingRecord{earlier.time_s, later.time_s, later.value_mwh - earlier.value_mwh, later.session_reference_id,
                       later.record_reference_id};
}

// By start and end.
std::map<std::pair<int64_t, int64_t>, ReadingRecord> RecordsOf(const Readings& readings) {
  std::map<std::pair<int64_t, int64_t>, ReadingRecord> records;
  for (auto later = readings.begin(); later != readings.end(); ++later) {
    if (later == readings.begin()) continue;
    if (std::optional<ReadingRecord> record = RecordBetween(std::prev(later)->second, later->second)) {
      records.emplace(std::make_pair(record->start_s, record->end_s), *std::move(record));
    }
  }
  return records;
}

// Why there is no record between the two, said of a reading that is one of them.
std::string GapText(const RegisterReading& earlier, const RegisterReading& later, bool of_later) {
  const bool reset = later.value_mwh < earlier.value_mwh;
  if (of_later) {
    return absl::StrCat(reset ? "value is lower than that of the reading before it, at "
                              : "time is more than 366 days after the reading before it, at ",
                        TimeText(earlier.time_s),
                        reset ? "; taken as a reset of the register: counting starts anew here, and there is no record "
                                "before it"
                              : "; counting starts anew here, and there is no record before it");
  }
  return absl::StrCat(reset ? "value is higher than that of the reading after it, at "
                            : "time is more than 366 days before the reading after it, at ",
                      TimeText(later.time_s),
                      reset ? "; taken as a reset of the register: there is no record between the two"
                            : "; there is no record between the two");
}

}  // namespace

std::vector<ReadingRange> RangesToRead(absl::Span<const RegisterReading> submitted) {
  std::vector<int64_t> times;
  for (const RegisterReading& reading : submitted) times.push_back(reading.time_s);
  std::sort(times.begin(), times.end());
  std::vector<ReadingRange> ranges;
  for (int64_t time : times) {
    if (ranges.empty() || time - ranges.back().last_s > kReadTogetherSeconds) ranges.push_back({time, time});
    ranges.back().last_s = time;
  }
  return ranges;
}

Differences Difference(absl::Span<const RegisterReading> known, absl::Span<const RegisterReading> submitted) {
  Differences differences;
  std::map<int64_t, int64_t> values;  // submitted, by time
  std::set<int64_t> contradicted;
  for (const RegisterReading& reading : submitted) {
    const auto [at, is_new] = values.emplace(reading.time_s, reading.value_mwh);
    if (!is_new && at->second != reading.value_mwh) contradicted.insert(reading.time_s);
  }

  Readings before;
  for (const RegisterReading& reading : known) before[reading.time_s] = reading;
  Readings after = before;
  std::map<int64_t, size_t> taken;  // time to index
  for (size_t i = 0; i < submitted.size(); ++i) {
    const RegisterReading& reading = submitted[i];
    if (contradicted.count(reading.time_s) != 0) {
      differences.refused.push_back(
          {i, "time is that of another reading of this submission, with another value; send the right one alone"});
      continue;
    }
    taken[reading.time_s] = i;
    after[reading.time_s] = reading;
  }
  for (const auto& [time, i] : taken) differences.readings.push_back(submitted[i]);

  const auto old_records = RecordsOf(before);
  const auto new_records = RecordsOf(after);
  for (const auto& [span, record] : old_records) {
    if (new_records.count(span) == 0) differences.deletions.push_back(record);
  }
  for (const auto& [span, record] : new_records) {
    if (taken.count(span.first) != 0 || taken.count(span.second) != 0) differences.records.push_back(record);
  }
  for (auto later = after.begin(); later != after.end(); ++later) {
    if (later == after.begin()) continue;
    const RegisterReading& earlier = std::prev(later)->second;
    if (RecordBetween(earlier, later->second)) continue;
    const auto of_later = taken.find(later->first);
    const auto of_earlier = taken.find(earlier.time_s);
    if (of_later != taken.end()) {
      differences.gaps.push_back({of_later->second, GapText(earlier, later->second, /*of_later=*/true)});
    } else if (of_earlier != taken.end()) {
      differences.gaps.push_back({of_earlier->second, GapText(earlier, later->second, /*of_later=*/false)});
    }
  }
  std::stable_sort(differences.gaps.begin(), differences.gaps.end(),
                   [](const ReadingFault& a, const ReadingFault& b) { return a.reading < b.reading; });
  return differences;
}

}  // namespace costs::records
