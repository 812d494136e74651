// Writing and finding single records: ids, revisions, deletions, tenants, refusals.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "service/catalog/refusal.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

using engine::Int128;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

RecordBuilder Half(int64_t number) { return RecordBuilder("home", "meter", kNewYear + number * 1'800, 1'800); }

TEST_P(RecordStoreConformance, NewRecord_IsFoundAsItWasWritten) {
  const StoredRecord record = Half(0)
                                  .Energy(KWh(3) + 1)
                                  .Cost(-123'456'789, 900)
                                  .Carbon(77, 500)
                                  .Session("session")
                                  .Reference("reference")
                                  .UsageBefore(0.1)
                                  .TierWindowsEnd(kNewYear + 31 * kDay)
                                  .CatalogVersion(7)
                                  .Later(123'456'789)
                                  .Build();
  Put({record});
  EXPECT_EQ(Describe(*Get(record.id)), Describe(record));
  Reopen();
  EXPECT_EQ(Describe(*Get(record.id)), Describe(record));
  EXPECT_THAT(Describe(List({})), ElementsAre(Describe(record)));
}

TEST_P(RecordStoreConformance, UnknownRecord_IsNotFound) {
  Put(Half(0));
  EXPECT_FALSE(Get(Half(1).Build().id).has_value());
  EXPECT_THAT(Revisions(Half(1).Build().id), IsEmpty());
}

TEST_P(RecordStoreConformance, UnpricedRecord_HasNoFigures) {
  const StoredRecord record = Half(0).NoPrice().NoCarbon().Build();
  Put({record});
  EXPECT_EQ(Describe(*Get(record.id)), Describe(record));
  EXPECT_FALSE(Get(record.id)->revision.figures.tariff.has_value());
}

TEST_P(RecordStoreConformance, LargestFigures_AreExact) {
  const Int128 largest = std::numeric_limits<Int128>::max(), least = std::numeric_limits<Int128>::min();
  const Int128 edge = std::numeric_limits<int64_t>::max();
  std::vector<StoredRecord> records;
  for (Int128 number : {largest, least, edge, edge + 1, -edge - 1, -edge - 2, Int128{0}, Int128{-1}}) {
    StoredRecord record = Half(static_cast<int64_t>(records.size())).Cost(number).Carbon(number).Build();
    record.revision.figures.energy_nwh = number;
    record.revision.figures.energy_wh = static_cast<int64_t>(records.size());
    records.push_back(record);
  }
  for (const StoredRecord& record : records) Put({record});  // in this order the sums of their day fit
  Reopen();
  EXPECT_EQ(Describe(List({})), Describe(records));
}

TEST_P(RecordStoreConformance, RecordOfSeveralDays_KeepsItsParts) {
  const StoredRecord record =
      RecordBuilder("home", "", kNewYear - kHour, 3 * kDay).Energy(KWh(72) + 7).Cost(999'999'999'999).Build();
  ASSERT_THAT(record.revision.figures.days, SizeIs(4));
  Put({record});
  EXPECT_EQ(Describe(*Get(record.id)), Describe(record));
}

TEST_P(RecordStoreConformance, SameAgain_ChangesNothing) {
  const StoredRecord record = Half(0).Session("s").Build();
  Put({record});
  StoredRecord again = record;
  again.created_ns += 5;
  again.revision.priced_ns += 5;
  again.revision.catalog_version += 5;
  again.revision.cause = RevisionCause::kSubmitted;
  Put({again});
  Put({again, again});
  EXPECT_EQ(Describe(*Get(record.id)), Describe(record));
  EXPECT_THAT(Revisions(record.id), SizeIs(1));
}

TEST_P(RecordStoreConformance, Overwritten_KeepsIdAndCreationAndWhatWas) {
  const StoredRecord first = Half(0).Energy(KWh(1)).Build();
  StoredRecord second = Half(0).Energy(KWh(2)).Reference("new").Created(9).CatalogVersion(2).Build();
  StoredRecord third = Half(0).Energy(KWh(1)).Build();  // as the first was
  ASSERT_EQ(first.id.bytes, second.id.bytes);
  Put({first});
  Put({second});
  second.revision.number = 2;
  second.created_ns = first.created_ns;
  EXPECT_EQ(Describe(*Get(first.id)), Describe(second));
  EXPECT_THAT(Describe(Revisions(first.id)), ElementsAre(Describe(second.revision), Describe(first.revision)));
  Put({third});
  third.revision.number = 3;
  Reopen();
  EXPECT_EQ(Describe(*Get(first.id)), Describe(third));
  EXPECT_THAT(Describe(Revisions(first.id)),
              ElementsAre(Describe(third.revision), Describe(second.revision), Describe(first.revision)));
  EXPECT_THAT(Describe(*store().Revisions(TestTenant(), first.id, 3, 1)), ElementsAre(Describe(second.revision)));
  EXPECT_THAT(Describe(*store().Revisions(TestTenant(), first.id, std::nullopt, 2)),
              ElementsAre(Describe(third.revision), Describe(second.revision)));
  EXPECT_THAT(*store().Revisions(TestTenant(), first.id, 1, 10), IsEmpty());
}

TEST_P(RecordStoreConformance, OnlyTheRequestDiffers_IsARevision) {
  Put(Half(0).Reference("a"));
  Put(Half(0).Reference("b"));
  const auto record = Get(Half(0).Build().id);
  EXPECT_EQ(record->request.record_reference_id, "b");
  EXPECT_EQ(record->revision.number, 2);
}

TEST_P(RecordStoreConformance, TwiceInOneWrite_TheLaterRules) {
  Put({Half(0).Energy(KWh(1)).Build(), Half(1).Build(), Half(0).Energy(KWh(5)).Build()});
  const auto record = Get(Half(0).Build().id);
  EXPECT_EQ(record->revision.figures.energy_wh, 5'000);
  EXPECT_EQ(record->revision.number, 2);
  const auto totals = DayTotals({"home", "meter"}, DayOf(kNewYear), DayOf(kNewYear));
  ASSERT_THAT(totals, SizeIs(1));
  EXPECT_EQ(totals[0].total.energy_wh, 5'500);
  EXPECT_EQ(totals[0].total.records, 2);
}

TEST_P(RecordStoreConformance, Deleted_IsGoneWithItsRevisionsAndBeginsAnew) {
  const StoredRecord record = Half(0).Energy(KWh(1)).Build();
  Put({Half(0).Energy(KWh(9)).Build()});
  Put({record, Half(1).Build()});
  Delete({record.id, Half(7).Build().id});
  EXPECT_FALSE(Get(record.id).has_value());
  EXPECT_THAT(Revisions(record.id), IsEmpty());
  EXPECT_THAT(List({}), SizeIs(1));
  StoredRecord again = Half(0).Created(77).Build();
  Put({again});
  EXPECT_EQ(Describe(*Get(record.id)), Describe(again));
}

TEST_P(RecordStoreConformance, DeletionsOfAWrite_ComeBeforeItsRecords) {
  const StoredRecord record = Half(0).Build();
  Put({record});
  StoredRecord anew = Half(0).Energy(KWh(2)).Created(5).Build();
  Write write = WriteOf({anew});
  write.deletions = {record.id};
  EXPECT_TRUE(Submit(std::move(write)).ok());
  EXPECT_EQ(Describe(*Get(record.id)), Describe(anew));
}

TEST_P(RecordStoreConformance, PriceThatSaysNo_StoresNothing) {
  Write write = WriteOf({Half(0).Build(), Half(1).Build(), Half(2).Build()});
  write.records[1].price = [](const calculator::UsageSource&, StoredRecord*) { return false; };
  write.records[2].price = [](const calculator::UsageSource&, StoredRecord* record) {
    record->revision.figures.tariff->micros = 42;
    return true;
  };
  EXPECT_TRUE(Submit(std::move(write)).ok());
  EXPECT_FALSE(Get(Half(1).Build().id).has_value());
  EXPECT_EQ(Get(Half(2).Build().id)->revision.figures.tariff->micros, 42);
  EXPECT_THAT(List({}), SizeIs(2));
}

TEST_P(RecordStoreConformance, IdOfAnotherKey_IsRefusedAndNothingOfTheWriteIsThere) {
  const StoredRecord record = Half(0).Build();
  Put({record});
  std::vector<StoredRecord> others;
  others.push_back(Half(0).Export().Build());
  others.push_back(Half(0).Rate(engine::TariffRate::kLocal).Build());
  others.push_back(Half(0).Later(1).Build());
  others.push_back(RecordBuilder("home", "other", kNewYear, 1'800).Build());
  others.push_back(RecordBuilder("meter", "", kNewYear, 1'800).Build());
  for (StoredRecord& other : others) {
    other.id = record.id;
    const absl::Status status = Submit(WriteOf({Half(5).Build(), other}));
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists) << status;
    EXPECT_EQ(catalog::ReasonOf(status), "RECORD_ID_TAKEN");
    EXPECT_FALSE(Get(Half(5).Build().id).has_value());
  }
  EXPECT_THAT(Describe(List({})), ElementsAre(Describe(record)));
  EXPECT_THAT(DayTotals({"home", "meter"}, 0, 100'000), SizeIs(1));
}

TEST_P(RecordStoreConformance, DeviceThatMoved_TakesItsRecordAlong) {
  const StoredRecord before = RecordBuilder("home", "car", kNewYear, 1'800).Build();
  const StoredRecord after = RecordBuilder("work", "car", kNewYear, 1'800).Build();
  ASSERT_EQ(before.id.bytes, after.id.bytes);
  Put({before});
  Put({after});
  EXPECT_EQ(Get(before.id)->request.location_id, "work");
  EXPECT_THAT(LocationsOf("car"), ElementsAre("work"));
  EXPECT_THAT(*store().Locations(TestTenant(), "", 10), ElementsAre("work"));
  EXPECT_THAT(DayTotals({"home", "car"}, 0, 100'000), IsEmpty());
  EXPECT_THAT(DayTotals({"work", "car"}, 0, 100'000), SizeIs(1));
  RecordFilter home;
  home.location_id = "home";
  EXPECT_THAT(List(home), IsEmpty());
}

TEST_P(RecordStoreConformance, Tenants_DoNotMix) {
  const Tenant tenants[] = {{"acc_1", true}, {"acc_1", false}, {"acc_2", true}};
  const auto builder = [](int64_t energy) {
    return RecordBuilder("home", "car", kNewYear, 1'800).Session("s").Energy(KWh(energy)).TierWindowsEnd(kNewYear + 5);
  };
  for (int i = 0; i < 3; ++i) Put({builder(i + 1).Build(tenants[i])}, tenants[i]);
  // Even an id that is another tenant's.
  StoredRecord same = builder(9).Build(tenants[0]);
  Put({same}, tenants[1]);
  EXPECT_EQ(Get(same.id, tenants[0])->revision.figures.energy_wh, 1'000);
  Delete({same.id}, tenants[1]);
  Delete({same.id}, tenants[2]);
  for (int i = 0; i < 3; ++i) {
    const int64_t energy = (i + 1) * 1'000;
    const auto records = List({}, false, 10, tenants[i]);
    ASSERT_THAT(records, SizeIs(1));
    EXPECT_EQ(records[0].revision.figures.energy_wh, energy);
    EXPECT_EQ(DayTotals({"home", "car"}, 0, 100'000, engine::Direction::kImport, tenants[i])[0].total.energy_wh,
              energy);
    EXPECT_EQ(TotalsOf("s", engine::Direction::kImport, tenants[i]).totals[0].energy_wh, energy);
    EXPECT_EQ(Usage("home", absl::UTCTimeZone(), kNewYear, kNewYear + kDay, engine::TariffRate::kImport, tenants[i]),
              KWh(i + 1));
    EXPECT_THAT(LocationsOf("car", tenants[i]), ElementsAre("home"));
  }
  const StaleRecords stale = {"home", records::RecordRequest().interval, RevisionCause::kTariffChanged, 0};
  ASSERT_TRUE(store().MarkStale(tenants[0], {stale}, 3).ok());
  EXPECT_THAT(Stale(tenants[1]), IsEmpty());
  EXPECT_EQ(store().CountStale(tenants[1])->marked_version, 0u);
  EXPECT_EQ(store().CountStale(tenants[0])->marked_version, 3u);
}

TEST_P(RecordStoreConformance, DeadlineOrCancellation_BeforeItBegins) {
  Write late = WriteOf({Half(0).Build()});
  late.deadline = absl::Now() - absl::Seconds(1);
  absl::Status status = Submit(std::move(late));
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(catalog::ReasonOf(status), "DEADLINE_EXCEEDED");
  Write unwanted = WriteOf({Half(1).Build()});
  unwanted.cancelled = [] { return true; };
  status = Submit(std::move(unwanted));
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled) << status;
  EXPECT_EQ(catalog::ReasonOf(status), "CANCELLED");
  EXPECT_THAT(List({}), IsEmpty());
}

TEST_P(RecordStoreConformance, EmptyWrite_IsFine) {
  EXPECT_TRUE(Submit(WriteOf({})).ok());
  EXPECT_TRUE(store().Barrier().ok());
}

TEST_P(RecordStoreConformance, BatchDocument_IsKeptWithItsRecords) {
  const std::string document("a\0b", 3);
  Write write = WriteOf({Half(0).Build()});
  write.batch_id = "batch";
  write.batch_document = document;
  EXPECT_TRUE(Submit(std::move(write)).ok());
  Reopen();
  EXPECT_EQ(**store().BatchDocument(TestTenant(), "batch"), document);
  EXPECT_FALSE(store().BatchDocument(TestTenant(), "other")->has_value());
  EXPECT_FALSE(store().BatchDocument({"acc_2", true}, "batch")->has_value());
  // What is refused leaves none.
  StoredRecord taken = Half(1).Build();
  taken.id = Half(0).Build().id;
  write = WriteOf({taken});
  write.batch_id = "refused";
  EXPECT_FALSE(Submit(std::move(write)).ok());
  EXPECT_FALSE(store().BatchDocument(TestTenant(), "refused")->has_value());
}

TEST_P(RecordStoreConformance, Readings_ReplaceThoseOfTheirTime) {
  const Register meter = {{"home", "meter"}, engine::Direction::kImport, engine::TariffRate::kImport};
  Register other = meter;
  other.direction = engine::Direction::kExport;
  const auto put = [&](const Register& of, std::vector<RegisterReading> readings) {
    Write write;
    write.tenant = TestTenant();
    write.reading_register = of;
    write.readings = std::move(readings);
    EXPECT_TRUE(Submit(std::move(write)).ok());
  };
  put(meter, {{100, 1, "s", "r"}, {200, 2, "", ""}, {300, 3, "", ""}, {400, 4, "", ""}});
  put(meter, {{200, 22, "t", "q"}, {250, 5, "", ""}});
  put(other, {{220, 9, "", ""}});
  Reopen();
  const auto between = [&](const Register& of, int64_t first, int64_t last) {
    std::vector<std::string> texts;
    const auto readings = store().Readings(TestTenant(), of, first, last);
    EXPECT_TRUE(readings.ok()) << readings.status();
    for (const RegisterReading& reading : readings.value_or(std::vector<RegisterReading>())) {
      texts.push_back(Describe(reading));
    }
    return texts;
  };
  const auto text = [](const RegisterReading& reading) { return Describe(reading); };
  const std::string first = text({100, 1, "s", "r"}), second = text({200, 22, "t", "q"}),
                    third = text({250, 5, "", ""}), fourth = text({300, 3, "", ""}), fifth = text({400, 4, "", ""});
  EXPECT_THAT(between(meter, 200, 250), ElementsAre(first, second, third, fourth));
  EXPECT_THAT(between(meter, 260, 270), ElementsAre(third, fourth));
  EXPECT_THAT(between(meter, 0, 50), ElementsAre(first));
  EXPECT_THAT(between(meter, 500, 600), ElementsAre(fifth));
  EXPECT_THAT(between(meter, 0, 1'000), ElementsAre(first, second, third, fourth, fifth));
  EXPECT_THAT(between(other, 0, 1'000), ElementsAre(text({220, 9, "", ""})));
  EXPECT_THAT(*store().Readings({"acc_2", true}, meter, 0, 1'000), IsEmpty());
  // A reading is no record.
  EXPECT_THAT(*store().Locations(TestTenant(), "", 10), IsEmpty());
  EXPECT_THAT(LocationsOf("meter"), IsEmpty());
}

// Streams do not wait for one chunk's records before they submit the next one's.
TEST_P(RecordStoreConformance, WritesOfOneRecordThatDoNotWait_AreDoneInOrder) {
  constexpr int kWrites = 60;
  std::atomic<int> left{kWrites};
  for (int i = 0; i < kWrites; ++i) {
    std::vector<StoredRecord> records = {Half(0).Energy(KWh(i + 1)).Build()};
    for (int k = 0; k < 20; ++k) records.push_back(Half(10 + i * 20 + k).Build());
    auto write = std::make_unique<Write>(WriteOf(std::move(records)));
    write->done = [&](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      --left;
    };
    store().Submit(std::move(write));
  }
  while (left > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const std::optional<StoredRecord> stored = Get(Half(0).Build().id);
  ASSERT_TRUE(stored.has_value());
  EXPECT_TRUE(stored->revision.figures.energy_nwh == KWh(kWrites));
}

TEST_P(RecordStoreConformance, Counters_CountWrittenRecords) {
  Put({Half(0).Build(), Half(1).Build()});
  Put({Half(0).Build()});
  const RecordStore::Counters counters = store().counters();
  EXPECT_EQ(counters.records_written, 3u);
  EXPECT_GE(counters.transactions, 2u);
  EXPECT_EQ(counters.records_waiting, 0u);
}

}  // namespace
}  // namespace costs::records::testing
