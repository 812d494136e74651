#include "service/postgres/wire.h"

#include <cstring>
#include <limits>

#include "absl/status/status.h"

namespace costs::postgres {
namespace {

using UInt128 = unsigned __int128;

constexpr int kDigitBase = 10'000;  // of numeric: four decimal digits each
constexpr int kMostDigits = 10;     // 2^127 has 39 decimal digits
constexpr uint16_t kPositive = 0x0000;
constexpr uint16_t kNegative = 0x4000;
constexpr size_t kNumericHead = 8;

template <typename Integer>
void AppendBigEndian(std::string* out, Integer value) {
  char bytes[sizeof(Integer)];
  for (size_t i = 0; i < sizeof(Integer); ++i) {
    bytes[sizeof(Integer) - 1 - i] = static_cast<char>(static_cast<uint64_t>(value) >> (8 * i));
  }
  out->append(bytes, sizeof(Integer));
}

template <typename Integer>
void AppendField(std::string* out, Integer value) {
  AppendBigEndian<int32_t>(out, sizeof(Integer));
  AppendBigEndian(out, value);
}

}  // namespace

FieldWriter& FieldWriter::Null() {
  AppendBigEndian<int32_t>(out_, -1);
  return *this;
}

FieldWriter& FieldWriter::Boolean(bool value) {
  AppendField<int8_t>(out_, value ? 1 : 0);
  return *this;
}

FieldWriter& FieldWriter::SmallInt(int16_t value) {
  AppendField(out_, value);
  return *this;
}

FieldWriter& FieldWriter::Integer(int32_t value) {
  AppendField(out_, value);
  return *this;
}

FieldWriter& FieldWriter::BigInt(int64_t value) {
  AppendField(out_, value);
  return *this;
}

FieldWriter& FieldWriter::Double(double value) {
  int64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  AppendField(out_, bits);
  return *this;
}

FieldWriter& FieldWriter::Numeric(Int128 value) {
  const bool negative = value < 0;
  UInt128 rest = negative ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  int16_t digits[kMostDigits];  // the least first
  int count = 0;
  for (; rest != 0; rest /= kDigitBase) digits[count++] = static_cast<int16_t>(rest % kDigitBase);
  AppendBigEndian<int32_t>(out_, static_cast<int32_t>(kNumericHead) + 2 * count);
  AppendBigEndian<int16_t>(out_, static_cast<int16_t>(count));
  AppendBigEndian<int16_t>(out_, static_cast<int16_t>(count == 0 ? 0 : count - 1));  // weight of the first
  AppendBigEndian<uint16_t>(out_, negative ? kNegative : kPositive);
  AppendBigEndian<int16_t>(out_, 0);  // digits after the point
  while (count > 0) AppendBigEndian<int16_t>(out_, digits[--count]);
  return *this;
}

FieldWriter& FieldWriter::Text(absl::string_view value) { return Bytes(value); }

FieldWriter& FieldWriter::Bytes(absl::string_view value) {
  AppendBigEndian<int32_t>(out_, static_cast<int32_t>(value.size()));
  out_->append(value.data(), value.size());
  return *this;
}

CopyRow::CopyRow(std::string* out, int16_t fields) : FieldWriter(out) { AppendBigEndian(out, fields); }

std::string CopyHeader() {
  constexpr char kSignature[] = "PGCOPY\n\377\r\n";  // and its NUL
  std::string header(kSignature, sizeof(kSignature));
  header.append(8, '\0');  // flags, and the length of an extension
  return header;
}

ArrayWriter::ArrayWriter(Type element) : FieldWriter(&buffer_) {
  AppendBigEndian<int32_t>(out_, 1);  // dimensions
  AppendBigEndian<int32_t>(out_, 1);  // there may be nulls
  AppendBigEndian<uint32_t>(out_, static_cast<uint32_t>(element));
  AppendBigEndian<int32_t>(out_, 0);  // elements: see Finish
  AppendBigEndian<int32_t>(out_, 1);  // the first one's number
}

std::string ArrayWriter::Finish(int32_t elements) && {
  constexpr size_t kElements = 12;
  std::string count;
  AppendBigEndian(&count, elements);
  buffer_.replace(kElements, count.size(), count);
  return std::move(buffer_);
}

absl::StatusOr<Int128> ReadNumeric(absl::string_view field) {
  const absl::Status none = absl::OutOfRangeError("no whole number of 128 bits");
  if (field.size() < kNumericHead) return none;
  const int64_t count = ReadInteger(field.substr(0, 2));
  const int64_t weight = ReadInteger(field.substr(2, 2));
  const auto sign = static_cast<uint16_t>(ReadInteger(field.substr(4, 2)));
  if (field.size() != kNumericHead + 2 * static_cast<size_t>(count)) return none;
  if (sign != kPositive && sign != kNegative) return none;
  if (count > weight + 1 || weight >= kMostDigits) return none;
  // Downwards from zero: the least number has no positive counterpart.
  Int128 value = 0;
  for (int64_t i = 0; count > 0 && i <= weight; ++i) {
    const Int128 digit = i < count ? ReadInteger(field.substr(kNumericHead + 2 * i, 2)) : 0;
    if (__builtin_mul_overflow(value, Int128{kDigitBase}, &value) || __builtin_sub_overflow(value, digit, &value)) {
      return none;
    }
  }
  if (sign == kNegative) return value;
  if (__builtin_sub_overflow(Int128{0}, value, &value)) return none;
  return value;
}

int64_t ReadInteger(absl::string_view field) {
  switch (field.size()) {
    case 1:
    case 2:
    case 4:
    case 8:
      break;
    default:
      return 0;
  }
  uint64_t bits = static_cast<signed char>(field[0]) < 0 && field.size() > 1 ? ~uint64_t{0} : 0;
  for (const char byte : field) bits = bits << 8 | static_cast<unsigned char>(byte);
  return static_cast<int64_t>(bits);
}

double ReadDouble(absl::string_view field) {
  const int64_t bits = ReadInteger(field);
  double value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

}  // namespace costs::postgres
