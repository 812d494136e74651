#include "service/rpc/record_codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>

namespace costs::rpc {
namespace {

// units / 10^digits, written out.
std::string Written(engine::Int128 units, int digits) {
  const bool negative = units < 0;
  if (negative) units = -units;
  std::string text;
  for (int i = 0; i <= digits || units != 0; ++i, units /= 10) {
    if (i == digits) text.push_back('.');
    text.push_back(static_cast<char>('0' + static_cast<int>(units % 10)));
  }
  if (negative) text.push_back('-');
  std::reverse(text.begin(), text.end());
  return text;
}

void ExpectNearestDoubles(engine::Int128 units) {
  calculator::PricedRecord record;
  record.interval = {engine::Instant::FromSeconds(0), engine::Instant::FromSeconds(1)};
  record.tariff = calculator::TariffFigure{units, engine::kCertain};
  record.carbon = calculator::CarbonFigure{units, engine::kCertain};
  energy::costs::v1::MeterRecord message;
  EncodeLean({}, record, &message);
  EXPECT_EQ(message.data().tariff().value(), std::strtod(Written(units, 6).c_str(), nullptr)) << Written(units, 6);
  EXPECT_EQ(message.data().carbon().value(), std::strtod(Written(units, 3).c_str(), nullptr)) << Written(units, 3);
}

// As a caller of the REST face, who is given the exact decimal, reads it.
TEST(RecordCodec, FigureOfAnySize_IsTheDoubleNearestToTheDecimal) {
  // The cost of a gigawatt for months: more digits than a double has.
  const auto large = engine::Int128{32'410'500'723'834} * 1'000'000 + 561'166;
  for (const engine::Int128 units :
       {engine::Int128{0}, engine::Int128{1}, engine::Int128{928'372'000}, large, -large}) {
    ExpectNearestDoubles(units);
  }
  std::mt19937_64 random(20240824);
  for (int i = 0; i < 20'000; ++i) {
    const int bits = static_cast<int>(random() % 108);
    const auto wide = static_cast<unsigned __int128>(random()) << 64 | random();
    const auto units = static_cast<engine::Int128>(wide >> (127 - bits) >> 1);
    ExpectNearestDoubles(random() % 2 == 0 ? units : -units);
    if (testing::Test::HasFailure()) return;
  }
  // Around the halves, where a second rounding shows.
  for (int bits = 53; bits < 100; ++bits) {
    for (int offset = -3; offset <= 3; ++offset) {
      ExpectNearestDoubles((engine::Int128{1} << bits) + (engine::Int128{1} << (bits - 53)) + offset);
    }
  }
}

// A stream uses its messages again.
TEST(RecordCodec, Source_IsToldWhereItIsSaidAndNotLeftBehind) {
  calculator::PricedRecord record;
  record.source = calculator::Source::kComputed;
  record.source_reason = "the upstream is away";
  energy::costs::v1::MeterRecord message;
  EncodeLean({}, record, &message);
  EXPECT_EQ(message.source(), energy::costs::v1::AnswerSource::COMPUTED);
  EXPECT_EQ(message.source_reason(), "the upstream is away");
  record.source = calculator::Source::kUpstream;
  record.source_reason = "";
  EncodeLean({}, record, &message);
  EXPECT_EQ(message.source(), energy::costs::v1::AnswerSource::UPSTREAM);
  EXPECT_EQ(message.source_reason(), "");
  record.source_reason = "of another time";
  record.source = calculator::Source::kNotSaid;
  EncodeLean({}, record, &message);
  EXPECT_EQ(message.source(), energy::costs::v1::AnswerSource::UNSPECIFIED);
  EXPECT_EQ(message.source_reason(), "");
}

}  // namespace
}  // namespace costs::rpc
