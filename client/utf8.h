// Whether text is UTF-8, which is all that the API's strings may hold.
//
// Thread-safe (pure function).
#ifndef CLIENT_UTF8_H_
#define CLIENT_UTF8_H_

#include "absl/strings/string_view.h"

namespace costs {

// False for overlong forms, surrogates and code points above U+10FFFF too.
bool IsUtf8(absl::string_view text);

}  // namespace costs

#endif  // CLIENT_UTF8_H_
