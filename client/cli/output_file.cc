#include "client/cli/output_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace costs::cli {
namespace {

absl::Status SystemError(int error) {
  if (error == EPIPE) return absl::CancelledError("nobody reads the output any more");
  return absl::DataLossError(absl::StrCat("the output cannot be written: ", strerror(error)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(const std::string& path) {
  if (path == "-") return std::make_unique<OutputFile>(STDOUT_FILENO);
  return OpenFile(path, O_TRUNC);
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::OpenToResume(const std::string& path) {
  return OpenFile(path, 0);
}

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::OpenFile(const std::string& path, int flags) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0666);
  if (fd < 0) return absl::NotFoundError(absl::StrCat(path, ": ", strerror(errno)));
  return std::unique_ptr<OutputFile>(new OutputFile(fd, true, path));
}

OutputFile::OutputFile(int fd) : OutputFile(fd, false, "") {}

absl::Status OutputFile::Cut(int64_t bytes) {
  if (ftruncate(fd_, bytes) != 0 || lseek(fd_, bytes, SEEK_SET) != bytes) {
    return absl::NotFoundError(absl::StrCat(path_, ": ", strerror(errno)));
  }
  size_ = bytes;
  return absl::OkStatus();
}

OutputFile::~OutputFile() {
  if (owned_) close(fd_);
}

absl::Status OutputFile::Flush() {
  const char* at = buffer_.data();
  const char* const end = at + buffer_.size();
  while (at < end) {
    const ssize_t written = write(fd_, at, end - at);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const int error = errno;
      buffer_.clear();
      return SystemError(error);
    }
    at += written;
    size_ += written;
  }
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status OutputFile::Close() {
  absl::Status status = Flush();
  if (!owned_) return status;
  owned_ = false;
  if (close(fd_) != 0 && status.ok()) return SystemError(errno);
  return status;
}

}  // namespace costs::cli
