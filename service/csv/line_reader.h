// The physical lines of a text stream, one at a time, in bounded memory.
//
//   LineReader lines(&stream, 1 << 20);
//   while (lines.Next() == LineReader::Result::kLine) Use(lines.text(), lines.line());
//
// A line ends with LF or CRLF, or with the stream; a UTF-8 byte order mark at
// the start of the stream is skipped. A reader of records that may span lines
// (quoted CSV) grows the current text with Extend(), and can take that back.
//
// The stream is borrowed. Reads whatever the stream has at hand, so a pipe is
// not waited on for more than the line needs. Not thread-safe.
#ifndef SERVICE_CSV_LINE_READER_H_
#define SERVICE_CSV_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>

#include "absl/strings/string_view.h"

namespace costs::csv {

class LineReader {
 public:
  enum class Result {
    kLine,       // text() is set
    kEnd,        // nothing more
    kTooLong,    // longer than the limit
    kReadError,  // the stream failed; nothing more
  };

  // max_bytes: of text(), line ends included.
  LineReader(std::istream* stream, size_t max_bytes);

  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // Makes the next line the current text. A line that is too long is skipped:
  // text() is empty, line() its number, and the next call goes on behind it.
  Result Next();

  // Adds the next line to the current text. At the end, and with kTooLong, the
  // text is as before.
  Result Extend();

  // Takes the lines that Extend() added back: Next() will read them again.
  void Shrink();

  // The current lines without the last line end. Valid until the next call.
  absl::string_view text() const { return {buffer_.get() + begin_, text_end_ - begin_}; }
  // The line end behind the text; empty where the stream ended there.
  absl::string_view line_end() const { return {buffer_.get() + text_end_, next_ - text_end_}; }
  // The number of the first line of the text, from 1.
  int64_t line() const { return line_; }
  // The number of the last line of the text.
  int64_t last_line() const { return line_ + extended_; }
  // How many bytes of the stream lie before the next line.
  int64_t offset() const { return base_ + static_cast<int64_t>(next_); }

 private:
  // Finds the line that starts at next_; on success moves next_ and text_end_.
  Result FindLine();
  // Reads more behind end_; false at the end of the stream or on its failure.
  bool Fill();
  void SkipRestOfLine();

  std::istream* const stream_;
  const size_t max_bytes_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_;
  // buffer_[begin_, next_) are the current lines, [next_, end_) what follows.
  size_t begin_ = 0;
  size_t text_end_ = 0;
  size_t next_ = 0;
  size_t end_ = 0;
  int64_t base_ = 0;  // offset of buffer_[0] in the stream
  int64_t line_ = 0;
  int64_t extended_ = 0;  // lines that Extend() added
  // The first of the lines, for Shrink().
  size_t first_text_end_ = 0;
  size_t first_next_ = 0;
};

}  // namespace costs::csv

#endif  // SERVICE_CSV_LINE_READER_H_
