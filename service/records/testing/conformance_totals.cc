// Totals by day and by session: after each kind of change, they are what the records
// add up to.
#include <gmock/gmock.h>

#include <limits>

#include "service/records/testing/record_model.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

using engine::Int128;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int32_t kFirst = 0, kLast = 100'000;

TEST_P(RecordStoreConformance, DayTotals_AddUpWhatIsAlike) {
  RecordModel model;
  std::vector<StoredRecord> records;
  for (int i = 0; i < 200; ++i) {
    RecordBuilder record("home", i % 7 == 0 ? "" : "car", kNewYear + i * kHour, kHour);
    record.Energy(KWh(i) + i * 7 + i * kNanosPerWh);
    if (i % 3 == 0) record.Rate(engine::TariffRate::kLocal);
    if (i % 5 == 0) record.NoPrice();
    if (i % 11 == 0) record.NoCarbon();
    if (i % 4 == 0) record.Export();
    if (i % 13 == 0) record.Currency("EUR");
    if (i % 17 == 0) record.Cost(i - 50, 500);
    if (i % 19 == 0) record.Carbon(i, 700);
    records.push_back(record.Build());
  }
  Put(records);
  model.Apply(WriteOf(records), 0);
  for (const Thing& thing : {Thing{"home", ""}, Thing{"home", "car"}, Thing{"", "car"}, Thing{"work", "car"}}) {
    for (auto direction : {engine::Direction::kImport, engine::Direction::kExport}) {
      for (int days = 0; days < 9; days += 4) {
        const int32_t first = DayOf(kNewYear) + days / 2, last = first + days;
        EXPECT_EQ(Describe(DayTotals(thing, first, last, direction)),
                  Describe(model.DayTotals(thing, direction, first, last)));
      }
    }
  }
}

TEST_P(RecordStoreConformance, TotalsOfDeviceInSeveralLocations_AreApartByLocation) {
  Put({RecordBuilder("home", "car", kNewYear, 60).Energy(KWh(1)).Build(),
       RecordBuilder("work", "car", kNewYear + 60, 60).Energy(KWh(2)).Build()});
  const auto totals = DayTotals({"", "car"}, kFirst, kLast);
  ASSERT_THAT(totals, SizeIs(2));
  EXPECT_NE(totals[0].total.location_id, totals[1].total.location_id);
  EXPECT_THAT(DayTotals({"work", "car"}, kFirst, kLast), SizeIs(1));
  EXPECT_THAT(DayTotals({"home", ""}, kFirst, kLast), IsEmpty());
}

TEST_P(RecordStoreConformance, RecordOfSeveralDays_CountsOnEach) {
  RecordModel model;
  const absl::TimeZone london = ZoneNamed("Europe/London");
  // Over the 29th of March, a day of 23 hours.
  std::vector<StoredRecord> records = {
      RecordBuilder("home", "", kNewYear + 85 * kDay + 5'000, 5 * kDay).Energy(KWh(1'000) + 1).Zone(london).Build(),
      RecordBuilder("home", "", kNewYear + 87 * kDay, kHour).Energy(KWh(2)).Zone(london).Build()};
  ASSERT_THAT(records[0].revision.figures.days, SizeIs(6));
  Put(records);
  model.Apply(WriteOf(records), 0);
  const auto totals = DayTotals({"home", ""}, kFirst, kLast);
  EXPECT_EQ(Describe(totals), Describe(model.DayTotals({"home", ""}, engine::Direction::kImport, kFirst, kLast)));
  EXPECT_THAT(totals, SizeIs(6));
  // Other parts of the same.
  StoredRecord again = RecordBuilder("home", "", kNewYear + 85 * kDay + 5'000, 5 * kDay).Energy(KWh(5)).Build();
  again.revision.figures.days.pop_back();
  Put({again});
  model.Apply(WriteOf({again}), 0);
  EXPECT_EQ(Describe(DayTotals({"home", ""}, kFirst, kLast)),
            Describe(model.DayTotals({"home", ""}, engine::Direction::kImport, kFirst, kLast)));
  Delete({again.id, records[1].id});
  EXPECT_THAT(DayTotals({"home", ""}, kFirst, kLast), IsEmpty());
}

TEST_P(RecordStoreConformance, Totals_FollowOverwriteAndDeletion) {
  const auto car = [] { return RecordBuilder("home", "car", kNewYear, kHour); };
  Put(car().Energy(KWh(1)).Session("a"));
  Put(car().Energy(KWh(2)).Session("b").Cost(7, 500));
  EXPECT_THAT(TotalsOf("a").totals, IsEmpty());
  ASSERT_THAT(TotalsOf("b").totals, SizeIs(1));
  EXPECT_EQ(TotalsOf("b").totals[0].cost, 7);
  EXPECT_EQ(TotalsOf("b").totals[0].tariff_confidence, engine::Confidence{500});
  EXPECT_THAT(Describe(DayTotals({"home", "car"}, kFirst, kLast)), SizeIs(1));
  Put(car().Energy(KWh(3)).NoPrice());
  EXPECT_THAT(TotalsOf("b").totals, IsEmpty());
  const auto totals = DayTotals({"home", "car"}, kFirst, kLast);
  ASSERT_THAT(totals, SizeIs(1));
  EXPECT_EQ(totals[0].total.energy_wh, 3'000);
  EXPECT_EQ(totals[0].total.tariff_confidence, std::nullopt);
  EXPECT_EQ(totals[0].total.cost, 0);
  Delete({car().Build().id});
  EXPECT_THAT(DayTotals({"home", "car"}, kFirst, kLast), IsEmpty());
}

TEST_P(RecordStoreConformance, TotalsBeyond64Bits_AreExact) {
  const Int128 large = Int128{std::numeric_limits<int64_t>::max()} * 1'000'000'000;
  std::vector<StoredRecord> records;
  for (int i = 0; i < 24; ++i) {
    records.push_back(RecordBuilder("home", "", kNewYear + i * kHour, kHour)
                          .Energy(large / 1'000 + i)
                          .Cost(i % 2 == 0 ? large + i : -large * 3)
                          .Carbon(large * 7)
                          .Session("s")
                          .Build());
  }
  RecordModel model;
  for (const StoredRecord& record : records) Put({record});
  model.Apply(WriteOf(records), 0);
  Reopen();
  EXPECT_EQ(Describe(DayTotals({"home", ""}, kFirst, kLast)),
            Describe(model.DayTotals({"home", ""}, engine::Direction::kImport, kFirst, kLast)));
  EXPECT_EQ(Describe(TotalsOf("s").totals), Describe(model.TotalsOfSession("s", engine::Direction::kImport).totals));
  EXPECT_EQ(Usage("home", absl::UTCTimeZone(), kNewYear, kNewYear + kDay), large / 1'000 * 24 + 23 * 12);
}

TEST_P(RecordStoreConformance, Session_HasTotalsIntervalAndLastThing) {
  const auto part = [](const char* location, const char* device, int64_t minute) {
    return RecordBuilder(location, device, kNewYear + minute * 60, 60).Energy(KWh(1)).Session("s");
  };
  std::vector<StoredRecord> records = {part("home", "car", 10).Build(),
                                       part("home", "car", 5).Build(),
                                       part("work", "car", 20).Build(),
                                       part("home", "", 7).Build(),
                                       part("home", "car", 100).Export().Build(),
                                       RecordBuilder("home", "car", kNewYear, 30 * 60).Session("s").Build(),
                                       part("home", "car", 15).Session("t").Build()};
  Put(records);
  RecordModel model;
  model.Apply(WriteOf(records), 0);
  for (auto direction : {engine::Direction::kImport, engine::Direction::kExport}) {
    const SessionTotals is = TotalsOf("s", direction), expected = model.TotalsOfSession("s", direction);
    EXPECT_EQ(Describe(is.totals), Describe(expected.totals));
    EXPECT_EQ(is.interval.start.ns, expected.interval.start.ns);
    EXPECT_EQ(is.interval.end.ns, expected.interval.end.ns);
    EXPECT_TRUE(is.thing == expected.thing) << is.thing.location_id << "/" << is.thing.device_id;
  }
  EXPECT_EQ(TotalsOf("s").thing.location_id, "work");
  EXPECT_EQ(TotalsOf("s").interval.end.ns, engine::Instant::FromSeconds(kNewYear + 1'800).ns) << "of the long record";
  EXPECT_THAT(TotalsOf("unknown").totals, IsEmpty());
  EXPECT_THAT(TotalsOf("t", engine::Direction::kExport).totals, IsEmpty());
}

TEST_P(RecordStoreConformance, SessionOfARecordOverMidnight_CountsItOnce) {
  Put(RecordBuilder("home", "car", kNewYear - kHour, 2 * kHour).Energy(KWh(3)).Session("s"));
  const auto totals = TotalsOf("s").totals;
  ASSERT_THAT(totals, SizeIs(1));
  EXPECT_EQ(totals[0].records, 1);
  EXPECT_EQ(totals[0].energy_wh, 3'000);
  EXPECT_THAT(DayTotals({"home", "car"}, kFirst, kLast), SizeIs(2));
}

TEST_P(RecordStoreConformance, RefusedWrite_LeavesTotalsAlone) {
  const StoredRecord known = RecordBuilder("home", "", kNewYear, kHour).Session("s").Build();
  Put({known});
  const auto days = Describe(DayTotals({"home", ""}, kFirst, kLast));
  StoredRecord taken = RecordBuilder("home", "", kNewYear + kHour, kHour).Session("s").Build();
  taken.id = known.id;
  EXPECT_FALSE(Submit(WriteOf({RecordBuilder("home", "", kNewYear + 2 * kHour, kHour).Session("s").Build(),
                               RecordBuilder("new", "", kNewYear + 2 * kHour, kHour).Build(), taken}))
                   .ok());
  EXPECT_EQ(Describe(DayTotals({"home", ""}, kFirst, kLast)), days);
  EXPECT_EQ(TotalsOf("s").totals[0].records, 1);
  EXPECT_THAT(*store().Locations(TestTenant(), "", 10), ElementsAre("home"));
  // And what was begun for it can be begun again.
  Put(RecordBuilder("new", "", kNewYear + 2 * kHour, kHour));
  EXPECT_THAT(DayTotals({"new", ""}, kFirst, kLast), SizeIs(1));
}

}  // namespace
}  // namespace costs::records::testing
