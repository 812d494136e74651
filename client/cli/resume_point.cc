#include "client/cli/resume_point.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/cli/record_sink.h"
#include "service/csv/csv_reader.h"
#include "service/csv/line_reader.h"

namespace costs::cli {
namespace {

// A line of the input, and behind it the figures or the error.
constexpr size_t kMostLineBytes = 2 * kMaxLineBytes;

// How many of a file's bytes there are up to its last line end.
int64_t WholeBytes(const std::string& path) {
  constexpr int64_t kBlock = 4'096;
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  std::string block;
  for (int64_t end = file.tellg(); end > 0; end -= static_cast<int64_t>(block.size())) {
    const int64_t begin = std::max<int64_t>(0, end - kBlock);
    block.resize(static_cast<size_t>(end - begin));
    file.seekg(begin);
    file.read(&block[0], static_cast<std::streamsize>(block.size()));
    const size_t last = block.rfind('\n');
    if (last != std::string::npos) return begin + static_cast<int64_t>(last) + 1;
  }
  return 0;
}

// The whole lines of an output, one after the other. A last one without a line end was cut
// off.
class OutputLines {
 public:
  virtual ~OutputLines() = default;
  // False at the end; INVALID_ARGUMENT for what is no line of an output.
  virtual absl::StatusOr<bool> Next(absl::string_view* line) = 0;
  // How many bytes the lines have that Next() gave.
  virtual int64_t offset() const = 0;
};

// A row may have several lines, in quotes.
class CsvLines final : public OutputLines {
 public:
  explicit CsvLines(const std::string& path)
      : path_(path), file_(path, std::ios::binary), whole_(WholeBytes(path)), reader_(&file_, Options()) {}

  absl::StatusOr<bool> Next(absl::string_view* line) override {
    const absl::StatusOr<bool> more = reader_.Next(&row_);
    if (!more.ok()) {
      if (!reader_.failed() && EndsInQuotes()) return false;
      return more.status();
    }
    if (!*more || reader_.offset() > whole_) return false;
    offset_ = reader_.offset();
    *line = row_.raw;
    return true;
  }
  int64_t offset() const override { return offset_; }

 private:
  static csv::CsvReader::Options Options() {
    csv::CsvReader::Options options;
    options.max_row_bytes = kMostLineBytes;
    return options;
  }

  // Whether what is left is a row that was cut off within quotes.
  bool EndsInQuotes() const {
    std::ifstream file(path_, std::ios::binary);
    std::string rest(kMostLineBytes, '\0');
    file.seekg(offset_);
    file.read(&rest[0], static_cast<std::streamsize>(rest.size()));
    rest.resize(static_cast<size_t>(file.gcount()));
    return file.eof() && std::count(rest.begin(), rest.end(), '"') % 2 == 1;
  }

  const std::string path_;
  std::ifstream file_;
  const int64_t whole_;
  csv::CsvReader reader_;
  csv::CsvRow row_;
  int64_t offset_ = 0;
};

class JsonLines final : public OutputLines {
 public:
  explicit JsonLines(const std::string& path) : file_(path, std::ios::binary), reader_(&file_, kMostLineBytes) {}

  absl::StatusOr<bool> Next(absl::string_view* line) override {
    switch (reader_.Next()) {
      case csv::LineReader::Result::kEnd:
        return false;
      case csv::LineReader::Result::kLine:
        if (reader_.line_end().empty()) return false;
        offset_ = reader_.offset();
        *line = reader_.text();
        return true;
      case csv::LineReader::Result::kTooLong:
      case csv::LineReader::Result::kReadError:
        break;
    }
    return absl::InvalidArgumentError(absl::StrCat("line ", reader_.line(), " cannot be read"));
  }
  int64_t offset() const override { return offset_; }

 private:
  std::ifstream file_;
  csv::LineReader reader_;
  int64_t offset_ = 0;
};

absl::Status Differs(const std::string& output, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(output, " was not made from this input: ", what, "; without --resume it is written anew"));
}

}  // namespace

absl::StatusOr<ResumePoint> FindResumePoint(const std::string& output, Format format, RecordSource* source) {
  if (!std::ifstream(output).is_open()) return absl::NotFoundError(absl::StrCat(output, ": ", strerror(errno)));
  std::unique_ptr<OutputLines> lines;
  if (format == Format::kCsv) {
    lines = std::make_unique<CsvLines>(output);
  } else {
    lines = std::make_unique<JsonLines>(output);
  }
  ResumePoint point;
  absl::string_view line;
  std::string header;
  MakeRecordSink(format)->AppendHeader(source->header(), &header);
  if (!header.empty()) {
    const absl::StatusOr<bool> more = lines->Next(&line);
    if (!more.ok()) return Differs(output, more.status().message());
    if (!*more) return point;
    if (line != absl::StripSuffix(header, "\n")) return Differs(output, "its header differs");
    point.bytes = lines->offset();
  }
  v1::MeterRecordSubmission record;
  InputLine input;
  for (;;) {
    const absl::StatusOr<bool> more = lines->Next(&line);
    if (!more.ok()) return Differs(output, more.status().message());
    if (!*more) return point;
    const RecordSource::Got got = source->Next(&record, &input);
    if (got == RecordSource::Got::kReadError) return absl::NotFoundError(input.error);
    if (got == RecordSource::Got::kEnd) return Differs(output, "it has more lines");
    if (!absl::StartsWith(line, input.carry)) {
      return Differs(output, absl::StrCat("its record ", point.lines + 1, " is not that of line ", input.number));
    }
    ++point.lines;
    point.bytes = lines->offset();
  }
}

}  // namespace costs::cli
