// A figure of a running service, as it is published (exposition.h). Plain values.
#ifndef SERVICE_TELEMETRY_FIGURE_H_
#define SERVICE_TELEMETRY_FIGURE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace costs::telemetry {

// How many observations were at most as large as each bound, and what all are together.
struct Distribution {
  struct Bucket {
    double upper_bound = 0;  // inclusive
    uint64_t count = 0;      // of this bucket and those below it
  };
  std::vector<Bucket> buckets;  // by bound
  uint64_t count = 0;           // of all, also beyond the last bound
  double sum = 0;
};

struct Figure {
  // Only ever grows since the start; goes up and down; see Distribution.
  enum class Kind { kCounter, kGauge, kHistogram };
  using Labels = std::vector<std::pair<std::string, std::string>>;

  std::string name;  // a counter's ends in _total
  std::string help;
  Kind kind = Kind::kGauge;
  double value = 0;  // but of a histogram
  // What tells figures of one name apart; those are beside each other in a list.
  Labels labels = {};
  Distribution distribution = {};  // of a histogram
};

}  // namespace costs::telemetry

#endif  // SERVICE_TELEMETRY_FIGURE_H_
