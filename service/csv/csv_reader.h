// The rows of a CSV stream (RFC 4180), checked strictly, in bounded memory.
//
//   CsvReader reader(&stream);
//   CsvRow row;
//   for (;;) {
//     absl::StatusOr<bool> more = reader.Next(&row);
//     if (!more.ok()) { report more.status(); if (reader.failed()) break; continue; }
//     if (!*more) break;
//     Use(row.line, row.fields);
//   }
//
// Fields are separated by commas; one with a comma, quote or line end in it is
// in double quotes, in which a quote is written twice. Blanks belong to the
// field. Lines end with LF or CRLF; empty lines are passed over (and counted);
// a byte order mark is skipped. libcsv reads the lines with quotes; one without
// needs no more than a search for commas.
//
// The stream is borrowed. Not thread-safe.
#ifndef SERVICE_CSV_CSV_READER_H_
#define SERVICE_CSV_CSV_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/csv/line_reader.h"

namespace costs::csv {

// A row; keep it from call to call, so that its memory is used again.
struct CsvRow {
  // The physical line on which the row starts, from 1.
  int64_t line = 0;
  // Valid until the next call of Next().
  std::vector<absl::string_view> fields;
  // The row as it was written, quotes included, without its line end. Valid
  // until the next call of Next().
  absl::string_view raw;
};

class CsvReader {
 public:
  struct Options {
    // Of a row as written, line ends included; bounds each field too.
    size_t max_row_bytes = size_t{1} << 20;
  };

  explicit CsvReader(std::istream* stream);
  CsvReader(std::istream* stream, Options options);
  ~CsvReader();

  CsvReader(const CsvReader&) = delete;
  CsvReader& operator=(const CsvReader&) = delete;

  // Reads the next row; false at the end of the stream.
  //
  // INVALID_ARGUMENT, with the line's number: the row is not CSV or too long.
  // row->line is set, and the next call goes on with the line behind the row's
  // first one, so a quote that is never closed costs one line.
  // DATA_LOSS: the stream failed; failed() is true from then on.
  absl::StatusOr<bool> Next(CsvRow* row);

  // True once the stream cannot be read further.
  bool failed() const { return failed_; }
  // How many bytes of the stream have been read as rows.
  int64_t offset() const { return lines_.offset(); }

 private:
  class QuotedRow;

  absl::StatusOr<bool> NextQuoted(CsvRow* row);
  absl::Status RowError(CsvRow* row, absl::string_view what);

  const Options options_;
  LineReader lines_;
  std::unique_ptr<QuotedRow> quoted_;
  bool failed_ = false;
};

// Appends `field` to `out` as CSV: in quotes where it needs them.
void AppendCsvField(absl::string_view field, std::string* out);

}  // namespace costs::csv

#endif  // SERVICE_CSV_CSV_READER_H_
