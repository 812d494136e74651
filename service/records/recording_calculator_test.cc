#include "service/records/recording_calculator.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "service/calculator/local_calculator.h"
#include "service/calculator/record_id.h"
#include "service/calculator/testing/calculations.h"
#include "service/catalog/refusal.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/records/testing/recorded_meters.h"

namespace costs::records {
namespace {

using calculator::Options;
using calculator::Outcome;
using calculator::Submission;
using calculator::testing::Answers;
using calculator::testing::Call;
using calculator::testing::kLocation;
using calculator::testing::OneLocation;
using calculator::testing::Submit;
using engine::testing::Flat;
using engine::testing::Tiered;
using ::testing::HasSubstr;
using testing::RecordedMeters;

std::string Hour(int hour) {
  return absl::StrCat("2023-06-", 10 + hour / 24, "T", hour % 24 < 10 ? "0" : "", hour % 24, ":00:00Z");
}

// One kWh in that hour of the tenth of June.
class Hours {
 public:
  explicit Hours(int count) {
    for (int i = 0; i <= count; ++i) times_.push_back(Hour(i));
    for (int i = 0; i < count; ++i) submissions.push_back(Submit(1, times_[i], times_[i + 1]));
  }
  std::vector<Submission> submissions;

 private:
  std::vector<std::string> times_;
};

int64_t Micros(const Outcome& outcome) {
  EXPECT_TRUE(outcome.ok()) << calculator::testing::Describe(outcome);
  return outcome.ok() && outcome.record.tariff ? static_cast<int64_t>(outcome.record.tariff->micros) : -1;
}

// 0.1 for the first 3 kWh of a month, then 0.3.
catalog::CatalogContent ThreeKwhOfLowTier() { return OneLocation({Tiered({{"0.1", "3"}, {"0.3", ""}})}); }

// The figures that are stored, in the order of time.
std::vector<std::optional<int64_t>> Stored(RecordedMeters* meters) {
  std::vector<std::optional<int64_t>> micros;
  RecordFilter filter;
  filter.location_id = std::string(kLocation);
  const auto records = meters->store()->List(meters->tenant(), filter, std::nullopt, false, 1'000);
  EXPECT_TRUE(records.ok()) << records.status();
  for (const StoredRecord& record : records.value_or(std::vector<StoredRecord>())) {
    const auto& tariff = record.revision.figures.tariff;
    micros.push_back(tariff ? std::optional<int64_t>(static_cast<int64_t>(tariff->micros)) : std::nullopt);
  }
  return micros;
}

using Figures = std::vector<std::optional<int64_t>>;

TEST(RecordingCalculator, Batch_IsStoredWhenItIsAnswered) {
  RecordedMeters meters(OneLocation({Flat("0.2")}));
  const Hours hours(3);
  const Answers answers = Call(meters.calculator(), hours.submissions);
  for (const Outcome& outcome : answers.outcomes) {
    EXPECT_EQ(Micros(outcome), 200'000);
    const auto stored = meters.store()->Get(meters.tenant(), outcome.record.id);
    ASSERT_TRUE(stored.ok() && *stored);
    EXPECT_TRUE((*stored)->revision.figures.tariff->micros == 200'000);
    EXPECT_EQ((*stored)->revision.catalog_version, meters.snapshots().Get()->version());
  }
}

TEST(RecordingCalculator, Simulations_AreNotStored) {
  RecordedMeters meters(OneLocation({Flat("0.2")}));
  Hours hours(3);
  hours.submissions[1].non_persistent = true;
  EXPECT_EQ(Micros(Call(meters.calculator(), hours.submissions).outcomes[1]), 200'000);
  EXPECT_EQ(Stored(&meters), (Figures{200'000, 200'000}));
  Options simulated;
  simulated.non_persistent = true;
  EXPECT_EQ(Micros(Call(meters.calculator(), Hours(9).submissions, simulated).outcomes[8]), 200'000);
  EXPECT_EQ(Stored(&meters).size(), 2u);
}

TEST(RecordingCalculator, RecordAtFault_IsNotStoredAndFailsNoOther) {
  RecordedMeters meters(OneLocation({Flat("0.2")}));
  Hours hours(3);
  hours.submissions[0].location_id = "loc_nowhere";
  hours.submissions[2].value.reset();
  const Answers answers = Call(meters.calculator(), hours.submissions);
  EXPECT_EQ(answers.outcomes[0].failure->reason, "LOCATION_NOT_FOUND");
  EXPECT_EQ(Micros(answers.outcomes[1]), 200'000);
  EXPECT_EQ(answers.outcomes[2].failure->reason, "INVALID_FIELD");
  EXPECT_EQ(Stored(&meters).size(), 1u);
}

TEST(RecordingCalculator, LessAskedFor_StoresAllTheSame) {
  for (const bool tiers : {false, true}) {
    RecordedMeters meters(tiers ? ThreeKwhOfLowTier() : OneLocation({Flat("0.1")}));
    Options options;
    options.include_tariff = false;
    const Answers answers = Call(meters.calculator(), Hours(2).submissions, options);
    ASSERT_TRUE(answers.outcomes[0].ok());
    EXPECT_FALSE(answers.outcomes[0].record.tariff.has_value());
    EXPECT_EQ(Stored(&meters), (Figures{100'000, 100'000}));
  }
}

TEST(RecordingCalculator, WithoutAPrice_IsStoredOnlyWhereNoneIsAskedFor) {
  RecordedMeters meters(OneLocation({}));
  EXPECT_EQ(Call(meters.calculator(), Hours(1).submissions).outcomes[0].failure->reason, "NO_TARIFF_CONNECTED");
  EXPECT_EQ(Stored(&meters).size(), 0u);
  Options options;
  options.include_tariff = false;
  EXPECT_TRUE(Call(meters.calculator(), Hours(1).submissions, options).outcomes[0].ok());
  EXPECT_EQ(Stored(&meters), (Figures{std::nullopt}));
}

TEST(RecordingCalculator, Tiers_AreTheSameOneByOneAndInOneBatch) {
  const Hours hours(6);
  const Figures expected = {100'000, 100'000, 100'000, 300'000, 300'000, 300'000};
  RecordedMeters together(ThreeKwhOfLowTier()), apart(ThreeKwhOfLowTier());
  const Answers answers = Call(together.calculator(), hours.submissions);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(Micros(answers.outcomes[i]), *expected[i]);
    EXPECT_EQ(Micros(Call(apart.calculator(), {hours.submissions[i]}).outcomes[0]), *expected[i]);
  }
  EXPECT_EQ(Stored(&together), expected);
  EXPECT_EQ(Stored(&apart), expected);
  // Again, which counts no usage twice.
  EXPECT_EQ(Micros(Call(together.calculator(), hours.submissions).outcomes[2]), 100'000);
  EXPECT_EQ(Stored(&together), expected);
}

TEST(RecordingCalculator, SimulationWithTiers_KnowsWhatIsStored) {
  RecordedMeters meters(ThreeKwhOfLowTier());
  const Hours hours(5);
  Options simulated;
  simulated.non_persistent = true;
  EXPECT_EQ(Micros(Call(meters.calculator(), {hours.submissions[4]}, simulated).outcomes[0]), 100'000);
  meters.Store({hours.submissions.begin(), hours.submissions.begin() + 4});
  EXPECT_EQ(Micros(Call(meters.calculator(), {hours.submissions[4]}, simulated).outcomes[0]), 300'000);
  EXPECT_EQ(Stored(&meters).size(), 4u);
  // Both kinds in one batch.
  Hours mixed(5);
  mixed.submissions[4].non_persistent = true;
  EXPECT_EQ(Micros(Call(meters.calculator(), mixed.submissions).outcomes[4]), 300'000);
}

TEST(RecordingCalculator, UsageThatTheCallerTells_Rules) {
  RecordedMeters meters(ThreeKwhOfLowTier());
  Hours hours(1);
  hours.submissions[0].usage_before_wh = 3'000;
  EXPECT_EQ(Micros(Call(meters.calculator(), hours.submissions).outcomes[0]), 300'000);
  EXPECT_EQ(Stored(&meters), (Figures{300'000}));
}

// Passes reading on, and refuses writes with a status.
class RefusingStore final : public RecordStore {
 public:
  RefusingStore(RecordStore* child, absl::Status status) : child_(child), status_(std::move(status)) {}

  void Submit(std::unique_ptr<Write> write) override {
    ++submitted;
    records += write->records.size();
    // As a store refuses the one record that has another's id.
    const bool whole = status_.code() != absl::StatusCode::kAlreadyExists;
    for (const PendingRecord& pending : write->records) {
      if (whole || pending.record.id.bytes == refused.bytes) return write->done(status_);
    }
    child_->Submit(std::move(write));
  }

  absl::StatusOr<std::optional<StoredRecord>> Get(const Tenant& t, const calculator::RecordId& id) override {
    return child_->Get(t, id);
  }
  absl::StatusOr<std::vector<StoredRecord>> List(const Tenant& t, const RecordFilter& f,
                                                 const std::optional<RecordPosition>& after, bool newest,
                                                 int limit) override {
    return child_->List(t, f, after, newest, limit);
  }
  absl::StatusOr<std::vector<Revision>> Revisions(const Tenant& t, const calculator::RecordId& id,
                                                  std::optional<int32_t> below, int limit) override {
    return child_->Revisions(t, id, below, limit);
  }
  absl::StatusOr<std::vector<DayTotal>> DayTotals(const Tenant& t, const Thing& thing, engine::Direction d,
                                                  int32_t first, int32_t last) override {
    return child_->DayTotals(t, thing, d, first, last);
  }
  absl::StatusOr<SessionTotals> TotalsOfSession(const Tenant& t, absl::string_view session,
                                                engine::Direction d) override {
    return child_->TotalsOfSession(t, session, d);
  }
  absl::StatusOr<std::vector<std::string>> LocationsOf(const Tenant& t, absl::string_view device) override {
    return child_->LocationsOf(t, device);
  }
  absl::StatusOr<std::optional<std::string>> BatchDocument(const Tenant& t, absl::string_view id) override {
    return child_->BatchDocument(t, id);
  }
  absl::StatusOr<std::vector<RegisterReading>> Readings(const Tenant& t, const Register& of, int64_t first,
                                                        int64_t last) override {
    return child_->Readings(t, of, first, last);
  }
  const calculator::UsageSource& usage() const override { return child_->usage(); }
  absl::StatusOr<std::vector<std::string>> Locations(const Tenant& t, absl::string_view after, int limit) override {
    return child_->Locations(t, after, limit);
  }
  absl::Status Barrier() override { return child_->Barrier(); }
  absl::Status MarkStale(const Tenant& t, absl::Span<const StaleRecords> stale,
                         std::optional<uint64_t> version) override {
    return child_->MarkStale(t, stale, version);
  }
  absl::StatusOr<std::vector<StaleRecords>> Stale(const Tenant& t, int limit) override {
    return child_->Stale(t, limit);
  }
  absl::StatusOr<StaleCount> CountStale(const Tenant& t) override { return child_->CountStale(t); }
  absl::Status ClearStale(const Tenant& t, const StaleRecords& stale) override { return child_->ClearStale(t, stale); }
  absl::StatusOr<std::vector<StoredRecord>> ListToReprice(const Tenant& t, absl::string_view location,
                                                          engine::Interval interval,
                                                          const std::optional<RecordPosition>& after,
                                                          int limit) override {
    return child_->ListToReprice(t, location, interval, after, limit);
  }
  absl::Status Reprice(const Tenant& t, absl::Span<const StoredRecord> r) override { return child_->Reprice(t, r); }
  absl::StatusOr<bool> MayReprice(const Tenant& t) override { return child_->MayReprice(t); }
  Counters counters() const override { return child_->counters(); }

  int submitted = 0;
  size_t records = 0;
  calculator::RecordId refused;

 private:
  RecordStore* const child_;
  const absl::Status status_;
};

class RefusedWrites : public ::testing::Test {
 protected:
  Answers CallOver(RefusingStore* store, const std::vector<Submission>& submissions) {
    calculator::LocalCalculator child(&meters_.snapshots(), calculator::testing::FixedClock(), {}, &DeferringUsage());
    RecordingCalculator recording(
        {&child, store,
         [this](calculator::Batch* batch, const calculator::UsageSource& usage) { meters_.Price(batch, usage); },
         meters_.blocking()});
    return Call(&recording, submissions);
  }

  RecordedMeters meters_{OneLocation({Flat("0.2")})};
};

TEST_F(RefusedWrites, StoreThatCannotBeUsed_FailsWhatItWasToStoreWithARetry) {
  RefusingStore store(meters_.store(), catalog::WithRetryAfter(catalog::Refuse(absl::StatusCode::kUnavailable,
                                                                               "STORE_UNAVAILABLE", "later"),
                                                               absl::Seconds(1)));
  Hours hours(3);
  hours.submissions[1].non_persistent = true;
  const Answers answers = CallOver(&store, hours.submissions);
  for (size_t i : {0, 2}) {
    ASSERT_FALSE(answers.outcomes[i].ok());
    EXPECT_EQ(answers.outcomes[i].failure->code, absl::StatusCode::kUnavailable);
    EXPECT_EQ(answers.outcomes[i].failure->reason, "STORE_UNAVAILABLE");
    EXPECT_EQ(answers.outcomes[i].failure->message, "later");
    EXPECT_EQ(*answers.outcomes[i].failure->retry_after, absl::Seconds(1));
  }
  EXPECT_EQ(Micros(answers.outcomes[1]), 200'000);
}

TEST_F(RefusedWrites, ErrorThatIsNoRefusal_IsNotTold) {
  RefusingStore store(meters_.store(), absl::InternalError("SELECT secret FROM /var/lib"));
  const Answers answers = CallOver(&store, Hours(1).submissions);
  EXPECT_EQ(answers.outcomes[0].failure->code, absl::StatusCode::kInternal);
  EXPECT_THAT(answers.outcomes[0].failure->message, ::testing::Not(HasSubstr("secret")));
}

TEST_F(RefusedWrites, IdThatAnotherRecordHas_FailsThatRecordAlone) {
  RefusingStore store(meters_.store(), catalog::Refuse(absl::StatusCode::kAlreadyExists, "RECORD_ID_TAKEN", "taken"));
  const Hours hours(9);
  Options simulated;
  simulated.non_persistent = true;
  store.refused = Call(meters_.calculator(), {hours.submissions[5]}, simulated).outcomes[0].record.id;
  const Answers answers = CallOver(&store, hours.submissions);
  for (size_t i = 0; i < 9; ++i) {
    SCOPED_TRACE(i);
    if (i == 5) {
      EXPECT_EQ(answers.outcomes[i].failure->reason, "RECORD_ID_TAKEN");
    } else {
      EXPECT_EQ(Micros(answers.outcomes[i]), 200'000);
    }
  }
  EXPECT_EQ(Stored(&meters_).size(), 8u);
}

}  // namespace
}  // namespace costs::records
