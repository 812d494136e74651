// Writing JSON text by appending to a string.
//
// Thread-safe (pure functions).
#ifndef CLIENT_CLI_JSON_TEXT_H_
#define CLIENT_CLI_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::cli {

// Appends `text` (UTF-8) as a JSON string, quotes included.
void AppendJsonString(absl::string_view text, std::string* out);

// True for a number as JSON writes them; 1.5e3 is one, and .5, 01 and +1 are not.
bool IsJsonNumber(absl::string_view text);

}  // namespace costs::cli

#endif  // CLIENT_CLI_JSON_TEXT_H_
