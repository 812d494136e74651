#include "service/records/pending_record.h"

#include <gtest/gtest.h>

#include "service/calculator/record_id.h"

namespace costs::records {
namespace {

calculator::Submission SomeSubmission() {
  calculator::Submission submission;
  submission.location_id = "loc_000000000000000000000001";
  submission.device_id = "dev_000000000000000000000001";
  submission.session_reference_id = "charge 7";
  submission.record_reference_id = "record 1";
  submission.direction = engine::Direction::kExport;
  submission.units = engine::Units::kKwh;
  submission.value = 1.5;
  submission.start_time = calculator::WireTime{1'700'000'000, 0};
  submission.end_time = calculator::WireTime{1'700'001'800, 5};
  submission.usage_before_wh = 10;
  return submission;
}

TEST(PendingRecordTest, MakePending_PricedRecord_HoldsSubmissionAndFigures) {
  const absl::Time now = absl::FromUnixSeconds(1'700'003'000);
  const calculator::Submission submission = SomeSubmission();
  calculator::PricedRecord priced;
  priced.id.bytes[3] = 7;
  priced.direction = engine::Direction::kExport;
  priced.tariff_rate = engine::TariffRate::kExport;
  priced.currency_code = "GBP";
  priced.interval = {{1'700'000'000'000'000'000}, {1'700'001'800'000'000'005}};
  priced.energy_wh = 1500;
  priced.tariff = calculator::TariffFigure{123, 800};
  priced.storage.first_day = 19675;

  const PendingRecord pending = MakePending(now, submission, priced, 42);

  EXPECT_EQ(pending.price, nullptr);
  EXPECT_EQ(pending.record.id.bytes, priced.id.bytes);
  EXPECT_EQ(pending.record.created_ns, absl::ToUnixNanos(now));
  EXPECT_EQ(pending.record.request.tariff_rate, engine::TariffRate::kExport);
  EXPECT_EQ(pending.record.request.session_reference_id, "charge 7");
  EXPECT_EQ(pending.record.request.record_reference_id, "record 1");
  EXPECT_EQ(pending.record.request.usage_before_wh, 10);
  EXPECT_EQ(pending.record.revision.cause, RevisionCause::kSubmitted);
  EXPECT_EQ(pending.record.revision.catalog_version, 42u);
  EXPECT_TRUE(SameFigures(pending.record.revision.figures, FiguresOf(priced)));
}

TEST(PendingRecordTest, MakeUnpriced_ValidSubmission_HasIdAndResolvedDefaults) {
  const Tenant tenant{"acc_1", true};
  const std::optional<PendingRecord> pending = MakeUnpriced(tenant, absl::UnixEpoch(), SomeSubmission());

  ASSERT_TRUE(pending);
  const engine::Interval interval{{1'700'000'000'000'000'000}, {1'700'001'800'000'000'005}};
  const calculator::RecordId id =
      calculator::IdOf({"acc_1", true, "loc_000000000000000000000001", "dev_000000000000000000000001",
                        engine::Direction::kExport, engine::TariffRate::kExport, interval});
  EXPECT_EQ(pending->record.id.bytes, id.bytes);
  EXPECT_TRUE(pending->record.request.interval == interval);
  EXPECT_EQ(pending->record.request.tariff_rate, engine::TariffRate::kExport);
  EXPECT_EQ(pending->record.request.confidence, 1);
}

TEST(PendingRecordTest, MakeUnpriced_InvalidSubmission_Nothing) {
  calculator::Submission submission = SomeSubmission();
  submission.end_time = submission.start_time;
  EXPECT_FALSE(MakeUnpriced({"acc_1", true}, absl::UnixEpoch(), submission));
}

}  // namespace
}  // namespace costs::records
