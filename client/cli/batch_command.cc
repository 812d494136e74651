#include "client/cli/batch_command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ext/stdio_filebuf.h>
#include <iostream>
#include <memory>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/batch_report.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/progress.h"
#include "client/cli/record_sink.h"
#include "client/cli/resume_point.h"
#include "client/cli/rpc_error.h"
#include "client/cli/stream_pump.h"
#include "client/utf8.h"

ABSL_FLAG(std::string, o, "", "a path");
ABSL_FLAG(std::string, measurand, "register", "a kind of readings");
ABSL_FLAG(uint32_t, chunk, 1'000, "a whole number");
ABSL_FLAG(uint32_t, in_flight, 8, "a whole number");
ABSL_FLAG(absl::Duration, retry_for, absl::Minutes(5), "a duration such as 10s or 1m30s");
ABSL_FLAG(bool, resume, false, "true or false");

namespace costs::cli {
namespace {

constexpr absl::string_view kBatchFlags[] = {"o",      "format",   "chunk",  "in_flight", "retry_for",
                                             "resume", "location", "device", "measurand"};

// The input's buffer; the default of a few KiB costs many system calls.
constexpr size_t kReadBuffer = size_t{256} << 10;

// Writes an output line for each answer, and counts.
class BatchReceiver : public AnswerReceiver {
 public:
  BatchReceiver(RecordSink* sink, OutputFile* out, BatchReport* report, Progress* progress)
      : sink_(sink), out_(out), report_(report), progress_(progress) {}

  absl::Status OnResult(absl::string_view carry, const v1::MeterRecord& result) override {
    sink_->AppendResult(carry, result, out_->buffer());
    report_->AddResult(result);
    return absl::OkStatus();
  }

  absl::Status OnRefusal(int64_t line, absl::string_view carry, const google::rpc::Status& status) override {
    return OnBadLine(line, carry, absl::StrCat("line ", line, ": ", OneLine(ErrorFrom(status))));
  }

  absl::Status OnBadLine(int64_t, absl::string_view carry, absl::string_view error) override {
    sink_->AppendError(carry, error, out_->buffer());
    report_->AddFailure(error);
    return absl::OkStatus();
  }

  absl::Status OnSomeDone(int64_t offset) override {
    progress_->Update(report_->records(), offset);
    return out_->Flush();
  }

 private:
  RecordSink* const sink_;
  OutputFile* const out_;
  BatchReport* const report_;
  Progress* const progress_;
};

// Says why the batch is not complete.
ExitCode ReportEnd(const BatchOptions& options, const PumpResult& result, std::ostream* err) {
  if (!result.receiver_status.ok()) {
    if (absl::IsCancelled(result.receiver_status)) return kOutputPipeClosed;
    *err << "costs: " << result.receiver_status.message() << "\n";
    return kFileError;
  }
  if (result.stream_error.has_value()) {
    const ExitCode code = ExitCodeFor(*result.stream_error);
    *err << "costs: " << WithThousands(result.lines_handed_on) << " records were answered, the rest was not";
    if (result.last_line > 0) *err << " (the last answered is on line " << result.last_line << ")";
    *err << ":\n  " << (code == kServerUnreachable ? "the stream to " : "refused by ") << options.server
         << (code == kServerUnreachable ? " broke: " : ": ");
    PrintError(*result.stream_error, err);
    return code;
  }
  if (!result.read_error.empty()) {
    *err << "costs: " << result.read_error << "\n";
    return kFileError;
  }
  return kOk;
}

ExitCode ReportNoResume(const absl::Status& status, std::ostream* err) {
  *err << "costs: " << status.message() << "\n";
  return absl::IsInvalidArgument(status) ? kUsage : kFileError;
}

// By a flag, or else by the file's name.
template <typename Kind>
absl::StatusOr<Kind> FormatOf(absl::string_view flag, absl::string_view text, absl::string_view path,
                              absl::Span<const std::pair<absl::string_view, Kind>> names, Kind otherwise) {
  if (text.empty()) {
    if (absl::EndsWith(path, ".ndjson")) path = "x.jsonl";
    for (const auto& [name, kind] : names) {
      if (absl::EndsWith(path, absl::StrCat(".", name))) return kind;
    }
    return otherwise;
  }
  std::string allowed;
  for (const auto& [name, kind] : names) {
    if (text == name) return kind;
    absl::StrAppend(&allowed, allowed.empty() ? "" : ", ", name);
  }
  return absl::InvalidArgumentError(absl::StrCat("--", flag, " must be one of ", allowed, ", but is \"", text, "\""));
}

constexpr std::pair<absl::string_view, InputFormat> kInputFormats[] = {{"csv", InputFormat::kCsv},
                                                                       {"jsonl", InputFormat::kJsonLines},
                                                                       {"ocpp", InputFormat::kOcpp},
                                                                       {"greenbutton", InputFormat::kGreenButton},
                                                                       {"xml", InputFormat::kGreenButton}};
constexpr std::pair<absl::string_view, Format> kOutputFormats[] = {{"csv", Format::kCsv},
                                                                   {"jsonl", Format::kJsonLines}};
constexpr std::pair<absl::string_view, onramp::OcppMeasurand> kMeasurands[] = {
    {"register", onramp::OcppMeasurand::kRegister},
    {"interval", onramp::OcppMeasurand::kInterval},
    {"power", onramp::OcppMeasurand::kPower}};

// Where the records are that the input does not say.
absl::Status SetPlace(BatchOptions* options) {
  const bool wanted = options->input == InputFormat::kOcpp || options->input == InputFormat::kGreenButton;
  options->place = {absl::GetFlag(FLAGS_location), absl::GetFlag(FLAGS_device)};
  if (wanted && options->place.location_id.empty()) {
    return absl::InvalidArgumentError("this format does not say where its readings are from; give --location");
  }
  if (!wanted && !(options->place.location_id.empty() && options->place.device_id.empty())) {
    return absl::InvalidArgumentError(
        "--location and --device are for ocpp and greenbutton; other records have their own");
  }
  for (const std::string& text : {options->place.location_id, options->place.device_id}) {
    if (!IsUtf8(text)) return absl::InvalidArgumentError("--location or --device is not UTF-8");
  }
  return absl::OkStatus();
}

absl::StatusOr<BatchOptions> OptionsFromFlags(const std::string& input, const std::string& output) {
  BatchOptions options;
  const auto in = FormatOf<InputFormat>("format", absl::GetFlag(FLAGS_format), input, kInputFormats, InputFormat::kCsv);
  if (!in.ok()) return in.status();
  options.input = *in;
  const auto out = FormatOf<Format>("output", absl::GetFlag(FLAGS_output), output, kOutputFormats,
                                    *in == InputFormat::kJsonLines ? Format::kJsonLines : Format::kCsv);
  if (!out.ok()) return out.status();
  options.output = *out;
  const auto measurand = FormatOf<onramp::OcppMeasurand>("measurand", absl::GetFlag(FLAGS_measurand), "", kMeasurands,
                                                         onramp::OcppMeasurand::kRegister);
  if (!measurand.ok()) return measurand.status();
  options.measurand = *measurand;
  if (absl::Status place = SetPlace(&options); !place.ok()) return place;
  options.chunk_records = absl::GetFlag(FLAGS_chunk);
  if (options.chunk_records < 1 || options.chunk_records > 10'000) {
    return absl::InvalidArgumentError("--chunk must be 1 to 10000 records");
  }
  options.chunks_in_flight = absl::GetFlag(FLAGS_in_flight);
  if (options.chunks_in_flight < 2 || options.chunks_in_flight > 1'000) {
    return absl::InvalidArgumentError("--in_flight must be 2 to 1000 chunks");
  }
  options.deadline = absl::GetFlag(FLAGS_deadline);
  if (options.deadline.has_value() && *options.deadline <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("--deadline must be above 0");
  }
  SetCallOptions(absl::GetFlag(FLAGS_no_tariff), absl::GetFlag(FLAGS_no_carbon),
                 absl::GetFlag(FLAGS_non_persistent) || absl::GetFlag(FLAGS_dry_run), &options.request);
  options.retry_for = absl::GetFlag(FLAGS_retry_for);
  if (options.retry_for < absl::ZeroDuration()) return absl::InvalidArgumentError("--retry_for must be at least 0");
  options.resume = absl::GetFlag(FLAGS_resume);
  if (options.resume && output == "-") {
    return absl::InvalidArgumentError("--resume goes on with the file that -o names; give it");
  }
  options.server = ServerAddress();
  options.show_progress = isatty(STDERR_FILENO) != 0;
  return options;
}

// The input, as a stream.
struct Input {
  std::unique_ptr<__gnu_cxx::stdio_filebuf<char>> buffer;
  std::istream stream{nullptr};
  struct stat about = {};
};

absl::Status OpenInput(const std::string& path, Input* input) {
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &input->about) != 0) return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
  input->buffer = std::make_unique<__gnu_cxx::stdio_filebuf<char>>(fd, std::ios::in | std::ios::binary, kReadBuffer);
  input->stream.rdbuf(input->buffer.get());
  if (S_ISDIR(input->about.st_mode)) return absl::NotFoundError(absl::StrCat(path, ": is a directory"));
  return absl::OkStatus();
}

// Opening the output would empty the input before it is read.
bool IsSameFile(const Input& input, const std::string& output) {
  struct stat about = {};
  return output != "-" && S_ISREG(input.about.st_mode) && stat(output.c_str(), &about) == 0 &&
         about.st_dev == input.about.st_dev && about.st_ino == input.about.st_ino;
}

absl::StatusOr<std::unique_ptr<RecordSource>> OpenSource(const BatchOptions& options, std::istream* in) {
  switch (options.input) {
    case InputFormat::kCsv:
      return OpenCsv(in, options.output);
    case InputFormat::kJsonLines:
      return OpenJsonLines(in, options.output);
    case InputFormat::kOcpp:
      return OpenOcpp(in, options.output, {options.place, options.measurand});
    case InputFormat::kGreenButton:
      break;
  }
  return OpenGreenButton(in, options.output, options.place);
}

ExitCode Fail(ExitCode code, absl::string_view what) {
  std::cerr << "costs batch: " << what << "\n";
  if (code == kUsage) std::cerr << "(costs help batch lists the flags)\n";
  return code;
}

}  // namespace

const char kBatchHelp[] =
    "usage: costs batch FILE [flags]\n"
    "\n"
    "Prices a file of meter records, one a line, over a stream; FILE - is standard input. Each line comes out again, "
    "in\n"
    "its order, with energy_wh, cost, cost_confidence, carbon_g, carbon_confidence, record_id and error behind it. A\n"
    "line that is wrong or refused has its number and the reason in error, and the rest goes on.\n"
    "\n"
    "CSV has a header with location_id,value,units,start_time,end_time, and may have device_id, session_reference_id,\n"
    "record_reference_id, direction, tariff_rate, measurand, confidence, non_persistent, usage_before_wh. Other "
    "columns\n"
    "are passed through unchanged. JSON lines have the same names as fields of an object on each line.\n"
    "\n"
    "ocpp is a message of a charging station on each line, OCPP 1.6 or 2.0.1: MeterValues, StopTransaction and\n"
    "TransactionEvent. greenbutton is a feed of ESPI (Green Button Download My Data). Each record comes out as a line "
    "of\n"
    "its own.\n"
    "\n"
    "  -o FILE              where the answers go; default: standard output\n"
    "  --format=            csv, jsonl, ocpp or greenbutton: the input's; default: by the file's name (.csv, .jsonl,\n"
    "                       .ocpp, .xml), else csv\n"
    "  --output=            csv or jsonl: the output's format; default: by the -o file's name, else the input's\n"
    "  --location=ID        where the readings of ocpp and greenbutton are from; required for them\n"
    "  --device=ID          the device that they are attributed to; default: none\n"
    "  --measurand=         register (default), interval or power: which readings of ocpp count\n"
    "  --chunk=NUMBER       records in a message, 1 to 10000; default: 1000\n"
    "  --in_flight=NUMBER   full chunks that are sent and not yet answered, 2 to 1000; default: 8\n"
    "  --retry_for=DURATION how long a connection that broke is tried again without an answer; default: 5m\n"
    "  --resume             goes on behind the lines that the -o file has; for a batch that was cut off\n"
    "  --deadline=DURATION  when the whole batch must be done; default: none\n";

ExitCode RunBatch(const BatchOptions& options, std::shared_ptr<grpc::Channel> channel, std::istream* in,
                  OutputFile* out, std::ostream* err) {
  absl::StatusOr<std::unique_ptr<RecordSource>> opened = OpenSource(options, in);
  if (!opened.ok()) {
    *err << "costs: " << opened.status().message() << "\n";
    return absl::IsDataLoss(opened.status()) ? kFileError : kUsage;
  }
  const std::unique_ptr<RecordSource> source = *std::move(opened);
  int64_t resumed = 0;
  if (options.resume) {
    absl::StatusOr<ResumePoint> point = FindResumePoint(out->path(), options.output, source.get());
    if (!point.ok()) return ReportNoResume(point.status(), err);
    if (absl::Status cut = out->Cut(point->bytes); !cut.ok()) return ReportNoResume(cut, err);
    resumed = point->lines;
    if (resumed > 0) *err << "costs: goes on behind " << WithThousands(resumed) << " lines\n";
  }
  const absl::Time start = absl::Now();
  Progress progress(options.show_progress ? err : nullptr, options.input_bytes, absl::Now);
  BatchReport report(err, &progress);
  const std::unique_ptr<RecordSink> sink = MakeRecordSink(options.output);
  if (out->size() == 0) sink->AppendHeader(source->header(), out->buffer());
  BatchReceiver receiver(sink.get(), out, &report, &progress);

  PumpOptions pump;
  pump.chunk_records = options.chunk_records;
  pump.chunks_in_flight = options.chunks_in_flight;
  if (options.deadline.has_value()) pump.deadline = start + *options.deadline;
  pump.request = options.request;
  pump.retry_for = options.retry_for;
  pump.on_interruption = [&](const RpcError& why) {
    progress.Clear();
    *err << "costs: the stream to " << options.server << " broke (" << OneLine(why) << "); trying again\n";
  };
  PumpResult result = PumpRecords(std::move(channel), pump, source.get(), &receiver);
  // What was answered is written even where the stream broke.
  absl::Status closed = out->Close();
  if (result.receiver_status.ok()) result.receiver_status = closed;

  progress.Clear();
  const ExitCode code = ReportEnd(options, result, err);
  if (code == kOutputPipeClosed) return code;
  report.PrintSummary(absl::Now() - start);
  return code == kOk && report.failed() > 0 ? kSomeRecordsFailed : code;
}

ExitCode BatchCommand(absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed(std::begin(kCallFlags), std::end(kCallFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  allowed.insert(allowed.end(), std::begin(kBatchFlags), std::end(kBatchFlags));
  absl::StatusOr<std::vector<std::string>> files = ParseFlags(arguments, allowed);
  if (!files.ok()) return Fail(kUsage, files.status().message());
  if (files->size() != 1) return Fail(kUsage, "give one input file, or - for standard input");
  const std::string& input_path = files->front();
  const std::string output_path = absl::GetFlag(FLAGS_o).empty() ? "-" : absl::GetFlag(FLAGS_o);
  absl::StatusOr<BatchOptions> options = OptionsFromFlags(input_path, output_path);
  if (!options.ok()) return Fail(kUsage, options.status().message());

  Input input;
  absl::Status status = OpenInput(input_path, &input);
  if (!status.ok()) return Fail(kFileError, status.message());
  if (S_ISREG(input.about.st_mode)) options->input_bytes = input.about.st_size;
  if (IsSameFile(input, output_path)) return Fail(kUsage, "-o names the input file; it would be lost");
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(options->server);
  if (!channel.ok()) return ReportNoChannel(channel.status(), &std::cerr);
  absl::StatusOr<std::unique_ptr<OutputFile>> output =
      options->resume ? OutputFile::OpenToResume(output_path) : OutputFile::Open(output_path);
  if (!output.ok()) return Fail(kFileError, output.status().message());
  // A pipe that nobody reads any more is to be an error of write().
  signal(SIGPIPE, SIG_IGN);
  return RunBatch(*options, *channel, &input.stream, output->get(), &std::cerr);
}

}  // namespace costs::cli
