// What RapidJSON leaves unchecked of a JSON text. A pure function.
#ifndef SERVICE_REST_JSON_TEXT_H_
#define SERVICE_REST_JSON_TEXT_H_

#include "absl/strings/string_view.h"

namespace costs::rest {

// RapidJSON checks the bytes of a string but lets \uDC00, the second half of a
// surrogate pair, stand alone; it comes out as bytes that are not UTF-8.
inline bool HasLoneSurrogate(absl::string_view text) {
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '\xED' && static_cast<unsigned char>(text[i + 1]) >= 0xA0) return true;
  }
  return false;
}

}  // namespace costs::rest

#endif  // SERVICE_REST_JSON_TEXT_H_
