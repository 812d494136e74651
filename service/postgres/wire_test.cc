#include "service/postgres/wire.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace costs::postgres {
namespace {

TEST(Wire_Numeric, AnyWholeNumber_ComesBack) {
  constexpr Int128 kGreatest = static_cast<Int128>(~static_cast<unsigned __int128>(0) >> 1);
  const Int128 values[] = {
      0, 1, -1, 9'999, 10'000, -10'001, 100'000'000, Int128{1} << 64, -(Int128{1} << 100), kGreatest, -kGreatest - 1};
  for (const Int128 value : values) {
    std::string field;
    FieldWriter(&field).Numeric(value);
    ASSERT_EQ(ReadInteger(absl::string_view(field).substr(0, 4)), static_cast<int64_t>(field.size() - 4));
    const absl::StatusOr<Int128> read = ReadNumeric(absl::string_view(field).substr(4));
    ASSERT_TRUE(read.ok());
    EXPECT_TRUE(*read == value) << static_cast<int64_t>(value);
  }
}

TEST(Wire_Numeric, TrailingZerosLeftOut_AreRead) {
  // As the server sends 10^8: one digit of weight 2.
  const std::string field("\x00\x01\x00\x02\x00\x00\x00\x00\x00\x01", 10);
  EXPECT_TRUE(ReadNumeric(field).value() == 100'000'000);
}

TEST(Wire_Numeric, FractionOrNaNOrTooShort_IsRefused) {
  EXPECT_FALSE(ReadNumeric(std::string("\x00\x02\x00\x00\x00\x00\x00\x01\x00\x01\x03\xe8", 12)).ok());
  EXPECT_FALSE(ReadNumeric(std::string("\x00\x00\x00\x00\xc0\x00\x00\x00", 8)).ok());
  EXPECT_FALSE(ReadNumeric("").ok());
}

TEST(Wire_Integer, EverySize_HasItsSign) {
  EXPECT_EQ(ReadInteger(std::string("\xff\xfe", 2)), -2);
  EXPECT_EQ(ReadInteger(std::string("\x00\x00\x01\x00", 4)), 256);
  EXPECT_EQ(ReadInteger(std::string("\x01", 1)), 1);
  EXPECT_EQ(ReadInteger(""), 0);
}

}  // namespace
}  // namespace costs::postgres
