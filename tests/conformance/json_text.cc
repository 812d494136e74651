#include "tests/conformance/json_text.h"

#include <cstdint>

#include "absl/strings/str_format.h"

namespace costs::conformance {
namespace {

// How many bytes the character that begins with `lead` has.
size_t LengthOf(unsigned char lead) { return lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

uint32_t CodePoint(absl::string_view bytes) {
  const unsigned char lead = static_cast<unsigned char>(bytes[0]);
  uint32_t point = bytes.size() == 1 ? lead : lead & (0x3F >> (bytes.size() - 1));
  for (size_t i = 1; i < bytes.size(); ++i) point = point << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3F);
  return point;
}

std::string Escaped(uint32_t point) {
  if (point < 0x10000) return absl::StrFormat("\\u%04x", point);
  point -= 0x10000;
  return absl::StrFormat("\\u%04X\\u%04X", 0xD800 | point >> 10, 0xDC00 | (point & 0x3FF));
}

}  // namespace

std::string JsonText(engine::testing::Random& random, absl::string_view text) {
  std::string json = "\"";
  while (!text.empty()) {
    const absl::string_view character = text.substr(0, LengthOf(static_cast<unsigned char>(text[0])));
    text.remove_prefix(character.size());
    const uint32_t point = CodePoint(character);
    if (point < 0x20 || random.OneIn(10)) {
      json += Escaped(point);
    } else {
      if (point == '"' || point == '\\') json += '\\';
      json.append(character.data(), character.size());
    }
  }
  return json + "\"";
}

}  // namespace costs::conformance
