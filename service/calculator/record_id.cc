#include "service/calculator/record_id.h"

#include <cstring>

#include "xxhash.h"

namespace costs::calculator {
namespace {

// Three identifiers of at most 64 bytes and their lengths, and the fixed part.
constexpr size_t kInlineKey = 512;

// Little-endian on every machine, so that ids are the same everywhere.
char* PutNumber(char* out, uint64_t number) {
  for (int i = 0; i < 8; ++i) *out++ = static_cast<char>(number >> (8 * i));
  return out;
}

char* PutText(char* out, absl::string_view text) {
  out = PutNumber(out, text.size());
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

RecordId IdOf(const RecordKey& key) {
  // A device belongs to one place at a time, so it is the device that names the
  // record; the tag keeps device and location ids apart.
  const bool of_device = !key.device_id.empty();
  const absl::string_view thing = of_device ? key.device_id : key.location_id;
  const size_t size = 5 * sizeof(uint64_t) + key.account_id.size() + thing.size();
  char buffer[kInlineKey];
  std::string large;
  char* begin = buffer;
  if (size > kInlineKey) {
    large.resize(size);
    begin = &large[0];
  }
  char* out = PutText(begin, key.account_id);
  out = PutText(out, thing);
  out = PutNumber(out, static_cast<uint64_t>(key.interval.start.ns));
  out = PutNumber(out, static_cast<uint64_t>(key.interval.end.ns));
  out = PutNumber(out, (key.live_mode ? 1u : 0u) | (of_device ? 2u : 0u) | static_cast<uint64_t>(key.direction) << 8 |
                           static_cast<uint64_t>(key.tariff_rate) << 16);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(begin, static_cast<size_t>(out - begin)));
  RecordId id;
  std::memcpy(id.bytes.data(), canonical.digest, id.bytes.size());
  return id;
}

void WriteRecordId(const RecordId& id, char* out) {
  constexpr char kDigits[] = "0123456789abcdef";
  for (char c : {'m', 'r', 'e', '_'}) *out++ = c;
  for (uint8_t byte : id.bytes) {
    *out++ = kDigits[byte >> 4];
    *out++ = kDigits[byte & 15];
  }
}

std::string FormatRecordId(const RecordId& id) {
  std::string text(kRecordIdLength, '\0');
  WriteRecordId(id, &text[0]);
  return text;
}

}  // namespace costs::calculator
