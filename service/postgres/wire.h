// Values in PostgreSQL's binary format, which COPY, array parameters and results
// have: big-endian, each preceded by its length where it is a field.
//
//   std::string rows = CopyHeader();
//   CopyRow row(&rows, 2);
//   row.BigInt(7).Text("seven");
//   rows += kCopyTrailer;
//
// Pure; not thread-safe where an object is kept.
#ifndef SERVICE_POSTGRES_WIRE_H_
#define SERVICE_POSTGRES_WIRE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace costs::postgres {

using Int128 = __int128;

// The numbers that PostgreSQL gives its types.
enum class Type : uint32_t {
  kBoolean = 16,
  kBytea = 17,
  kBigInt = 20,
  kSmallInt = 21,
  kInteger = 23,
  kText = 25,
  kDouble = 701,
  kNumeric = 1700,
};

// Writes fields one after the other, each with its length.
class FieldWriter {
 public:
  explicit FieldWriter(std::string* out) : out_(out) {}

  FieldWriter& Null();
  FieldWriter& Boolean(bool value);
  FieldWriter& SmallInt(int16_t value);
  FieldWriter& Integer(int32_t value);
  FieldWriter& BigInt(int64_t value);
  FieldWriter& Double(double value);
  FieldWriter& Numeric(Int128 value);          // a whole number
  FieldWriter& Text(absl::string_view value);  // UTF-8 without NUL
  FieldWriter& Bytes(absl::string_view value);

 protected:
  std::string* out_;
};

// A row of a binary COPY with so many fields.
class CopyRow : public FieldWriter {
 public:
  CopyRow(std::string* out, int16_t fields);
};
std::string CopyHeader();
inline constexpr absl::string_view kCopyTrailer{"\xff\xff", 2};

// An array of one dimension as a binary parameter. At least the type must be what
// the statement says ($1::bigint[]).
class ArrayWriter : public FieldWriter {
 public:
  explicit ArrayWriter(Type element);
  ArrayWriter(const ArrayWriter&) = delete;
  ArrayWriter& operator=(const ArrayWriter&) = delete;

  // So many fields were written.
  std::string Finish(int32_t elements) &&;

 private:
  std::string buffer_;
};

// A whole number of the binary numeric format; OUT_OF_RANGE where it is none or
// needs more than 128 bits.
absl::StatusOr<Int128> ReadNumeric(absl::string_view field);
// Of 1, 2, 4 or 8 bytes; 0 for another size.
int64_t ReadInteger(absl::string_view field);
double ReadDouble(absl::string_view field);

}  // namespace costs::postgres

#endif  // SERVICE_POSTGRES_WIRE_H_
