#include "client/cli/import_files.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "client/utf8.h"

namespace costs::cli {
namespace {

constexpr size_t kBytesAtATime = size_t{1} << 18;

absl::Status ReadAll(int fd, size_t most_bytes, std::string* text) {
  for (;;) {
    const size_t had = text->size();
    text->resize(had + kBytesAtATime);
    const ssize_t got = read(fd, &(*text)[had], kBytesAtATime);
    text->resize(had + (got > 0 ? got : 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return absl::NotFoundError(strerror(errno));
    if (got == 0) return absl::OkStatus();
    if (text->size() > most_bytes) {
      return absl::NotFoundError(
          absl::StrCat("the files of an import have at most ", ImportFiles::kMostBytes >> 20, " MiB; import fewer"));
    }
  }
}

}  // namespace

absl::StatusOr<ImportFiles> ImportFiles::Read(absl::Span<const std::string> paths, size_t most_bytes) {
  ImportFiles files;
  for (const std::string& path : paths) {
    std::string name = path == "-" ? "standard input" : IsUtf8(path) ? path : absl::CHexEscape(path);
    const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return absl::NotFoundError(absl::StrCat(name, ": ", strerror(errno)));
    absl::Cleanup close_file = [fd] {
      if (fd != STDIN_FILENO) close(fd);
    };
    std::string& text = files.texts_.emplace_back();
    const absl::Status status = ReadAll(fd, most_bytes, &text);
    if (!status.ok()) return absl::NotFoundError(absl::StrCat(name, ": ", status.message()));
    most_bytes -= text.size();
    files.sources_.push_back({std::move(name), text});
  }
  return files;
}

}  // namespace costs::cli
