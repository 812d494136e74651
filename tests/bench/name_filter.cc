#include "tests/bench/name_filter.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace costs::bench {

absl::StatusOr<NameFilter> NameFilter::Create(const std::string& regex) {
  if (regex.empty()) return NameFilter(nullptr);
  auto compiled = std::make_unique<regex_t>();
  const int error = regcomp(compiled.get(), regex.c_str(), REG_EXTENDED | REG_NOSUB);
  if (error != 0) {
    char reason[128];
    regerror(error, compiled.get(), reason, sizeof(reason));
    return absl::InvalidArgumentError(
        absl::StrCat("'", regex, "' is not a POSIX extended regular expression: ", reason));
  }
  return NameFilter(std::shared_ptr<const regex_t>(compiled.release(), [](const regex_t* expression) {
    regfree(const_cast<regex_t*>(expression));
    delete expression;
  }));
}

bool NameFilter::Passes(const std::string& name) const {
  return regex_ == nullptr || regexec(regex_.get(), name.c_str(), 0, nullptr, 0) == 0;
}

}  // namespace costs::bench
