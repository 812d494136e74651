// The line that shows a person how far a batch is.
//
//   [=========>                    ]  31%  1,234,567 records  412,000/s  ETA 0:07
//
// Drawn again in place, a few times a second, on a terminal only. The clock is
// an argument. Not thread-safe.
#ifndef CLIENT_CLI_PROGRESS_H_
#define CLIENT_CLI_PROGRESS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "absl/time/time.h"

namespace costs::cli {

// 1234567 as 1,234,567.
std::string WithThousands(int64_t number);

class Progress {
 public:
  // `err` is borrowed; null: nothing is ever shown. input_bytes: none where the
  // input's size is not known, and then there is no bar and no ETA.
  Progress(std::ostream* err, std::optional<int64_t> input_bytes, std::function<absl::Time()> clock);

  // So much has been answered; draws if it is time to.
  void Update(int64_t records, int64_t bytes);
  // Wipes the line, so that others can be printed.
  void Clear();

 private:
  std::string Line(int64_t records, int64_t bytes, absl::Duration elapsed) const;

  std::ostream* const err_;
  const std::optional<int64_t> input_bytes_;
  const std::function<absl::Time()> clock_;
  const absl::Time start_;
  absl::Time next_drawing_;
  bool drawn_ = false;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_PROGRESS_H_
