// Where a batch's answers go: a line for each line of the input, in its order.
//
// A line is what the source carried from the input, and behind it the figures:
// energy_wh, cost, cost_confidence, carbon_g, carbon_confidence, record_id,
// error. Money has up to 6 digits after the point, carbon up to 3, both exact,
// without trailing zeros or exponent. Not thread-safe.
#ifndef CLIENT_CLI_RECORD_SINK_H_
#define CLIENT_CLI_RECORD_SINK_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "client/cli/record_source.h"
#include "energy/costs/v1/meter_record.pb.h"

namespace costs::cli {

class RecordSink {
 public:
  virtual ~RecordSink() = default;

  // The line above the others, if the format has one. `carry` is the source's.
  virtual void AppendHeader(absl::string_view carry, std::string* out) = 0;
  // A record that was priced.
  virtual void AppendResult(absl::string_view carry, const v1::MeterRecord& result, std::string* out) = 0;
  // A line that was not.
  virtual void AppendError(absl::string_view carry, absl::string_view error, std::string* out) = 0;
};

std::unique_ptr<RecordSink> MakeRecordSink(Format format);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RECORD_SINK_H_
