// The instants of rows whose times are what a clock on the wall shows.
//
//   ClockTimes times(zone);
//   absl::StatusOr<absl::Time> first = times.Next(absl::CivilSecond(2023, 10, 29, 2, 0, 0));   // 02:00+02:00
//   absl::StatusOr<absl::Time> second = times.Next(absl::CivilSecond(2023, 10, 29, 2, 0, 0));  // 02:00+01:00
//
// Rows come oldest first. Where the clock is put back, it shows some times
// twice: the first row with such a time is the earlier instant, the next the
// later. Not thread-safe.
#ifndef SERVICE_CATALOG_IMPORT_CLOCK_TIMES_H_
#define SERVICE_CATALOG_IMPORT_CLOCK_TIMES_H_

#include <optional>
#include <set>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace costs::catalog {

class ClockTimes {
 public:
  explicit ClockTimes(const absl::TimeZone& zone) : zone_(zone) {}

  // The instant of the next row. INVALID_ARGUMENT, with what is wrong: the
  // clock skips that time, or the row is not after the one before it.
  absl::StatusOr<absl::Time> Next(const absl::CivilSecond& clock);

  // The first of the times that the clock shows twice and that came once only;
  // none if there is none.
  std::optional<absl::CivilSecond> Ambiguous() const;

 private:
  const absl::TimeZone zone_;
  absl::Time last_ = absl::InfinitePast();
  std::set<absl::CivilSecond> once_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_CLOCK_TIMES_H_
