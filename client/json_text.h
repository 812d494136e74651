// Writing JSON text by appending to a string.
//
// Thread-safe (pure functions).
#ifndef CLIENT_JSON_TEXT_H_
#define CLIENT_JSON_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace costs::client {

// Appends `text` (UTF-8) as a JSON string, quotes included.
void AppendJsonString(absl::string_view text, std::string* out);

// True for a number as JSON writes them; 1.5e3 is one, and .5, 01 and +1 are not.
bool IsJsonNumber(absl::string_view text);

}  // namespace costs::client

#endif  // CLIENT_JSON_TEXT_H_
