// Re-pricing: what is noted as stale, what is listed for it, and the new figures.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "service/records/testing/record_model.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

using engine::Instant;
using engine::Interval;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RecordBuilder Meter(int64_t hour) { return RecordBuilder("home", "", kNewYear + hour * kHour, kHour); }

StaleRecords StaleFor(const char* location, int64_t from_hour, int64_t to_hour,
                      RevisionCause cause = RevisionCause::kTariffChanged) {
  return {location,
          {Instant::FromSeconds(kNewYear + from_hour * kHour), Instant::FromSeconds(kNewYear + to_hour * kHour)},
          cause,
          0};
}

StoredRecord Repriced(StoredRecord record, int64_t micros) {
  record.revision.cause = RevisionCause::kTariffChanged;
  record.revision.catalog_version += 1;
  record.revision.priced_ns += 1;
  record.revision.figures.tariff = calculator::TariffFigure{micros, engine::kCertain};
  return record;
}

TEST_P(RecordStoreConformance, Repriced_IsTheNextRevision) {
  Put({Meter(0).Session("s").Build(), Meter(1).Session("s").Build()});
  const StoredRecord before = *Get(Meter(0).Build().id);
  ASSERT_TRUE(store().Reprice(TestTenant(), {Repriced(before, 7)}).ok());
  StoredRecord expected = Repriced(before, 7);
  expected.revision.number = 2;
  Reopen();
  EXPECT_EQ(Describe(*Get(before.id)), Describe(expected));
  EXPECT_THAT(Describe(Revisions(before.id)), ElementsAre(Describe(expected.revision), Describe(before.revision)));
  EXPECT_EQ(TotalsOf("s").totals[0].cost, 100'007);
  EXPECT_EQ(DayTotals({"home", ""}, DayOf(kNewYear), DayOf(kNewYear))[0].total.cost, 100'007);
}

TEST_P(RecordStoreConformance, RepricedToTheSame_ChangesNothing) {
  Put({Meter(0).Build()});
  const StoredRecord before = *Get(Meter(0).Build().id);
  StoredRecord same = before;
  same.revision.cause = RevisionCause::kIntensityChanged;
  same.revision.catalog_version = 99;
  ASSERT_TRUE(store().Reprice(TestTenant(), {same}).ok());
  EXPECT_EQ(Describe(*Get(before.id)), Describe(before));
  EXPECT_THAT(Revisions(before.id), SizeIs(1));
}

TEST_P(RecordStoreConformance, RecordThatChangedMeanwhile_IsNotRepriced) {
  Put({Meter(0).Build(), Meter(1).Build(), Meter(2).Build()});
  std::vector<StoredRecord> listed = List({});
  Put({Meter(0).Energy(KWh(9)).Build()});
  Delete({listed[1].id});
  for (StoredRecord& record : listed) record = Repriced(record, 7);
  ASSERT_TRUE(store().Reprice(TestTenant(), listed).ok());
  EXPECT_EQ(Get(listed[0].id)->revision.figures.energy_wh, 9'000);
  EXPECT_EQ(Get(listed[0].id)->revision.number, 2);
  EXPECT_FALSE(Get(listed[1].id).has_value());
  EXPECT_EQ(Get(listed[2].id)->revision.figures.tariff->micros, 7);
}

TEST_P(RecordStoreConformance, StaleOfALocation_IsJoined) {
  ASSERT_TRUE(store().MarkStale(TestTenant(), {StaleFor("a", 5, 6), StaleFor("b", 0, 1)}, std::nullopt).ok());
  EXPECT_EQ(store().CountStale(TestTenant())->marked_version, 0u);
  ASSERT_TRUE(store().MarkStale(TestTenant(), {StaleFor("a", 1, 2, RevisionCause::kIntensityChanged)}, 7).ok());
  Reopen();
  EXPECT_THAT(Describe(Stale()), ElementsAre(Describe(StaleFor("a", 1, 6)), Describe(StaleFor("b", 0, 1))));
  EXPECT_EQ(store().CountStale(TestTenant())->locations, 2);
  EXPECT_EQ(store().CountStale(TestTenant())->marked_version, 7u);
  EXPECT_THAT(*store().Stale(TestTenant(), 1), SizeIs(1));
  ASSERT_TRUE(store().MarkStale(TestTenant(), {}, 9).ok());
  EXPECT_EQ(store().CountStale(TestTenant())->marked_version, 9u);
}

TEST_P(RecordStoreConformance, StaleThatWasMarkedAgain_IsNotCleared) {
  ASSERT_TRUE(store().MarkStale(TestTenant(), {StaleFor("a", 5, 6)}, std::nullopt).ok());
  const StaleRecords seen = Stale()[0];
  ASSERT_TRUE(store().MarkStale(TestTenant(), {StaleFor("a", 5, 6)}, std::nullopt).ok());
  ASSERT_TRUE(store().ClearStale(TestTenant(), seen).ok());
  ASSERT_THAT(Stale(), SizeIs(1)) << "was marked since";
  const StaleRecords again = Stale()[0];
  ASSERT_TRUE(store().ClearStale(TestTenant(), again).ok());
  EXPECT_THAT(Stale(), IsEmpty());
  ASSERT_TRUE(store().MarkStale(TestTenant(), {StaleFor("a", 5, 6)}, std::nullopt).ok());
  ASSERT_TRUE(store().ClearStale(TestTenant(), again).ok());
  EXPECT_THAT(Stale(), SizeIs(1)) << "a ticket is never used again";
  Reopen();
  const StaleRecords last = Stale()[0];
  ASSERT_TRUE(store().ClearStale(TestTenant(), last).ok());
  Reopen();
  ASSERT_TRUE(store().MarkStale(TestTenant(), {StaleFor("a", 5, 6)}, std::nullopt).ok());
  ASSERT_TRUE(store().ClearStale(TestTenant(), last).ok());
  EXPECT_THAT(Stale(), SizeIs(1));
}

TEST_P(RecordStoreConformance, ListToReprice_HasDevicesAndWhatReachesIn) {
  RecordModel model;
  std::vector<StoredRecord> records;
  for (int i = 0; i < 40; ++i) {
    records.push_back(Meter(i).Build());
    records.push_back(RecordBuilder("home", i % 2 == 0 ? "car" : "van", kNewYear + i * kHour, kHour).Build());
    records.push_back(RecordBuilder("work", "car", kNewYear + i * kHour + 5, kHour).Build());
  }
  records.push_back(RecordBuilder("home", "car", kNewYear - 30 * kDay, 31 * kDay).Build());
  Put(records);
  model.Apply(WriteOf(records), 0);
  for (const Interval interval :
       {StaleFor("", 3, 9).interval, StaleFor("", -10, 100).interval,
        Interval{Instant{kNewYear * engine::kNanosPerSecond - 1}, Instant{kNewYear * engine::kNanosPerSecond + 1}}}) {
    std::vector<StoredRecord> listed;
    std::optional<RecordPosition> after;
    while (true) {
      auto page = store().ListToReprice(TestTenant(), "home", interval, after, 7);
      ASSERT_TRUE(page.ok()) << page.status();
      if (page->empty()) break;
      after = PositionOf(page->back());
      listed.insert(listed.end(), page->begin(), page->end());
    }
    EXPECT_EQ(Describe(listed), Describe(model.ListToReprice("home", interval)));
  }
  EXPECT_THAT(*store().ListToReprice(TestTenant(), "nowhere", StaleFor("", 0, 9).interval, std::nullopt, 7), IsEmpty());
}

TEST_P(RecordStoreConformance, OneProcess_MayReprice) { EXPECT_TRUE(*store().MayReprice(TestTenant())); }

}  // namespace
}  // namespace costs::records::testing
