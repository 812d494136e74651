// A year of records of many locations after one tariff's change: priced again, each
// equals pricing it afresh.
//
// In short here; in full, 1,000 locations half-hourly, with --test_output=all by
//   bazel test --config=opt --test_env=COSTS_REPRICE_FULL=1 --test_timeout=7200 //service/records:repricer_volume_test
#include <cstdlib>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/records/testing/local_stores.h"
#include "service/records/testing/metered_places.h"
#include "service/records/testing/record_builder.h"

namespace costs::records {
namespace {

using engine::testing::Build;
using engine::testing::ElementSpec;
using engine::testing::Fixed;
using testing::kDay;
using testing::kNewYear;
using testing::MeteredPlaces;

struct Size {
  int locations;
  int64_t seconds;  // of a record
};

Size Wanted() {
  const char* full = std::getenv("COSTS_REPRICE_FULL");
  return full != nullptr && *full != '\0' ? Size{1'000, 1'800} : Size{40, 4 * 3'600};
}

ElementSpec DayAndNight(const char* day) {
  ElementSpec spec;
  spec.seasons = engine::testing::EveryDay({{0, Fixed("0.09")}, {7, Fixed(day)}, {23.5, Fixed("0.09")}});
  return spec;
}

// Every fourth location has a levy with tiers beside the tariff that changes.
catalog::CatalogContent Content(int locations) {
  catalog::CatalogContent content;
  ElementSpec levy = engine::testing::Tiered({{"0.01", "300"}, {"0.02", ""}});
  levy.id = "levy";
  content.elements = {Build(DayAndNight("0.28")), Build(levy)};
  for (int i = 0; i < locations; ++i) {
    catalog::LocationSpec& spec = content.locations.emplace_back();
    spec = {absl::StrCat("loc-", i), "Europe/London", "GBP", "", {"element"}};
    if (i % 4 == 0) spec.tariff_elements.push_back("levy");
  }
  return content;
}

TEST(RepricerVolume, YearAfterATariffsChange_EqualsPricingAfresh) {
  const Size size = Wanted();
  MeteredPlaces places(testing::SqliteFile().make(), Content(size.locations));
  places.StartRepricer();
  places.WaitUntilIdle();
  int64_t records = 0;
  for (int i = 0; i < size.locations; ++i) {
    std::vector<RecordRequest> batch;
    for (int64_t at = 0; at < 365 * kDay; at += size.seconds) {
      const double kwh = static_cast<double>((at / size.seconds * 37 + i * 11) % 5'000) / 1e3 + 0.001;
      batch.push_back(testing::Request(absl::StrCat("loc-", i), "", kNewYear + at, size.seconds, kwh));
      ++records;
      if (batch.size() == 2'000 || at + size.seconds >= 365 * kDay) {
        places.Put(batch);
        batch.clear();
      }
    }
  }
  ASSERT_EQ(places.store().repriced, 0) << "records in the order of time are right at once";

  const absl::Time begin = absl::Now();
  catalog::CatalogChange change;
  change.elements = {Build(DayAndNight("0.31"))};
  places.Change(change);
  places.WaitUntilIdle();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  std::cout << records << " records of " << size.locations << " locations looked at and "
            << places.store().repriced.load() << " of them re-priced in " << seconds << " s, "
            << static_cast<double>(records) / seconds << " records a second\n";
  // All but those of the night.
  EXPECT_GT(places.store().repriced, records / 2);
  EXPECT_LE(places.store().repriced, records);
  places.ExpectPricedAfresh();
}

}  // namespace
}  // namespace costs::records
