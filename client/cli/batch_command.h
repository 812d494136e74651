// `costs batch`: prices a file of meter records over the stream.
#ifndef CLIENT_CLI_BATCH_COMMAND_H_
#define CLIENT_CLI_BATCH_COMMAND_H_

#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cli/exit_code.h"
#include "client/cli/output_file.h"
#include "client/cli/record_source.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "grpcpp/channel.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

extern const char kBatchHelp[];

enum class InputFormat { kCsv, kJsonLines, kOcpp, kGreenButton };

struct BatchOptions {
  InputFormat input = InputFormat::kCsv;
  onramp::Place place;  // of kOcpp and kGreenButton
  onramp::OcppMeasurand measurand = onramp::OcppMeasurand::kRegister;
  Format output = Format::kCsv;
  size_t chunk_records = 1'000;
  size_t chunks_in_flight = 8;
  std::optional<absl::Duration> deadline;
  absl::Duration retry_for = absl::Minutes(5);
  bool resume = false;                    // behind what the output has
  v1::StreamInstantCostsRequest request;  // the options of each chunk
  std::string server;                     // for messages only
  std::optional<int64_t> input_bytes;     // for the progress bar
  bool show_progress = false;
};

// Reads `in` to its end, writes a line for each of its lines to `out` (and
// closes it), and tells `err` what failed and the totals.
ExitCode RunBatch(const BatchOptions& options, std::shared_ptr<grpc::Channel> channel, std::istream* in,
                  OutputFile* out, std::ostream* err);

// The command with its arguments, those behind its name.
ExitCode BatchCommand(absl::Span<const std::string> arguments);

}  // namespace costs::cli

#endif  // CLIENT_CLI_BATCH_COMMAND_H_
