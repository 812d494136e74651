#include "client/cli/command_line.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace costs::cli {

absl::StatusOr<std::vector<std::string>> ParseFlags(absl::Span<const std::string> arguments,
                                                    absl::Span<const absl::string_view> allowed) {
  std::vector<std::string> others;
  for (size_t i = 0; i < arguments.size(); ++i) {
    absl::string_view argument = arguments[i];
    if (argument == "--") {
      others.insert(others.end(), arguments.begin() + i + 1, arguments.end());
      break;
    }
    if (argument == "-" || !absl::ConsumePrefix(&argument, "-")) {
      others.emplace_back(argument);
      continue;
    }
    absl::ConsumePrefix(&argument, "-");
    const size_t equals = argument.find('=');
    std::string name(argument.substr(0, equals));
    std::replace(name.begin(), name.end(), '-', '_');
    absl::CommandLineFlag* const flag =
        absl::c_linear_search(allowed, name) ? absl::FindCommandLineFlag(name) : nullptr;
    if (flag == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no flag ", arguments[i].substr(0, arguments[i].find('='))));
    }
    std::string value;
    if (equals != absl::string_view::npos) {
      value = std::string(argument.substr(equals + 1));
    } else if (flag->IsOfType<bool>()) {
      value = "true";
    } else if (i + 1 < arguments.size()) {
      value = arguments[++i];
    } else {
      return absl::InvalidArgumentError(absl::StrCat("--", name, " lacks its value"));
    }
    std::string error;
    if (!flag->ParseFrom(value, &error)) {
      return absl::InvalidArgumentError(absl::StrCat("--", name, ": \"", value, "\" is not ", flag->Help()));
    }
  }
  return others;
}

}  // namespace costs::cli
