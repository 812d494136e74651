#include "service/calculator/record_id.h"

#include <functional>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace costs::calculator {
namespace {

using engine::Direction;
using engine::TariffRate;

// The documentation's record.
RecordKey Key() {
  RecordKey key;
  key.account_id = "acc_641b90b758fb8e6293716e40";
  key.live_mode = true;
  key.location_id = "loc_641b90b758fb8e6293716e40";
  key.interval = {engine::Instant::FromSeconds(1'643'711'400), engine::Instant::FromSeconds(1'643'713'200)};
  return key;
}

RecordKey With(const std::function<void(RecordKey*)>& change) {
  RecordKey key = Key();
  change(&key);
  return key;
}

// Ids are for ever: stored records are found by them. Worked out with another
// implementation of XXH3 (64 bits): four bytes each, big-endian, of
//   the upper half of the hash of length, account_id, length, device_id or
//   location_id, and live_mode | has device << 1;
//   the second of the start;
//   the upper half of the hash, with the first hash as its seed, of start and end in
//   ns and direction | tariff_rate << 8;
// each hashed number in 8 bytes, little-endian.
TEST(RecordId, KnownRecords_KeepTheirIds) {
  const std::string account(600, 'a');
  const std::string location(64, 'l');
  struct {
    RecordKey key;
    const char* id;
  } const cases[] = {
      {Key(), "mre_73eb16cb61f90ba81fc52819"},
      {With([](RecordKey* k) { k->live_mode = false; }), "mre_58ae496b61f90ba8f7a99fdd"},
      {With([](RecordKey* k) { k->device_id = "dev_1"; }), "mre_349657de61f90ba87ab979a7"},
      {With([](RecordKey* k) { k->direction = Direction::kExport, k->tariff_rate = TariffRate::kLocal; }),
       "mre_73eb16cb61f90ba8c93dd65e"},
      {With([](RecordKey* k) {
         k->account_id = "";
         k->live_mode = false;
         k->location_id = "l";
         k->interval = {{0}, {1}};
       }),
       "mre_6702426e00000000529de174"},
      // More than the hash's buffer on the stack holds.
      {With([&](RecordKey* k) { k->account_id = account, k->location_id = location; }), "mre_b9a36ba961f90ba8f19cfade"},
  };
  for (const auto& c : cases) EXPECT_EQ(FormatRecordId(IdOf(c.key)), c.id);
}

TEST(RecordId, EachPartOfTheKey_MakesAnotherId) {
  const std::vector<std::function<void(RecordKey*)>> changes = {
      [](RecordKey*) {},
      [](RecordKey* k) { k->account_id = "acc_641b90b758fb8e6293716e41"; },
      [](RecordKey* k) { k->account_id = ""; },
      [](RecordKey* k) { k->live_mode = false; },
      [](RecordKey* k) { k->location_id = "loc_641b90b758fb8e6293716e41"; },
      [](RecordKey* k) { k->device_id = "dev_1"; },
      // The same text as the location's is still another thing.
      [](RecordKey* k) { k->device_id = k->location_id; },
      [](RecordKey* k) { k->direction = Direction::kExport; },
      [](RecordKey* k) { k->tariff_rate = TariffRate::kExport; },
      [](RecordKey* k) { k->tariff_rate = TariffRate::kLocal; },
      [](RecordKey* k) { k->direction = Direction::kExport, k->tariff_rate = TariffRate::kExport; },
      [](RecordKey* k) { k->interval.start.ns += 1; },
      [](RecordKey* k) { k->interval.end.ns += 1; },
      [](RecordKey* k) { k->interval.start.ns += 1, k->interval.end.ns -= 1; },
      // Text that moves from one field to its neighbour.
      [](RecordKey* k) {
        k->account_id = "acc_641b90b758fb8e6293716e40l", k->location_id = "oc_641b90b758fb8e6293716e40";
      },
  };
  std::set<std::string> ids;
  for (const auto& change : changes) ids.insert(FormatRecordId(IdOf(With(change))));
  EXPECT_EQ(ids.size(), changes.size());
}

TEST(RecordId, DevicesRecord_IsTheSameAtAnyLocation) {
  const RecordKey here = With([](RecordKey* k) { k->device_id = "dev_1"; });
  const RecordKey there = With([](RecordKey* k) { k->device_id = "dev_1", k->location_id = "loc_2"; });
  EXPECT_EQ(FormatRecordId(IdOf(here)), FormatRecordId(IdOf(there)));
}

TEST(RecordId, ManyKeys_DoNotCollide) {
  std::set<std::string> ids;
  RecordKey key = Key();
  for (int i = 0; i < 20'000; ++i) {
    key.interval.start.ns += 1'000;
    ids.insert(FormatRecordId(IdOf(key)));
  }
  EXPECT_EQ(ids.size(), 20'000u);
}

TEST(RecordId, IdsOfAThing_AreInTheOrderOfTheirStarts) {
  RecordKey key = Key();
  std::string before;
  for (int i = 0; i < 1'000; ++i) {
    key.interval.start.ns += engine::kNanosPerSecond;
    const std::string id = FormatRecordId(IdOf(key));
    EXPECT_LT(before, id);
    const uint32_t second = static_cast<uint32_t>(key.interval.start.ns / engine::kNanosPerSecond);
    EXPECT_LE(FormatRecordId(FirstIdFrom(key, second)), id);
    EXPECT_GT(FormatRecordId(FirstIdFrom(key, second + 1)), id);
    before = id;
  }
}

TEST(FormatRecordId, Bytes_AreLowerCaseHexadecimal) {
  RecordId id;
  id.bytes = {0x00, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0xff, 0x10, 0x0f};
  EXPECT_EQ(FormatRecordId(id), "mre_000123456789abcdefff100f");
  EXPECT_EQ(FormatRecordId(id).size(), kRecordIdLength);
  std::string around(kRecordIdLength + 2, '#');
  WriteRecordId(id, &around[1]);
  EXPECT_EQ(around, "#mre_000123456789abcdefff100f#");
}

}  // namespace
}  // namespace costs::calculator
