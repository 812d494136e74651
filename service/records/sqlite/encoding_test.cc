#include "service/records/sqlite/encoding.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "service/records/sqlite/total_kind.h"

namespace costs::records {
namespace {

using engine::Int128;

constexpr Int128 kLargest = ~(Int128{1} << 127), kLeast = -kLargest - 1;

// Numbers near the ends of what each size holds.
std::vector<Int128> Numbers() {
  std::vector<Int128> numbers = {0, kLargest, kLeast};
  for (int bit = 0; bit < 127; ++bit) {
    for (int delta = -1; delta <= 1; ++delta) {
      numbers.push_back((Int128{1} << bit) + delta);
      numbers.push_back(-(Int128{1} << bit) + delta);
    }
  }
  return numbers;
}

TEST(EncodingTest, Sums_ComeBackAsTheyWere) {
  std::string bytes;
  for (Int128 number : Numbers()) {
    const Sum sum = {static_cast<int64_t>(number), static_cast<int64_t>(number >> 64), number, -(number + 1), ~number};
    EncodeSum(sum, &bytes);
    Sum decoded;
    ASSERT_TRUE(DecodeSum(bytes, &decoded));
    EXPECT_EQ(decoded.records, sum.records);
    EXPECT_EQ(decoded.energy_wh, sum.energy_wh);
    EXPECT_TRUE(decoded.energy_nwh == sum.energy_nwh);
    EXPECT_TRUE(decoded.cost == sum.cost);
    EXPECT_TRUE(decoded.carbon == sum.carbon);
  }
}

TEST(EncodingTest, SmallNumbers_AreShort) {
  std::string bytes;
  EncodeSum({1, -1, 63, -64, 0}, &bytes);
  EXPECT_EQ(bytes.size(), 5u);
}

TEST(EncodingTest, SumBeyond128Bits_Wraps) {
  Sum sum = {0, 0, kLargest, kLeast, 0};
  sum.Add({0, 0, 1, 0, 0});
  EXPECT_TRUE(sum.energy_nwh == kLeast);
  sum.Subtract({0, 0, 1, 1, 0});
  EXPECT_TRUE(sum.energy_nwh == kLargest);
  EXPECT_TRUE(sum.cost == kLargest);
}

TEST(EncodingTest, Requests_ComeBackAsTheyWere) {
  std::string bytes;
  for (double value : {0.0, 0.1, 1e9, std::numeric_limits<double>::min(), 123456.789}) {
    for (double confidence : {1.0, 0.0, 0.3}) {
      for (std::optional<double> before :
           {std::optional<double>(), std::optional<double>(0.0), std::optional<double>(value)}) {
        RecordRequest request;
        request.units = engine::Units::kKw;
        request.value = value;
        request.confidence = confidence;
        request.usage_before_wh = before;
        EncodeRequest(request, &bytes);
        RecordRequest decoded;
        decoded.usage_before_wh = 7;
        ASSERT_TRUE(DecodeRequest(bytes, &decoded));
        EXPECT_TRUE(SameRequest(decoded, request));
      }
    }
  }
}

Revision RandomRevision(std::mt19937_64* random) {
  const std::vector<Int128> numbers = Numbers();
  const auto any = [&] { return numbers[(*random)() % numbers.size()]; };
  const auto one_in = [&](int number) { return (*random)() % static_cast<uint64_t>(number) == 0; };
  Revision revision;
  revision.number = static_cast<int32_t>((*random)() % 1'000'000);
  revision.cause = static_cast<RevisionCause>((*random)() % 6);
  revision.catalog_version = (*random)();
  revision.priced_ns = static_cast<int64_t>((*random)());
  Figures& figures = revision.figures;
  figures.energy_wh = static_cast<int64_t>(any());
  figures.energy_nwh = any();
  if (!one_in(3)) figures.tariff = calculator::TariffFigure{any(), static_cast<engine::Confidence>((*random)())};
  if (!one_in(3)) figures.carbon = calculator::CarbonFigure{any(), static_cast<engine::Confidence>((*random)())};
  figures.currency_code = one_in(2) ? "GBP" : "";
  figures.first_day = static_cast<int32_t>((*random)() % 50'000);
  if (one_in(3)) figures.tier_windows_end.ns = static_cast<int64_t>((*random)());
  for (size_t n = one_in(2) ? (*random)() % 5 : 0; n > 0; --n) {
    calculator::DayPart day;
    day.day = figures.first_day + static_cast<int32_t>(n);
    day.energy_wh = static_cast<int64_t>(any());
    day.energy_nwh = any();
    if (one_in(2)) day.cost = any();
    if (one_in(2)) day.carbon = any();
    figures.days.push_back(day);
  }
  return revision;
}

TEST(EncodingTest, Revisions_ComeBackAsTheyWere) {
  std::mt19937_64 random(3);
  std::string bytes;
  Revision decoded = RandomRevision(&random);
  for (int i = 0; i < 20'000; ++i) {
    const Revision revision = RandomRevision(&random);
    EncodeRevision(revision, &bytes);
    ASSERT_TRUE(DecodeRevision(bytes, &decoded));
    EXPECT_EQ(decoded.number, revision.number);
    EXPECT_EQ(decoded.cause, revision.cause);
    EXPECT_EQ(decoded.catalog_version, revision.catalog_version);
    EXPECT_EQ(decoded.priced_ns, revision.priced_ns);
    EXPECT_TRUE(SameFigures(decoded.figures, revision.figures));
  }
}

TEST(EncodingTest, BrokenBytes_AreRefused) {
  std::mt19937_64 random(4);
  std::string bytes;
  Revision revision;
  RecordRequest request;
  Sum sum;
  for (int i = 0; i < 500; ++i) {
    EncodeRevision(RandomRevision(&random), &bytes);
    EXPECT_FALSE(DecodeRevision(bytes + "x", &revision));
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodeRevision(absl::string_view(bytes).substr(0, size), &revision));
    }
    // What is only changed may be right or wrong, but harms nobody.
    bytes[random() % bytes.size()] = static_cast<char>(random());
    DecodeRevision(bytes, &revision);
    DecodeRequest(bytes, &request);
    DecodeSum(bytes, &sum);
  }
  EXPECT_FALSE(DecodeRequest("", &request));
  EXPECT_FALSE(DecodeSum(std::string(100, '\xff'), &sum));
}

TEST(TotalKindTest, Kinds_ComeBackAsTheyWere) {
  for (auto direction : {engine::Direction::kImport, engine::Direction::kExport}) {
    for (auto rate : {engine::TariffRate::kImport, engine::TariffRate::kLocal}) {
      for (std::optional<engine::Confidence> tariff : {std::optional<engine::Confidence>(), {0}, {1000}, {65535}}) {
        for (std::optional<engine::Confidence> carbon : {std::optional<engine::Confidence>(), {0}, {500}, {65535}}) {
          const TotalKind kind = KindOf(NumberOf({direction, rate, tariff, carbon}));
          EXPECT_EQ(kind.direction, direction);
          EXPECT_EQ(kind.tariff_rate, rate);
          EXPECT_EQ(kind.tariff_confidence, tariff);
          EXPECT_EQ(kind.carbon_confidence, carbon);
        }
      }
    }
  }
}

}  // namespace
}  // namespace costs::records
