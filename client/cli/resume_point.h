// Where a batch that was cut off goes on: behind the lines that its output has.
//
// The output is its own journal: it has a line for each line of the input, in order, and is
// written in whole lines. Records that were answered and not written are sent again, which
// changes nothing.
#ifndef CLIENT_CLI_RESUME_POINT_H_
#define CLIENT_CLI_RESUME_POINT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/record_source.h"

namespace costs::cli {

struct ResumePoint {
  int64_t lines = 0;  // of the input, which the output has
  int64_t bytes = 0;  // of the output, which are whole lines
};

// Reads the output's lines, and the same number of the source's, which then stands behind
// them. INVALID_ARGUMENT where the output was not made from this input: a header or a line
// differs, or there are too many. NOT_FOUND: the output cannot be read.
absl::StatusOr<ResumePoint> FindResumePoint(const std::string& output, Format format, RecordSource* source);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RESUME_POINT_H_
