// Which of the report's lines are wanted: a POSIX extended regular expression
// that is searched for in their names.
//
// Thread-compatible. Copies share the compiled expression.
#ifndef TESTS_BENCH_NAME_FILTER_H_
#define TESTS_BENCH_NAME_FILTER_H_

#include <regex.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace costs::bench {

class NameFilter {
 public:
  // INVALID_ARGUMENT where it is no regular expression. Empty: every name passes.
  static absl::StatusOr<NameFilter> Create(const std::string& regex);

  bool Passes(const std::string& name) const;

 private:
  explicit NameFilter(std::shared_ptr<const regex_t> regex) : regex_(std::move(regex)) {}
  std::shared_ptr<const regex_t> regex_;  // null: every name
};

}  // namespace costs::bench

#endif  // TESTS_BENCH_NAME_FILTER_H_
