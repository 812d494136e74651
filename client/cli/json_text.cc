#include "client/cli/json_text.h"

#include <cstddef>

#include "absl/strings/ascii.h"

namespace costs::cli {
namespace {

// Takes the digits at the front of text away; false where there are none.
bool TakeDigits(absl::string_view* text) {
  size_t digits = 0;
  while (digits < text->size() && absl::ascii_isdigit(static_cast<unsigned char>((*text)[digits]))) ++digits;
  text->remove_prefix(digits);
  return digits > 0;
}

bool TakeOneOf(absl::string_view characters, absl::string_view* text) {
  if (text->empty() || characters.find(text->front()) == absl::string_view::npos) return false;
  text->remove_prefix(1);
  return true;
}

}  // namespace

void AppendJsonString(absl::string_view text, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out->push_back('\\');
      out->push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      const char escaped[] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
      out->append(escaped, sizeof(escaped));
    } else {
      out->push_back(c);
    }
  }
  out->push_back('"');
}

bool IsJsonNumber(absl::string_view text) {
  TakeOneOf("-", &text);
  if (!TakeOneOf("0", &text) && !TakeDigits(&text)) return false;
  if (TakeOneOf(".", &text) && !TakeDigits(&text)) return false;
  if (TakeOneOf("eE", &text)) {
    TakeOneOf("+-", &text);
    if (!TakeDigits(&text)) return false;
  }
  return text.empty();
}

}  // namespace costs::cli
