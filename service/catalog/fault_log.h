// The faults found in the files of a catalog, gathered so that one attempt
// shows them all rather than the first.
//
//   FaultLog faults;
//   faults.Add({"elements.json", 12}, "elements[0].type", "\"FEE\" is not a type; write COMMODITY or NON_COMMODITY");
//   if (!faults.empty()) return faults.ToStatus();
//
// `what` names the fault, the limit and the remedy. Not thread-safe.
#ifndef SERVICE_CATALOG_FAULT_LOG_H_
#define SERVICE_CATALOG_FAULT_LOG_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace costs::catalog {

// Where in the catalog something is written.
struct FilePosition {
  std::string file;  // relative to the catalog's directory
  int line = 0;      // from 1; 0 where the file as a whole is meant
};

class FaultLog {
 public:
  // How many faults are kept; the others are only counted.
  static constexpr size_t kMostShown = 20;

  // An empty field: none in particular.
  void Add(const FilePosition& where, absl::string_view field, absl::string_view what);

  bool empty() const { return count_ == 0; }
  size_t count() const { return count_; }
  // True once there are more than are shown, so that a reader of many rows can
  // stop.
  bool full() const { return count_ > kMostShown; }

  // OK without faults. Otherwise INVALID_ARGUMENT with a line for each:
  // "catalog: FILE:LINE: FIELD: WHAT".
  absl::Status ToStatus() const;

 private:
  size_t count_ = 0;
  std::vector<std::string> shown_;
};

// `text` in double quotes for a message: no line ends, control characters or
// broken UTF-8, and shortened where it is long.
std::string Quoted(absl::string_view text);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_FAULT_LOG_H_
