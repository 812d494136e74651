#include "service/calculator/record_id.h"

#include <cstring>

#include "xxhash.h"

namespace costs::calculator {
namespace {

// Two identifiers of at most 64 bytes and their lengths, and the fixed part.
constexpr size_t kInlineKey = 256;

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

void PutBigEndian(uint32_t number, uint8_t* out) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<uint8_t>(number >> (8 * (3 - i)));
}

// Of what a record belongs to.
uint64_t HashOfThing(const RecordKey& key) {
  // A device belongs to one place at a time, so it is the device that names the
  // record; the tag keeps device and location ids apart.
  const bool of_device = !key.device_id.empty();
  const absl::string_view thing = of_device ? key.device_id : key.location_id;
  const size_t size = 3 * sizeof(uint64_t) + key.account_id.size() + thing.size();
  char buffer[kInlineKey];
  std::string large;
  char* begin = buffer;
  if (size > kInlineKey) {
    large.resize(size);
    begin = &large[0];
  }
  char* out = PutText(begin, key.account_id);
  out = PutText(out, thing);
  out = PutNumber(out, (key.live_mode ? 1u : 0u) | (of_device ? 2u : 0u));
  return XXH3_64bits(begin, static_cast<size_t>(out - begin));
}

}  // namespace

RecordId IdOf(const RecordKey& key) {
  const uint64_t thing = HashOfThing(key);
  char rest[3 * sizeof(uint64_t)];
  char* out = PutNumber(rest, static_cast<uint64_t>(key.interval.start.ns));
  out = PutNumber(out, static_cast<uint64_t>(key.interval.end.ns));
  PutNumber(out, static_cast<uint64_t>(key.direction) | static_cast<uint64_t>(key.tariff_rate) << 8);
  RecordId id;
  PutBigEndian(static_cast<uint32_t>(thing >> 32), &id.bytes[0]);
  PutBigEndian(static_cast<uint32_t>(key.interval.start.ns / engine::kNanosPerSecond), &id.bytes[4]);
  PutBigEndian(static_cast<uint32_t>(XXH3_64bits_withSeed(rest, sizeof(rest), thing) >> 32), &id.bytes[8]);
  return id;
}

RecordId FirstIdFrom(const RecordKey& key, uint32_t second) {
  RecordId id;
  PutBigEndian(static_cast<uint32_t>(HashOfThing(key) >> 32), &id.bytes[0]);
  PutBigEndian(second, &id.bytes[4]);
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
