// The usage that tiers are priced by, and the noting of records that it changes for.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "service/records/testing/record_model.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

using engine::Instant;
using engine::Int128;
using engine::Interval;
using engine::TariffRate;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::TimeZone kUtc = absl::UTCTimeZone();

RecordBuilder Meter(int64_t hour, int64_t hours = 1) {
  return RecordBuilder("home", "", kNewYear + hour * kHour, hours * kHour).Energy(KWh(hours));
}
RecordBuilder Car(int64_t hour) { return RecordBuilder("home", "car", kNewYear + hour * kHour, kHour).Energy(KWh(10)); }

TEST_P(RecordStoreConformance, Usage_OfWholeDaysAndOfParts) {
  std::vector<StoredRecord> records;
  for (int hour = 0; hour < 72; ++hour) records.push_back(Meter(hour).Build());
  Put(records);
  const auto usage = [&](int64_t seconds) { return Usage("home", kUtc, kNewYear, kNewYear + seconds); };
  EXPECT_EQ(usage(2 * kDay), KWh(48));
  EXPECT_EQ(usage(2 * kDay + 5 * kHour), KWh(53));
  EXPECT_EQ(usage(kHour / 4), KWh(1) / 4);
  EXPECT_EQ(usage(1), 277'777'778) << "rounded half-even";
  EXPECT_EQ(usage(365 * kDay), KWh(72));
  EXPECT_EQ(Usage("home", kUtc, kNewYear - 9 * kDay, kNewYear), 0);
  EXPECT_EQ(Usage("home", kUtc, kNewYear, kNewYear + kDay, TariffRate::kLocal), 0);
  EXPECT_EQ(Usage("work", kUtc, kNewYear, kNewYear + kDay), 0);
}

TEST_P(RecordStoreConformance, UsageOfRecordOverDays_IsByItsParts) {
  // Of its days the middle one has most of the energy, which no split by time gives.
  StoredRecord record = Meter(12, 48).Energy(KWh(100)).Build();
  std::vector<calculator::DayPart>& days = record.revision.figures.days;
  ASSERT_EQ(days.size(), 3u);
  days[0].energy_nwh = KWh(10);
  days[1].energy_nwh = KWh(70);
  days[2].energy_nwh = KWh(20);
  Put({record});
  const auto usage = [&](int64_t from, int64_t to) {
    return Usage("home", kUtc, kNewYear + from * kHour, kNewYear + to * kHour);
  };
  EXPECT_EQ(usage(0, 24), KWh(10));
  EXPECT_EQ(usage(0, 48), KWh(80));
  EXPECT_EQ(usage(0, 18), KWh(5));
  EXPECT_EQ(usage(24, 36), KWh(35));
  EXPECT_EQ(usage(0, 54), KWh(90));
  EXPECT_EQ(usage(48, 54), KWh(10));
}

TEST_P(RecordStoreConformance, UsageOfMeter_GoesBeforeThatOfDevices) {
  Put({Car(0).Build(), Car(30).Build(), RecordBuilder("home", "heater", kNewYear, kHour).Energy(KWh(5)).Build()});
  const auto usage = [&](int64_t from, int64_t to) {
    return Usage("home", kUtc, kNewYear + from * kHour, kNewYear + to * kHour);
  };
  EXPECT_EQ(usage(0, 48), KWh(25)) << "there is no meter: the devices'";
  Put({Meter(2).Rate(TariffRate::kLocal).Build()});
  EXPECT_EQ(usage(0, 48), KWh(25)) << "a meter of another rate";
  Put({Meter(26).Build()});
  EXPECT_EQ(usage(0, 48), KWh(1)) << "the meter's alone, though it knows less";
  EXPECT_EQ(usage(0, 24), KWh(15)) << "no record of the meter is there";
  EXPECT_EQ(usage(24, 26), 0);
  EXPECT_EQ(usage(24, 27), KWh(1));
  Put({Meter(3).Energy(0).Build()});
  EXPECT_EQ(usage(0, 24), 0) << "a meter that read nothing";
  EXPECT_EQ(usage(0, 4), 0);
  EXPECT_EQ(usage(0, 3), KWh(15));
}

TEST_P(RecordStoreConformance, UsageOfBothDirections_IsOfTheRate) {
  Put({Car(0).Build(), Car(0).Export().Build()});
  EXPECT_EQ(Usage("home", kUtc, kNewYear, kNewYear + kDay), KWh(20));
}

TEST_P(RecordStoreConformance, UsageOverClockChanges_IsByTheDaysOfTheZone) {
  struct Case {
    const char* zone;
    int64_t noon;  // near the change
  };
  const Case cases[] = {
      {"Europe/London", 1'774'785'600},                                         // 2026-03-29, 23 hours
      {"Europe/London", 1'792'929'600},                                         // 2026-10-25, 25 hours
      {"America/Sao_Paulo", 1'541'336'400},                                     // 2018-11-04, no midnight
      {"America/Havana", 1'793'552'400},                                        // 2026-11-01, midnight comes twice
      {"Australia/Lord_Howe", 1'775'347'200}, {"Pacific/Apia", 1'325'246'400},  // 2011-12-30, which was left out
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.zone, " ", c.noon));
    const absl::TimeZone zone = ZoneNamed(c.zone);
    const Tenant tenant = {absl::StrCat(c.zone, c.noon), true};
    RecordModel model;
    std::vector<StoredRecord> records;
    std::mt19937_64 random(7);
    for (int64_t at = c.noon - 3 * kDay; at < c.noon + 3 * kDay;) {
      const int64_t seconds = random() % 40 == 0 ? 40 * kHour : 900 + static_cast<int64_t>(random() % 3'000);
      records.push_back(RecordBuilder("home", "", at, seconds)
                            .Energy(static_cast<Int128>(random() % 1'000'000'000'000))
                            .Zone(zone)
                            .Build(tenant));
      at += seconds;
    }
    Put(records, tenant);
    model.Apply(WriteOf(records, tenant), 0);
    const absl::CivilDay middle = absl::ToCivilDay(absl::FromUnixSeconds(c.noon), zone);
    for (int day = -2; day <= 2; ++day) {
      const absl::TimeZone::TimeInfo midnight = zone.At(absl::CivilSecond(middle + day));
      const int64_t from =
          absl::ToUnixSeconds(midnight.kind == absl::TimeZone::TimeInfo::SKIPPED ? midnight.trans : midnight.pre);
      for (int64_t length : {int64_t{1}, 40 * int64_t{60}, 23 * kHour, 24 * kHour, 25 * kHour, 49 * kHour + 77}) {
        const auto expected = model.UsageWithin({}, "home", zone, TariffRate::kImport,
                                                {Instant::FromSeconds(from), Instant::FromSeconds(from + length)});
        EXPECT_EQ(Text(Usage("home", zone, from, from + length, TariffRate::kImport, tenant)), Text(*expected))
            << day << " " << length;
      }
    }
  }
}

// A record whose cost is the usage before it in its month, in Wh.
PendingRecord PricedByUsage(RecordBuilder builder) {
  PendingRecord pending;
  pending.record = builder.TierWindowsEnd(kNewYear + 31 * kDay).Build();
  pending.price = [](const calculator::UsageSource& usage, StoredRecord* record) {
    calculator::Caller caller;
    caller.account_id = TestTenant().account_id;
    caller.live_mode = TestTenant().live_mode;
    const Interval before = {Instant::FromSeconds(kNewYear), record->request.interval.start};
    if (!(before.start < before.end)) {
      record->revision.figures.tariff->micros = 0;
      return true;
    }
    const auto used = usage.UsageWithin(caller, record->request.location_id, absl::UTCTimeZone(),
                                        record->request.tariff_rate, before);
    EXPECT_TRUE(used.ok()) << used.status();
    record->revision.figures.tariff->micros = used.ok() ? *used / kNanosPerWh : -1;
    return used.ok();
  };
  return pending;
}

TEST_P(RecordStoreConformance, RecordsOfOneWrite_KnowWhatWasUsedBeforeThem) {
  Put({Meter(0).Energy(KWh(100)).Build(), Meter(1).Build()});
  Write write = WriteOf({});
  write.deletions = {Meter(1).Build().id};
  for (int64_t hour = 2; hour < 60; ++hour) write.records.push_back(PricedByUsage(Meter(hour)));
  ASSERT_TRUE(Submit(std::move(write)).ok());
  for (int64_t hour = 2; hour < 60; ++hour) {
    EXPECT_EQ(Get(Meter(hour).Build().id)->revision.figures.tariff->micros, (100 + hour - 2) * 1'000) << hour;
  }
  EXPECT_THAT(Stale(), IsEmpty()) << "they came in order";
}

TEST_P(RecordStoreConformance, RecordsOfSeveralThingsInOneWrite_KnowOfEachOther) {
  Write write = WriteOf({});
  write.records.push_back(PricedByUsage(Car(0)));
  write.records.push_back(PricedByUsage(Car(1)));
  write.records.push_back(PricedByUsage(Meter(2)));
  write.records.push_back(PricedByUsage(Car(3)));
  write.records.push_back(PricedByUsage(Car(4).Rate(TariffRate::kLocal)));
  ASSERT_TRUE(Submit(std::move(write)).ok());
  EXPECT_EQ(Get(Car(1).Build().id)->revision.figures.tariff->micros, 10'000);
  EXPECT_EQ(Get(Meter(2).Build().id)->revision.figures.tariff->micros, 20'000);
  EXPECT_EQ(Get(Car(3).Build().id)->revision.figures.tariff->micros, 1'000) << "now there is a meter";
  EXPECT_EQ(Get(Car(4).Rate(TariffRate::kLocal).Build().id)->revision.figures.tariff->micros, 0);
}

// ---- What is noted as stale.

constexpr int64_t kMonthEnd = kNewYear + 31 * kDay;
RecordBuilder Tiered(int64_t hour) { return Meter(hour).TierWindowsEnd(kMonthEnd); }

std::string UsageChanged(int64_t hour, const char* location = "home") {
  return Describe(StaleRecords{location,
                               {Instant::FromSeconds(kNewYear + hour * kHour), Instant::FromSeconds(kMonthEnd)},
                               RevisionCause::kUsageChanged,
                               0});
}

TEST_P(RecordStoreConformance, LateRecord_MakesLaterOnesStale) {
  Put({Tiered(0).Build(), Tiered(10).Build()});
  EXPECT_THAT(Stale(), IsEmpty());
  Put({Tiered(20).Build()});
  EXPECT_THAT(Stale(), IsEmpty());
  Put({Tiered(5).Build()});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(5)));
  Put({Tiered(15).Build()});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(5))) << "the hull of both";
  Put({Tiered(-5).Build()});
  Reopen();
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(-5)));
  EXPECT_EQ(store().CountStale(TestTenant())->locations, 1);
}

TEST_P(RecordStoreConformance, LateRecordOfDevice_MakesThoseOfTheLocationStale) {
  Put({Tiered(10).Build(), RecordBuilder("work", "", kNewYear + 50 * kHour, kHour).Build()});
  Put({Car(5).TierWindowsEnd(kMonthEnd).Build()});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(5)));
}

TEST_P(RecordStoreConformance, LateRecord_WithoutAnythingItConcerns_IsNotNoted) {
  Put({Meter(5).Build()});                             // no tiers
  Put({Tiered(10).Rate(TariffRate::kLocal).Build()});  // its own rate
  Put({Tiered(7).Build()});                            // nothing later of its rate
  Put({RecordBuilder("work", "car", kNewYear + 9 * kHour, kHour).TierWindowsEnd(kMonthEnd).Build()});
  Put({Meter(32 * 24).Build()});                                  // after the window
  Put({Tiered(6).TierWindowsEnd(kNewYear + 7 * kHour).Build()});  // the later one starts where it ends
  Put({Meter(3).Build()});
  EXPECT_THAT(Stale(), IsEmpty());
}

TEST_P(RecordStoreConformance, LaterRecordInTheSameSecond_Counts) {
  Put({Tiered(5).Later(1).Build()});
  Put({Tiered(5).Later(2).Build()});
  EXPECT_THAT(Stale(), IsEmpty());
  Put({Tiered(5).Build()});
  EXPECT_EQ(Stale().size(), 1u);
}

TEST_P(RecordStoreConformance, ChangedEnergy_MakesLaterOnesStale) {
  Put({Tiered(0).Build(), Tiered(10).Build()});
  Put({Tiered(0).Reference("new").Cost(1).Build()});
  EXPECT_THAT(Stale(), IsEmpty()) << "the energy is as it was";
  Put({Tiered(10).Energy(KWh(7)).Build()});
  EXPECT_THAT(Stale(), IsEmpty()) << "nothing is later";
  Put({Tiered(0).Energy(KWh(1) + 1).Build()});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(0))) << "by a nano-Wh";
}

TEST_P(RecordStoreConformance, DeletedRecord_MakesLaterOnesStale) {
  Put({Tiered(0).Build(), Tiered(10).Build()});
  Delete({Tiered(10).Build().id});
  EXPECT_THAT(Stale(), IsEmpty());
  Put({Tiered(10).Build()});
  Delete({Tiered(0).Build().id});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(0)));
}

TEST_P(RecordStoreConformance, DeviceThatMoved_ConcernsBothLocations) {
  const auto car = [](const char* location, int64_t hour) {
    return RecordBuilder(location, "car", kNewYear + hour * kHour, kHour).TierWindowsEnd(kMonthEnd);
  };
  Put({car("home", 1).Build(), car("home", 2).Build(), car("work", 3).Build()});
  Put({car("work", 1).Build()});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(1), UsageChanged(1, "work")));
}

TEST_P(RecordStoreConformance, WriteInAnyOrder_NotesWhatWasPricedTooEarly) {
  Put({Tiered(10).Build(), Tiered(5).Build(), Tiered(7).Build()});
  EXPECT_THAT(Describe(Stale()), ElementsAre(UsageChanged(5)));
}

TEST_P(RecordStoreConformance, PricedWithAnOldCatalog_IsStale) {
  catalog_version_ = 5;
  const auto at = [](int64_t hour, uint64_t version) { return Meter(hour).CatalogVersion(version).Build(); };
  Put({at(0, 5), at(1, 6)});
  EXPECT_THAT(Stale(), IsEmpty());
  Put({at(7, 4), at(9, 5), at(3, 1)});
  const StaleRecords expected = {
      "home",
      {Instant::FromSeconds(kNewYear + 3 * kHour), Instant::FromSeconds(kNewYear + 8 * kHour)},
      RevisionCause::kTariffChanged,
      0};
  EXPECT_THAT(Describe(Stale()), ElementsAre(Describe(expected)));
  // What changes nothing is noted by nobody.
  ASSERT_TRUE(store().ClearStale(TestTenant(), Stale()[0]).ok());
  Put({at(0, 1)});
  EXPECT_THAT(Stale(), IsEmpty());
}

TEST_P(RecordStoreConformance, PricedWithACatalogThatIsNotMarkedYet_IsStale) {
  catalog_version_ = 6;
  ASSERT_TRUE(store().MarkStale(TestTenant(), {}, 5).ok());
  Put({Meter(2).CatalogVersion(6).Build()});
  const StaleRecords expected = {
      "home",
      {Instant::FromSeconds(kNewYear + 2 * kHour), Instant::FromSeconds(kNewYear + 3 * kHour)},
      RevisionCause::kTariffChanged,
      0};
  EXPECT_THAT(Describe(Stale()), ElementsAre(Describe(expected)));
  ASSERT_TRUE(store().ClearStale(TestTenant(), Stale()[0]).ok());
  ASSERT_TRUE(store().MarkStale(TestTenant(), {}, 6).ok());
  Put({Meter(3).CatalogVersion(6).Build()});
  EXPECT_THAT(Stale(), IsEmpty());
}

}  // namespace
}  // namespace costs::records::testing
