// A file, or standard output, that is written to in whole lines.
//
// Lines are gathered and written together; what reaches the file always ends
// with a line, whatever happens then. Not thread-safe.
#ifndef CLIENT_CLI_OUTPUT_FILE_H_
#define CLIENT_CLI_OUTPUT_FILE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace costs::cli {

class OutputFile {
 public:
  // Creates the file, or empties it. "-" is standard output.
  static absl::StatusOr<std::unique_ptr<OutputFile>> Open(const std::string& path);

  // Creates the file, or keeps what it has, to be Cut() where it goes on.
  static absl::StatusOr<std::unique_ptr<OutputFile>> OpenToResume(const std::string& path);

  // Writes to an open file descriptor, which is borrowed.
  explicit OutputFile(int fd);
  ~OutputFile();

  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // As it was opened; empty for a descriptor.
  const std::string& path() const { return path_; }
  // Of the file, buffer apart; 0 for what is no file.
  int64_t size() const { return size_; }
  // Keeps the file's first bytes only, and goes on behind them.
  absl::Status Cut(int64_t bytes);

  // Append a line with its line end to this. Lines are in it until a Flush().
  std::string* buffer() { return &buffer_; }

  // Writes the buffer out. CANCELLED: the reader of a pipe has gone away; any
  // other error says why the system refused.
  absl::Status Flush();
  // Flush, and close the file if it was opened here. An error may come out only
  // now (a full disk).
  absl::Status Close();

 private:
  OutputFile(int fd, bool owned, std::string path) : fd_(fd), owned_(owned), path_(std::move(path)) {}

  static absl::StatusOr<std::unique_ptr<OutputFile>> OpenFile(const std::string& path, int flags);

  int fd_;
  bool owned_;
  std::string path_;
  int64_t size_ = 0;
  std::string buffer_;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_OUTPUT_FILE_H_
