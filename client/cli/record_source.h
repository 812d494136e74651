// Where a batch's records come from: a file of lines, each a record.
//
// A source reads a line into a submission, and says what of the line the output
// repeats ("carry"), already in the output's format:
//   CSV out:   the input's columns as text, without a line end;
//   JSON out:  the input's object without its closing brace.
// Sources are used by one thread at a time.
#ifndef CLIENT_CLI_RECORD_SOURCE_H_
#define CLIENT_CLI_RECORD_SOURCE_H_

#include <cstdint>
#include <istream>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "client/onramp/converted.h"
#include "client/onramp/ocpp.h"
#include "energy/costs/v1/meter_record.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

enum class Format { kCsv, kJsonLines };

// One line of the input; keep it from call to call.
struct InputLine {
  // The physical line, from 1; a record of several lines has its first.
  int64_t number = 0;
  // What the output repeats. Valid until the next call of Next().
  absl::string_view carry;
  // Why the line is no record; set by kBadLine only.
  std::string error;
  // How many bytes of the input have been read.
  int64_t offset = 0;
};

class RecordSource {
 public:
  enum class Got {
    kRecord,     // the record and the line are set
    kBadLine,    // the line is set, with its error; the next one may be good
    kEnd,        // nothing more
    kReadError,  // the input failed; nothing more
  };

  virtual ~RecordSource() = default;

  // Reads the next line. `record` is cleared first; it may hold rubbish unless
  // kRecord is returned.
  virtual Got Next(v1::MeterRecordSubmission* record, InputLine* line) = 0;

  // What stands above the output's rows, as a carry; CSV out only.
  virtual absl::string_view header() const = 0;
  // The carry for a line of which nothing can be repeated.
  virtual absl::string_view empty_carry() const = 0;
};

// The header names the columns. INVALID_ARGUMENT, naming the column: one that
// is required is missing, one stands there twice, or one has a name that the
// output uses. An empty stream is no error; it has no records.
absl::StatusOr<std::unique_ptr<RecordSource>> OpenCsv(std::istream* stream, Format output);

// JSON lines with the REST API's field names; fields that it does not have are
// carried to JSON out, and left out of CSV.
std::unique_ptr<RecordSource> OpenJsonLines(std::istream* stream, Format output);

// Messages of charging stations, one a line (client/onramp/ocpp.h). Each record is a line
// of its own, which has the number of the message that ends it.
std::unique_ptr<RecordSource> OpenOcpp(std::istream* stream, Format output, onramp::OcppOptions options);

// A feed of Green Button, which is read to its end first (client/onramp/espi.h).
// INVALID_ARGUMENT: it is none. DATA_LOSS: the stream failed.
absl::StatusOr<std::unique_ptr<RecordSource>> OpenGreenButton(std::istream* stream, Format output,
                                                              const onramp::Place& place);

// The size that a line, and a record of several lines, may have.
inline constexpr size_t kMaxLineBytes = size_t{1} << 20;

}  // namespace costs::cli

#endif  // CLIENT_CLI_RECORD_SOURCE_H_
