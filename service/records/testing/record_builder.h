// Records for tests of stores, priced by a rule that needs no tariff, and texts that
// tell all there is in what a store answers.
//
//   StoredRecord r = RecordBuilder("home", "car", kNewYear, 1800).Energy(KWh(2)).Session("s1").Build();
//   EXPECT_EQ(Describe(*stored), Describe(r));
#ifndef SERVICE_RECORDS_TESTING_RECORD_BUILDER_H_
#define SERVICE_RECORDS_TESTING_RECORD_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/records/record_store.h"
#include "service/records/stored_record.h"

namespace costs::records::testing {

inline constexpr int64_t kNewYear = 1'767'225'600;  // 2026-01-01T00:00:00Z
inline constexpr int64_t kHour = 3'600;
inline constexpr int64_t kDay = 86'400;
inline constexpr engine::Int128 kNanosPerWh = 1'000'000'000;

const Tenant& TestTenant();

engine::Int128 KWh(int64_t number);  // in nano-Wh

class RecordBuilder {
 public:
  RecordBuilder(absl::string_view location_id, absl::string_view device_id, int64_t start_s, int64_t seconds);

  // 500 Wh where it is not said. The cost is 200 micros and the carbon 150 mg a Wh,
  // rounded down, where those are not said.
  RecordBuilder& Energy(engine::Int128 nwh);
  RecordBuilder& Cost(engine::MoneyMicros micros, engine::Confidence confidence = engine::kCertain);
  RecordBuilder& Carbon(engine::CarbonMilligrams milligrams, engine::Confidence confidence = engine::kCertain);
  RecordBuilder& NoPrice();
  RecordBuilder& NoCarbon();
  RecordBuilder& Currency(absl::string_view code);
  RecordBuilder& Session(absl::string_view id);
  RecordBuilder& Reference(absl::string_view id);
  RecordBuilder& Export();
  RecordBuilder& Rate(engine::TariffRate rate);
  // By whose clock it has dates; UTC where it is not said.
  RecordBuilder& Zone(const absl::TimeZone& zone);
  RecordBuilder& TierWindowsEnd(int64_t second);
  RecordBuilder& CatalogVersion(uint64_t version);
  RecordBuilder& UsageBefore(double wh);
  RecordBuilder& Created(int64_t ns);
  // Moves both ends.
  RecordBuilder& Later(int64_t ns);

  StoredRecord Build(const Tenant& tenant = TestTenant()) const;

 private:
  StoredRecord record_;
  absl::TimeZone zone_ = absl::UTCTimeZone();
  bool own_cost_ = false;
  bool own_carbon_ = false;
};

// The dates that an interval touches by a clock, and what of an energy and a price
// lies on each; empty where that is one date. Sets first_day. What is split adds up.
void SplitByDate(const absl::TimeZone& zone, engine::Interval interval, Figures* figures);

calculator::RecordId IdOf(const Tenant& tenant, const RecordRequest& request);
RecordPosition PositionOf(const StoredRecord& record);

std::string Text(engine::Int128 number);
std::string Describe(const Figures& figures);
std::string Describe(const Revision& revision);
std::string Describe(const StoredRecord& record);
std::string Describe(const Total& total);
std::string Describe(const StaleRecords& stale);  // without the ticket
std::string Describe(const RegisterReading& reading);

std::vector<std::string> Describe(const std::vector<StoredRecord>& records);
std::vector<std::string> Describe(const std::vector<Revision>& revisions);
// Sorted: the order of totals of one day is the store's.
std::vector<std::string> Describe(const std::vector<DayTotal>& totals);
std::vector<std::string> Describe(const std::vector<Total>& totals);
std::vector<std::string> Describe(const std::vector<StaleRecords>& stale);

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_RECORD_BUILDER_H_
