// The file of the records that the upstream last answered differently: a JSON object a
// line, the newest last.
//
// A pure function, and one that writes a file whole or not at all.
#ifndef SERVICE_SERVER_DIFFERENCE_FILE_H_
#define SERVICE_SERVER_DIFFERENCE_FILE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "service/upstream/shadow_calculator.h"

namespace costs::server {

std::string DifferenceLines(const std::vector<upstream::ShadowCalculator::Difference>& differences);

// Readable by its owner alone. An error names the file.
absl::Status WriteDifferences(const std::string& path,
                              const std::vector<upstream::ShadowCalculator::Difference>& differences);

}  // namespace costs::server

#endif  // SERVICE_SERVER_DIFFERENCE_FILE_H_
