#include "client/utf8.h"

#include <cstdint>
#include <cstring>

namespace costs {
namespace {

// The length of the well-formed sequence at p (which ends before end), or 0.
int SequenceLength(const unsigned char* p, const unsigned char* end) {
  const auto continues = [&](int i) { return end - p > i && (p[i] & 0xC0) == 0x80; };
  if (p[0] < 0x80) return 1;
  if (p[0] < 0xC2) return 0;  // a continuation, or overlong
  if (p[0] < 0xE0) return continues(1) ? 2 : 0;
  if (p[0] < 0xF0) {
    if (!continues(1) || !continues(2)) return 0;
    if (p[0] == 0xE0 && p[1] < 0xA0) return 0;   // overlong
    if (p[0] == 0xED && p[1] >= 0xA0) return 0;  // surrogate
    return 3;
  }
  if (p[0] > 0xF4 || !continues(1) || !continues(2) || !continues(3)) return 0;
  if (p[0] == 0xF0 && p[1] < 0x90) return 0;   // overlong
  if (p[0] == 0xF4 && p[1] >= 0x90) return 0;  // above U+10FFFF
  return 4;
}

}  // namespace

bool IsUtf8(absl::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* const end = p + text.size();
  while (p < end) {
    // Most text is ASCII: eight bytes at a time.
    while (end - p >= 8) {
      uint64_t word;
      memcpy(&word, p, sizeof(word));
      if ((word & 0x8080808080808080) != 0) break;
      p += 8;
    }
    if (p == end) break;
    const int length = SequenceLength(p, end);
    if (length == 0) return false;
    p += length;
  }
  return true;
}

}  // namespace costs
