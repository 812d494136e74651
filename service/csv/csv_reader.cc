#include "service/csv/csv_reader.h"

#include <csv.h>

#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::csv {
namespace {

constexpr absl::string_view kLoneCarriageReturn = "a carriage return without a line feed; end lines with LF or CRLF";

// libcsv drops blanks around unquoted fields unless told that there are none.
int NoBlank(unsigned char) { return 0; }

void SplitAtCommas(absl::string_view text, std::vector<absl::string_view>* fields) {
  const char* from = text.data();
  const char* const end = from + text.size();
  for (;;) {
    const void* comma = memchr(from, ',', end - from);
    if (comma == nullptr) break;
    const char* to = static_cast<const char*>(comma);
    fields->emplace_back(from, to - from);
    from = to + 1;
  }
  fields->emplace_back(from, end - from);
}

}  // namespace

// A row with quotes in it, fed to libcsv line by line.
class CsvReader::QuotedRow {
 public:
  enum class State { kOpen, kComplete, kNotCsv, kLoneCarriageReturn };

  QuotedRow() { Init(); }
  ~QuotedRow() { csv_free(&parser_); }

  void Reset() {
    if (dirty_) {
      csv_free(&parser_);
      Init();
    }
    dirty_ = true;
    text_.clear();
    ends_.clear();
    rows_ = 0;
  }

  // `text` holds one line more of the row, without the line end; `line_end`
  // belongs to the field where a quote is open.
  State Feed(absl::string_view text, absl::string_view line_end) {
    if (!Parse(text)) return State::kNotCsv;
    if (rows_ > 0) return State::kLoneCarriageReturn;
    if (!Parse(line_end)) return State::kNotCsv;
    if (rows_ == 0) return State::kOpen;
    dirty_ = false;  // libcsv is at the start of a row again
    return State::kComplete;
  }

  void Fields(std::vector<absl::string_view>* fields) const {
    size_t begin = 0;
    for (size_t end : ends_) {
      fields->emplace_back(text_.data() + begin, end - begin);
      begin = end;
    }
  }

 private:
  void Init() {
    csv_init(&parser_, CSV_STRICT);
    csv_set_space_func(&parser_, NoBlank);
    dirty_ = false;
  }

  bool Parse(absl::string_view text) {
    return csv_parse(&parser_, text.data(), text.size(), OnField, OnRow, this) == text.size();
  }

  static void OnField(void* data, size_t size, void* self) {
    auto* row = static_cast<QuotedRow*>(self);
    row->text_.append(static_cast<const char*>(data), size);
    row->ends_.push_back(row->text_.size());
  }

  static void OnRow(int, void* self) { ++static_cast<QuotedRow*>(self)->rows_; }

  csv_parser parser_;
  bool dirty_ = false;  // libcsv is in the middle of a row
  std::string text_;    // the fields, one behind the other
  std::vector<size_t> ends_;
  int rows_ = 0;
};

CsvReader::CsvReader(std::istream* stream) : CsvReader(stream, Options()) {}

CsvReader::CsvReader(std::istream* stream, Options options)
    : options_(options), lines_(stream, options.max_row_bytes), quoted_(std::make_unique<QuotedRow>()) {}

CsvReader::~CsvReader() = default;

absl::StatusOr<bool> CsvReader::Next(CsvRow* row) {
  row->fields.clear();
  row->raw = absl::string_view();
  for (;;) {
    const LineReader::Result result = lines_.Next();
    row->line = lines_.line();
    switch (result) {
      case LineReader::Result::kEnd:
        return false;
      case LineReader::Result::kReadError:
        failed_ = true;
        return absl::DataLossError(absl::StrCat("line ", row->line, ": the input cannot be read further"));
      case LineReader::Result::kTooLong:
        return RowError(row, absl::StrCat("the row is longer than ", options_.max_row_bytes,
                                          " bytes; is the file CSV, with lines that end with LF or CRLF?"));
      case LineReader::Result::kLine:
        break;
    }
    const absl::string_view text = lines_.text();
    if (text.empty()) continue;
    if (memchr(text.data(), '"', text.size()) != nullptr) return NextQuoted(row);
    if (memchr(text.data(), '\r', text.size()) != nullptr) {
      return RowError(row, kLoneCarriageReturn);
    }
    SplitAtCommas(text, &row->fields);
    row->raw = text;
    return true;
  }
}

absl::StatusOr<bool> CsvReader::NextQuoted(CsvRow* row) {
  quoted_->Reset();
  size_t fed = 0;  // of lines_.text(), line ends included
  for (;;) {
    const absl::string_view text = lines_.text();
    // A row that the stream's end completes needs a line end nevertheless.
    const absl::string_view line_end = lines_.line_end().empty() ? "\n" : lines_.line_end();
    switch (quoted_->Feed(text.substr(fed), line_end)) {
      case QuotedRow::State::kComplete:
        quoted_->Fields(&row->fields);
        row->raw = text;
        return true;
      case QuotedRow::State::kLoneCarriageReturn:
        return RowError(row, kLoneCarriageReturn);
      case QuotedRow::State::kNotCsv:
        if (lines_.last_line() == row->line) {
          return RowError(row,
                          "a quote in the wrong place; put the whole field in double quotes, and write a quote within "
                          "it twice");
        }
        return RowError(row, absl::StrCat("a quoted field that is opened here is not properly closed (line ",
                                          lines_.last_line(), "); close it, or write a quote within it twice"));
      case QuotedRow::State::kOpen:
        break;
    }
    fed = text.size() + line_end.size();
    switch (lines_.Extend()) {
      case LineReader::Result::kLine:
        break;
      case LineReader::Result::kTooLong:
        return RowError(row, absl::StrCat("a quoted field makes the row longer than ", options_.max_row_bytes,
                                          " bytes; is its closing quote missing?"));
      case LineReader::Result::kEnd:
      case LineReader::Result::kReadError:
        return RowError(row, "a quoted field is not closed; add the closing quote");
    }
  }
}

absl::Status CsvReader::RowError(CsvRow* row, absl::string_view what) {
  lines_.Shrink();
  row->fields.clear();
  row->raw = absl::string_view();
  return absl::InvalidArgumentError(absl::StrCat("line ", row->line, ": ", what));
}

void AppendCsvField(absl::string_view field, std::string* out) {
  if (field.find_first_of(",\"\r\n") == absl::string_view::npos) {
    absl::StrAppend(out, field);
    return;
  }
  out->push_back('"');
  for (char c : field) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace costs::csv
