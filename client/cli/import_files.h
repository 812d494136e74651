// The files that an import reads, whole, within a limit.
//
// A plain value; the sources' texts live as long as it does, also when it is
// moved.
#ifndef CLIENT_CLI_IMPORT_FILES_H_
#define CLIENT_CLI_IMPORT_FILES_H_

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/catalog/import/import_log.h"

namespace costs::cli {

class ImportFiles {
 public:
  // Of all files together.
  static constexpr size_t kMostBytes = size_t{256} << 20;

  // "-" is standard input. NOT_FOUND: a file cannot be read, or there is more
  // than `most_bytes` in them.
  static absl::StatusOr<ImportFiles> Read(absl::Span<const std::string> paths, size_t most_bytes = kMostBytes);

  absl::Span<const catalog::SourceText> sources() const { return sources_; }

 private:
  std::deque<std::string> texts_;  // which stay where they are
  std::vector<catalog::SourceText> sources_;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_IMPORT_FILES_H_
