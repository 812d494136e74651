// Lists: filters, order, pages, and records that are hard to find by their start.
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"
#include "service/records/testing/record_model.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Several things in several places, many records in one second, long ones among
// short ones.
std::vector<StoredRecord> ManyRecords() {
  std::vector<StoredRecord> records;
  const Thing things[] = {{"home", ""}, {"home", "car"}, {"home", "heater"}, {"work", "car"}, {"work", ""}};
  int number = 0;
  for (const Thing& thing : things) {
    for (int i = 0; i < 24; ++i) {
      ++number;
      const int64_t offset = thing.location_id == "work" ? 7 * kDay : 0;
      RecordBuilder record(thing.location_id, thing.device_id, kNewYear + offset + i / 3 * kHour, 600 + i % 3);
      record.Later(i % 3 * 1'000);
      if (i % 2 == 0) record.Export();
      if (i % 5 == 0) record.Rate(engine::TariffRate::kLocal);
      if (i % 4 == 0) record.Session(i % 8 == 0 ? "monday" : "tuesday");
      if (i % 6 == 0) record.Reference(absl::StrCat("r", i));
      records.push_back(record.Build());
    }
  }
  records.push_back(RecordBuilder("home", "car", kNewYear - 100 * kDay, 101 * kDay).Session("monday").Build());
  records.push_back(RecordBuilder("home", "", kNewYear - 10 * kDay, 30 * kDay).Build());
  return records;
}

std::vector<RecordFilter> Filters() {
  std::vector<RecordFilter> filters(1);
  const auto add = [&](auto set) {
    filters.emplace_back();
    set(filters.back());
  };
  for (const char* location : {"", "home", "work", "nowhere"}) {
    for (const char* device : {"", "car", "heater", "nothing"}) {
      for (const char* session : {"", "monday", "never"}) {
        add([&](RecordFilter& f) {
          f.location_id = location;
          f.device_id = device;
          f.session_reference_id = session;
        });
      }
    }
  }
  const std::vector<RecordFilter> places = filters;
  for (const RecordFilter& place : places) {
    const auto also = [&](auto set) {
      filters.push_back(place);
      set(filters.back());
    };
    also([](RecordFilter& f) { f.direction = engine::Direction::kExport; });
    also([](RecordFilter& f) { f.tariff_rate = engine::TariffRate::kLocal; });
    also([](RecordFilter& f) { f.ends_after = engine::Instant::FromSeconds(kNewYear + 2 * kHour + 601); });
    also([](RecordFilter& f) { f.starts_before = {(kNewYear + 3 * kHour) * engine::kNanosPerSecond + 1'000}; });
    also([](RecordFilter& f) {
      f.ends_after = engine::Instant::FromSeconds(kNewYear + kHour);
      f.starts_before = engine::Instant::FromSeconds(kNewYear + kHour + 1);
    });
    if (!place.location_id.empty() || !place.device_id.empty() || !place.session_reference_id.empty()) {
      also([](RecordFilter& f) { f.record_reference_id = "r12"; });
    }
  }
  return filters;
}

TEST_P(RecordStoreConformance, Filters_ListWhatPassesInOrder) {
  RecordModel model;
  model.Apply(WriteOf(ManyRecords()), 0);
  Put(ManyRecords());
  for (const RecordFilter& filter : Filters()) {
    SCOPED_TRACE(absl::StrCat(filter.location_id, "/", filter.device_id, " session ", filter.session_reference_id));
    for (bool newest_first : {false, true}) {
      const auto expected = Describe(model.List(filter, newest_first));
      EXPECT_EQ(Describe(List(filter, newest_first)), expected);
      EXPECT_EQ(Describe(ListInPages(filter, newest_first, 7)), expected);
    }
  }
}

TEST_P(RecordStoreConformance, Pages_OfOneRecord) {
  RecordModel model;
  model.Apply(WriteOf(ManyRecords()), 0);
  Put(ManyRecords());
  RecordFilter filter;
  filter.location_id = "home";
  for (bool newest_first : {false, true}) {
    EXPECT_EQ(Describe(ListInPages(filter, newest_first, 1)), Describe(model.List(filter, newest_first)));
  }
}

TEST_P(RecordStoreConformance, PositionOfADeletedRecord_StillSaysWhereToGoOn) {
  Put(ManyRecords());
  RecordFilter filter;
  filter.location_id = "work";
  const auto before = List(filter);
  ASSERT_GE(before.size(), 10u);
  Delete({before[4].id});
  auto rest = store().List(TestTenant(), filter, PositionOf(before[4]), false, 1'000);
  EXPECT_EQ(Describe(*rest), Describe(std::vector<StoredRecord>(before.begin() + 5, before.end())));
}

TEST_P(RecordStoreConformance, ReferenceAlone_IsInvalid) {
  RecordFilter filter;
  filter.record_reference_id = "r1";
  EXPECT_EQ(store().List(TestTenant(), filter, std::nullopt, false, 10).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_P(RecordStoreConformance, LongRecord_IsFoundByWhatItReachesInto) {
  const StoredRecord year = RecordBuilder("home", "", kNewYear - 366 * kDay, 366 * kDay).Build();
  const StoredRecord later = RecordBuilder("home", "", kNewYear, 60).Build();
  Put({later});
  Put({year});
  RecordFilter filter;
  filter.location_id = "home";
  filter.ends_after = engine::Instant::FromSeconds(kNewYear - 1);
  EXPECT_THAT(Describe(List(filter)), ElementsAre(Describe(year), Describe(later)));
  filter.ends_after = engine::Instant::FromSeconds(kNewYear);
  EXPECT_THAT(Describe(List(filter)), ElementsAre(Describe(later)));
  Reopen();
  filter.ends_after = engine::Instant::FromSeconds(kNewYear - 1);
  filter.starts_before = engine::Instant::FromSeconds(kNewYear);
  EXPECT_THAT(Describe(List(filter, true)), ElementsAre(Describe(year)));
}

// Two devices whose ids begin alike.
std::pair<std::string, std::string> CollidingDevices() {
  absl::flat_hash_map<uint32_t, int> seen;
  for (int i = 0; i < 2'000'000; ++i) {
    const std::string device = absl::StrCat("device ", i);
    calculator::RecordKey key;
    key.account_id = TestTenant().account_id;
    key.live_mode = TestTenant().live_mode;
    key.device_id = device;
    const calculator::RecordId id = calculator::FirstIdFrom(key, 0);
    const uint32_t hash = uint32_t{id.bytes[0]} << 24 | id.bytes[1] << 16 | id.bytes[2] << 8 | id.bytes[3];
    const auto [known, is_new] = seen.emplace(hash, i);
    if (!is_new) return {absl::StrCat("device ", known->second), device};
  }
  return {};
}

TEST_P(RecordStoreConformance, DevicesOfOneHash_AreKeptApart) {
  const auto [one, other] = CollidingDevices();
  ASSERT_FALSE(one.empty());
  RecordModel model;
  std::vector<StoredRecord> records;
  for (int i = 0; i < 6; ++i) {
    records.push_back(RecordBuilder("home", one, kNewYear + i * kHour, kHour).Energy(KWh(1)).Build());
    records.push_back(RecordBuilder("work", other, kNewYear + i * kHour, kHour).Energy(KWh(2)).Build());
    records.push_back(RecordBuilder("home", other, kNewYear + (i + 9) * kHour, kHour).Energy(KWh(4)).Build());
  }
  model.Apply(WriteOf(records), 0);
  Put(records);
  for (const std::string& device : {one, other}) {
    RecordFilter filter;
    filter.device_id = device;
    for (bool newest_first : {false, true}) {
      EXPECT_EQ(Describe(ListInPages(filter, newest_first, 2)), Describe(model.List(filter, newest_first)));
    }
    EXPECT_EQ(LocationsOf(device), model.LocationsOf(device));
  }
  for (const char* location : {"home", "work", ""}) {
    RecordFilter filter;
    filter.location_id = location;
    EXPECT_EQ(Describe(ListInPages(filter, false, 2)), Describe(model.List(filter, false)));
    EXPECT_EQ(Describe(ListInPages(filter, true, 5)), Describe(model.List(filter, true)));
  }
  const auto usage = model.UsageWithin(
      {}, "home", absl::UTCTimeZone(), engine::TariffRate::kImport,
      {engine::Instant::FromSeconds(kNewYear), engine::Instant::FromSeconds(kNewYear + 5 * kHour / 2)});
  EXPECT_EQ(Usage("home", absl::UTCTimeZone(), kNewYear, kNewYear + 5 * kHour / 2), *usage);
}

TEST_P(RecordStoreConformance, LocationsOfDevice_ThatOfTheLastRecordFirst) {
  Put({RecordBuilder("a", "car", kNewYear, 60).Build(), RecordBuilder("b", "car", kNewYear + kDay, 60).Build(),
       RecordBuilder("a", "van", kNewYear, 60).Build()});
  EXPECT_THAT(LocationsOf("car"), ElementsAre("b", "a"));
  const StoredRecord later = RecordBuilder("a", "car", kNewYear + kDay + 60, 60).Build();
  Put({later});
  EXPECT_THAT(LocationsOf("car"), ElementsAre("a", "b"));
  Delete({later.id});
  EXPECT_THAT(LocationsOf("car"), ElementsAre("b", "a"));
  EXPECT_THAT(LocationsOf("bus"), IsEmpty());
}

TEST_P(RecordStoreConformance, Locations_AreThoseWithRecordsInOrderOfId) {
  std::vector<StoredRecord> records;
  for (int i = 9; i >= 0; --i) {
    records.push_back(RecordBuilder(absl::StrCat("l", i), i % 2 == 0 ? "" : "d", kNewYear + i * 60, 60).Build());
  }
  Put(records);
  Put({RecordBuilder("l3", "e", kNewYear, 60).Build()});
  EXPECT_THAT(*store().Locations(TestTenant(), "", 3), ElementsAre("l0", "l1", "l2"));
  EXPECT_THAT(*store().Locations(TestTenant(), "l2", 3), ElementsAre("l3", "l4", "l5"));
  EXPECT_THAT(*store().Locations(TestTenant(), "l85", 3), ElementsAre("l9"));
  Delete({records[9 - 4].id, records[9 - 3].id});
  EXPECT_THAT(*store().Locations(TestTenant(), "l2", 3), ElementsAre("l3", "l5", "l6")) << "l3 has another device";
  EXPECT_THAT(*store().Locations(TestTenant(), "", 100), SizeIs(9));
}

}  // namespace
}  // namespace costs::records::testing
