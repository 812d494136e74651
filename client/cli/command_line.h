// The arguments of a command: absl flags, each command taking only its own.
//
// Flags are --name=value or --name value (--name alone for a boolean); dashes
// in a name are as good as underscores, and one dash as good as two. "--" ends
// the flags; "-" is an argument.
#ifndef CLIENT_CLI_COMMAND_LINE_H_
#define CLIENT_CLI_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace costs::cli {

// Sets the flags among `arguments`, and returns the others. `allowed` names the
// command's absl flags. INVALID_ARGUMENT, naming the flag: it is not the
// command's, lacks its value, or refuses it.
absl::StatusOr<std::vector<std::string>> ParseFlags(absl::Span<const std::string> arguments,
                                                    absl::Span<const absl::string_view> allowed);

}  // namespace costs::cli

#endif  // CLIENT_CLI_COMMAND_LINE_H_
