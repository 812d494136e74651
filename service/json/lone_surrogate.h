// What RapidJSON leaves unchecked of a JSON text. A pure function.
#ifndef SERVICE_JSON_LONE_SURROGATE_H_
#define SERVICE_JSON_LONE_SURROGATE_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace costs::json {

// RapidJSON checks the bytes of a string but lets \uDC00, the second half of a
// surrogate pair, stand alone; it comes out as bytes that are not UTF-8, which no
// Protobuf message may hold.
inline bool HasLoneSurrogate(absl::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0) return true;
  }
  return false;
}

// What is wrong with such a text; completes "FIELD …".
inline constexpr char kLoneSurrogateFault[] =
    "has half of a surrogate pair; write the character itself or both its \\u escapes";

}  // namespace costs::json

#endif  // SERVICE_JSON_LONE_SURROGATE_H_
