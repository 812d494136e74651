#include "service/records/register_readings.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/engine/testing/random_tariffs.h"

namespace costs::records {
namespace {

using engine::testing::CaseName;
using engine::testing::Random;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RegisterReading Reading(int64_t time_s, int64_t value_mwh, std::string reference = "") {
  return {time_s, value_mwh, "session", std::move(reference)};
}
ReadingRecord Record(int64_t start_s, int64_t end_s, int64_t energy_mwh, std::string reference = "") {
  return {start_s, end_s, energy_mwh, "session", std::move(reference)};
}

TEST(RegisterReadings, FirstReading_IsABaseline) {
  const Differences differences = Difference({}, {Reading(100, 5000)});
  EXPECT_EQ(differences.readings.size(), 1u);
  EXPECT_THAT(differences.records, IsEmpty());
  EXPECT_THAT(differences.gaps, IsEmpty());
}

TEST(RegisterReadings, ReadingsOutOfOrder_AreSorted) {
  const Differences differences =
      Difference({}, {Reading(300, 900, "c"), Reading(100, 500, "a"), Reading(200, 600, "b")});
  EXPECT_THAT(differences.records, ElementsAre(Record(100, 200, 100, "b"), Record(200, 300, 300, "c")));
  EXPECT_THAT(differences.deletions, IsEmpty());
  EXPECT_EQ(differences.readings.front().time_s, 100);
}

TEST(RegisterReadings, ReadingInTheMiddle_SplitsTheRecord) {
  const Differences differences =
      Difference({Reading(100, 500, "a"), Reading(300, 900, "c")}, {Reading(200, 600, "b")});
  EXPECT_THAT(differences.deletions, ElementsAre(Record(100, 300, 400, "c")));
  EXPECT_THAT(differences.records, ElementsAre(Record(100, 200, 100, "b"), Record(200, 300, 300, "c")));
}

TEST(RegisterReadings, SameReadingsAgain_GiveTheSameRecords) {
  const std::vector<RegisterReading> readings = {Reading(100, 500), Reading(200, 600), Reading(300, 900)};
  const Differences first = Difference({}, readings);
  const Differences again = Difference(readings, readings);
  EXPECT_EQ(again.records, first.records);
  EXPECT_THAT(again.deletions, IsEmpty());
}

TEST(RegisterReadings, CorrectedValue_ChangesBothNeighbours) {
  const Differences differences =
      Difference({Reading(100, 500), Reading(200, 600), Reading(300, 900)}, {Reading(200, 700)});
  EXPECT_THAT(differences.records, ElementsAre(Record(100, 200, 200), Record(200, 300, 200)));
  EXPECT_THAT(differences.deletions, IsEmpty());
}

TEST(RegisterReadings, LowerValue_IsAResetAndToldOfTheSubmittedReading) {
  Differences differences = Difference({Reading(100, 500)}, {Reading(300, 90), Reading(200, 40)});
  EXPECT_THAT(differences.records, ElementsAre(Record(200, 300, 50)));
  ASSERT_EQ(differences.gaps.size(), 1u);
  EXPECT_EQ(differences.gaps[0].reading, 1u);
  EXPECT_THAT(differences.gaps[0].error,
              HasSubstr("lower than that of the reading before it, at 1970-01-01T00:01:40Z"));
  EXPECT_EQ(differences.readings.size(), 2u);

  // Here the reset lies after the submitted reading, and takes a record away.
  differences = Difference({Reading(100, 500), Reading(300, 900)}, {Reading(200, 1000)});
  EXPECT_THAT(differences.deletions, ElementsAre(Record(100, 300, 400)));
  EXPECT_THAT(differences.records, ElementsAre(Record(100, 200, 500)));
  ASSERT_EQ(differences.gaps.size(), 1u);
  EXPECT_THAT(differences.gaps[0].error, HasSubstr("higher than that of the reading after it"));
}

TEST(RegisterReadings, ReadingsFartherApartThanARecordIsLong_HaveNone) {
  const int64_t longest = 366 * 86'400;
  Differences differences = Difference({}, {Reading(0, 5), Reading(longest, 6), Reading(2 * longest + 1, 7)});
  EXPECT_THAT(differences.records, ElementsAre(Record(0, longest, 1)));
  ASSERT_EQ(differences.gaps.size(), 1u);
  EXPECT_EQ(differences.gaps[0].reading, 2u);
  EXPECT_THAT(differences.gaps[0].error, HasSubstr("more than 366 days after"));
  // One in the middle heals it.
  differences = Difference({Reading(longest, 6), Reading(2 * longest + 1, 7)}, {Reading(longest + 10, 6)});
  EXPECT_EQ(differences.records.size(), 2u);
}

TEST(RegisterReadings, OneTimeWithTwoValues_AllOfThemAreRefused) {
  const Differences differences = Difference(
      {Reading(100, 500)}, {Reading(200, 600), Reading(300, 700), Reading(200, 601), Reading(300, 700, "x")});
  ASSERT_EQ(differences.refused.size(), 2u);
  EXPECT_EQ(differences.refused[0].reading, 0u);
  EXPECT_EQ(differences.refused[1].reading, 2u);
  EXPECT_THAT(differences.records, ElementsAre(Record(100, 300, 200, "x")));
}

TEST(RegisterReadings, RangesToRead_JoinsWhatIsNear) {
  const int64_t day = 86'400;
  const std::vector<ReadingRange> ranges =
      RangesToRead({Reading(100 * day, 0), Reading(0, 0), Reading(20 * day, 0), Reading(40 * day, 0)});
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].first_s, 0);
  EXPECT_EQ(ranges[0].last_s, 40 * day);
  EXPECT_EQ(ranges[1].first_s, 100 * day);
}

// ---- The law: any order and any cutting into submissions, the same records.

// Does what a store does with differences.
class Meter {
 public:
  void Submit(const std::vector<RegisterReading>& submitted) {
    std::vector<RegisterReading> known;
    for (const ReadingRange& range : RangesToRead(submitted)) {
      auto from = readings_.lower_bound(range.first_s);
      if (from != readings_.begin()) --from;
      for (; from != readings_.end(); ++from) {
        known.push_back(from->second);
        if (from->first > range.last_s) break;
      }
    }
    const Differences differences = Difference(known, submitted);
    for (const ReadingRecord& gone : differences.deletions) {
      EXPECT_EQ(records_.erase({gone.start_s, gone.end_s}), 1u);
    }
    for (const ReadingRecord& record : differences.records) records_[{record.start_s, record.end_s}] = record;
    for (const RegisterReading& reading : differences.readings) readings_[reading.time_s] = reading;
  }

  const std::map<std::pair<int64_t, int64_t>, ReadingRecord>& records() const { return records_; }

 private:
  std::map<int64_t, RegisterReading> readings_;
  std::map<std::pair<int64_t, int64_t>, ReadingRecord> records_;
};

std::vector<RegisterReading> RandomReadings(Random& random) {
  // Minutes, hours, months or more than a year apart; with a reset here and there.
  const int64_t steps[] = {60, 3'600, 40 * 86'400, 300 * 86'400};
  const int64_t step = steps[random.Between(0, 3)];
  std::vector<RegisterReading> readings;
  int64_t time = random.Between(0, 1'000'000'000);
  int64_t value = random.Between(0, 1'000'000);
  const int64_t count = random.Between(1, 40);
  for (int64_t i = 0; i < count; ++i) {
    time += random.Between(1, 2 * step);
    value = random.OneIn(8) ? random.Between(0, value) : value + random.Between(0, 5'000);
    readings.push_back(Reading(time, value, "r" + std::to_string(i)));
  }
  return readings;
}

void Shuffle(Random& random, std::vector<RegisterReading>* readings) {
  for (size_t i = readings->size(); i > 1; --i) {
    std::swap((*readings)[i - 1], (*readings)[static_cast<size_t>(random.Between(0, static_cast<int64_t>(i) - 1))]);
  }
}

TEST(RegisterReadings, AnyOrderAndAnyCutting_GiveTheSameRecords) {
  Random random(91);
  size_t most_records = 0;
  for (int i = 0; i < 2'000; ++i) {
    SCOPED_TRACE(CaseName(i));
    const std::vector<RegisterReading> readings = RandomReadings(random);
    Meter at_once;
    at_once.Submit(readings);
    most_records = std::max(most_records, at_once.records().size());

    Meter bit_by_bit;
    std::vector<RegisterReading> shuffled = readings;
    Shuffle(random, &shuffled);
    // Some twice, as retries come.
    for (int64_t repeats = random.Between(0, 5); repeats > 0; --repeats) shuffled.push_back(random.Pick(shuffled));
    for (size_t begin = 0; begin < shuffled.size();) {
      const size_t end = std::min(shuffled.size(), begin + static_cast<size_t>(random.Between(1, 8)));
      bit_by_bit.Submit(
          {shuffled.begin() + static_cast<std::ptrdiff_t>(begin), shuffled.begin() + static_cast<std::ptrdiff_t>(end)});
      begin = end;
    }
    EXPECT_EQ(bit_by_bit.records(), at_once.records());
  }
  EXPECT_GT(most_records, 30u);
}

TEST(RegisterReadings, Records_HoldAllEnergyBetweenResets) {
  Random random(92);
  for (int i = 0; i < 200; ++i) {
    SCOPED_TRACE(CaseName(i));
    const std::vector<RegisterReading> readings = RandomReadings(random);
    const Differences differences = Difference({}, readings);
    EXPECT_EQ(differences.records.size() + differences.gaps.size() + 1, readings.size());
    int64_t energy = 0;
    for (const ReadingRecord& record : differences.records) energy += record.energy_mwh;
    int64_t expected = readings.back().value_mwh - readings.front().value_mwh;
    for (const ReadingFault& gap : differences.gaps) {
      expected -= readings[gap.reading].value_mwh - readings[gap.reading - 1].value_mwh;
    }
    EXPECT_EQ(energy, expected);
  }
}

}  // namespace
}  // namespace costs::records
