#include "service/calculator/local_calculator.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"
#include "service/calculator/validation.h"
#include "service/catalog/snapshot.h"
#include "service/engine/breakdown.h"
#include "service/engine/day_split.h"
#include "service/engine/pricing.h"
#include "service/engine/tier_window.h"
#include "service/engine/tiered_pricing.h"

namespace costs::calculator {
namespace {

using engine::TariffRate;
using engine::Timeline;

// Between two looks at the deadline and the cancellation.
constexpr size_t kRecordsPerCheck = 256;

constexpr const char* kRateNames[] = {"UNSPECIFIED", "IMPORT", "EXPORT", "LOCAL"};

std::string TimeText(engine::Instant at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(at.ns), absl::UTCTimeZone());
}

std::unique_ptr<const Failure> Fail(absl::StatusCode code, std::string reason, std::string message,
                                    std::vector<Violation> violations = {}) {
  auto failure = std::make_unique<Failure>();
  failure->code = code;
  failure->reason = std::move(reason);
  failure->message = std::move(message);
  failure->violations = std::move(violations);
  return failure;
}

std::unique_ptr<const Failure> Invalid(std::vector<Violation> violations) {
  std::string message = "the request is invalid";
  for (size_t i = 0; i < violations.size(); ++i) {
    absl::StrAppend(&message, i == 0 ? ": " : "; ", violations[i].field, " ", violations[i].description);
  }
  return Fail(absl::StatusCode::kInvalidArgument, "INVALID_FIELD", std::move(message), std::move(violations));
}

std::unique_ptr<const Failure> CatalogNotOpen() {
  auto failure = std::make_unique<Failure>();
  failure->code = absl::StatusCode::kUnavailable;
  failure->reason = "STORE_UNAVAILABLE";
  failure->message = "the account's catalog is not at hand; try again in a second";
  failure->retry_after = absl::Seconds(1);
  return failure;
}

// Null while the answer is still wanted.
std::unique_ptr<const Failure> Unwanted(const Caller& caller, absl::Time now) {
  if (caller.cancelled && caller.cancelled()) {
    return Fail(absl::StatusCode::kCancelled, "CANCELLED", "the caller cancelled the call");
  }
  if (now >= caller.deadline) {
    return Fail(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                "the call's deadline passed before this record was priced; allow more time or send fewer records");
  }
  return nullptr;
}

// Prices the records of one batch on one snapshot.
class Pricer {
 public:
  Pricer(const catalog::Snapshot& snapshot, const Batch& batch, const LocalCalculator::Limits& limits,
         const UsageSource* usage)
      : snapshot_(snapshot), batch_(batch), limits_(limits), usage_(usage) {}

  void Price(const Submission& submission, Outcome* outcome) {
    outcome->failure.reset();
    PricedRecord& record = outcome->record;
    record.tariff.reset();
    record.carbon.reset();
    record.breakdown.clear();
    record.source = Source::kNotSaid;
    ValidRecord valid;
    violations_.clear();
    const bool ok = Validate(submission, &valid, &violations_);
    if (batch_.options.include_breakdown && batch_.submissions.size() > limits_.breakdown_records) {
      violations_.push_back(
          {"include_breakdown",
           absl::StrCat("is allowed in calls of at most ", limits_.breakdown_records, " records; send fewer"),
           /*of_call=*/true});
    }
    if (!ok || !violations_.empty()) {
      outcome->failure = Invalid(std::move(violations_));
      return;
    }
    const catalog::Location* location = Find(submission.location_id);
    if (location == nullptr) {
      outcome->failure =
          Fail(absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
               absl::StrCat("there is no location '", submission.location_id, "' in this account; check location_id"));
      return;
    }
    usage_before_.clear();
    if (batch_.options.include_tariff) outcome->failure = PriceTariff(valid, *location, &record);
    if (outcome->failure != nullptr && !MayBeUnpriced(*outcome->failure)) return;
    outcome->failure.reset();
    if (batch_.options.include_carbon) PriceCarbon(valid, *location, &record);
    if (batch_.options.include_breakdown) outcome->failure = Explain(valid, *location, &record);
    if (outcome->failure != nullptr) return;

    record.direction = valid.direction;
    record.tariff_rate = valid.tariff_rate;
    record.confidence = valid.confidence;
    record.non_persistent = batch_.options.non_persistent || submission.non_persistent;
    record.currency_code = location->currency_code;
    record.interval = valid.usage.interval;
    record.energy_wh = engine::EnergyWh(valid.usage);
    if (batch_.options.for_storage) FillStorage(valid, *location, &record);
    record.id = IdOf({batch_.caller.account_id, batch_.caller.live_mode, submission.location_id, submission.device_id,
                      valid.direction, valid.tariff_rate, valid.usage.interval});
  }

 private:
  // Neighbours in a batch are often of the same location.
  const catalog::Location* Find(absl::string_view id) {
    if (last_ == nullptr || last_id_ != id) {
      last_ = snapshot_.FindLocation(id);
      last_id_ = id;
    }
    return last_;
  }

  bool MayBeUnpriced(const Failure& failure) const {
    return batch_.options.keep_unpriced && failure.code == absl::StatusCode::kFailedPrecondition;
  }

  std::unique_ptr<const Failure> PriceTariff(const ValidRecord& valid, const catalog::Location& location,
                                             PricedRecord* record) {
    const engine::PriceTimeline* prices = location.PricesFor(valid.tariff_rate);
    if (prices == nullptr) {
      // Local generation costs nothing unless the location says otherwise.
      if (valid.tariff_rate == TariffRate::kLocal) {
        record->tariff.emplace();
        return nullptr;
      }
      const char* rate = kRateNames[static_cast<int>(valid.tariff_rate)];
      return Fail(absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED",
                  absl::StrCat("location ", last_id_, " has no tariff element for ", rate,
                               "; connect one, or ask with include_tariff=false"));
    }
    if (ABSL_PREDICT_FALSE(prices->tiered())) return PriceTiers(valid, *prices, record);
    const Timeline& timeline = prices->timeline();
    const Timeline::Integral integral = timeline.Integrate(valid.usage.interval);
    if (!integral.known) return NoPrice(valid, integral.gap);
    record->tariff.emplace(
        TariffFigure{engine::Cost(valid.usage, integral.area, timeline.scale()), integral.confidence});
    return nullptr;
  }

  ABSL_ATTRIBUTE_NOINLINE std::unique_ptr<const Failure> NoPrice(const ValidRecord& valid, engine::Instant gap) const {
    return Fail(absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
                absl::StrCat("location ", last_id_, " has no ", kRateNames[static_cast<int>(valid.tariff_rate)],
                             " price from ", TimeText(gap), "; add it, or ask with include_tariff=false"));
  }

  ABSL_ATTRIBUTE_NOINLINE std::unique_ptr<const Failure> PriceTiers(const ValidRecord& valid,
                                                                    const engine::PriceTimeline& prices,
                                                                    PricedRecord* record) {
    if (std::unique_ptr<const Failure> failure = FindUsageBefore(valid, prices)) return failure;
    const engine::TieredCost cost = engine::CostWithTiers(valid.usage, prices, usage_before_);
    if (!cost.known) return NoPrice(valid, cost.gap);
    record->tariff.emplace(TariffFigure{cost.cost, cost.confidence});
    return nullptr;
  }

  // Sets usage_before_: what the caller says counts, then what is known of the
  // location. Records of the batch itself are not counted: the answers do not
  // depend on how records are batched.
  std::unique_ptr<const Failure> FindUsageBefore(const ValidRecord& valid, const engine::PriceTimeline& prices) {
    usage_before_.clear();
    if (valid.usage_before_nwh) {
      if (prices.windows().size() > 1) {
        return Invalid({{"usage_before_wh",
                         "cannot be one number here: the location's tariff elements count usage over several windows; "
                         "leave it out"}});
      }
      usage_before_.push_back(*valid.usage_before_nwh);
      return nullptr;
    }
    if (usage_ == nullptr) return nullptr;
    const engine::Instant start = valid.usage.interval.start;
    for (const engine::TierWindow& window : prices.windows()) {
      const engine::Interval before{engine::WindowAt(window, prices.zone(), start).interval.start, start};
      engine::Int128& used = usage_before_.emplace_back(0);
      if (before.nanos() == 0) continue;
      const absl::StatusOr<engine::Int128> known =
          usage_->UsageWithin(batch_.caller, last_id_, prices.zone(), valid.tariff_rate, before);
      if (!known.ok()) {
        return Fail(known.status().code(), "USAGE_UNKNOWN",
                    absl::StrCat("what location ", last_id_, " used before the record cannot be told: ",
                                 known.status().message(), "; try again, or give usage_before_wh"));
      }
      used = *known;
    }
    return nullptr;
  }

  static void PriceCarbon(const ValidRecord& valid, const catalog::Location& location, PricedRecord* record) {
    if (valid.tariff_rate == TariffRate::kLocal) {
      record->carbon.emplace();
      return;
    }
    if (location.carbon == nullptr) return;
    const Timeline& timeline = location.carbon->timeline();
    const Timeline::Integral integral = timeline.Integrate(valid.usage.interval);
    // Unknown is not zero: a gap leaves the figure out.
    if (!integral.known) return;
    record->carbon.emplace(
        CarbonFigure{engine::Carbon(valid.usage, integral.area, timeline.scale()), integral.confidence});
  }

  std::unique_ptr<const Failure> Explain(const ValidRecord& valid, const catalog::Location& location,
                                         PricedRecord* record) const {
    const bool local = valid.tariff_rate == TariffRate::kLocal;
    const engine::PriceTimeline* prices = record->tariff ? location.PricesFor(valid.tariff_rate) : nullptr;
    const engine::CarbonTimeline* carbon = batch_.options.include_carbon && !local ? location.carbon : nullptr;
    const bool tiered = prices != nullptr && prices->tiered();
    std::vector<engine::BreakdownSegment> segments =
        engine::BreakDown(valid.usage, prices, carbon, limits_.breakdown_segments,
                          tiered ? engine::UsageBefore(usage_before_) : engine::UsageBefore());
    if (segments.empty()) {
      return Invalid({{"include_breakdown",
                       absl::StrCat("would need more than ", limits_.breakdown_segments,
                                    " segments for this record; ask for a shorter period"),
                       /*of_call=*/true}});
    }
    for (engine::BreakdownSegment& segment : segments) {
      Segment& out = record->breakdown.emplace_back();
      out.interval = segment.interval;
      out.energy_wh = segment.energy_wh;
      out.cost = segment.cost;
      out.intensity = segment.intensity;
      out.carbon = segment.carbon;
      if (local && record->tariff && !out.cost) out.cost = 0;
      if (local && record->carbon) out.carbon = 0;
      for (const engine::ElementShare& share : segment.shares) {
        out.rates.push_back({prices->elements()[share.element]->id, share.rate, share.confidence});
      }
    }
    return nullptr;
  }

  void FillStorage(const ValidRecord& valid, const catalog::Location& location, PricedRecord* record) {
    StorageFigures& storage = record->storage;
    const engine::PriceTimeline* prices = location.PricesFor(valid.tariff_rate);
    storage.energy_nwh = engine::EnergyNanoWh(valid.usage);
    storage.tiered = prices != nullptr && prices->tiered();
    if (storage.tiered) storage.tier_windows_end = TierWindowsEnd(valid, *prices);
    storage.days.clear();
    // Neighbours in a batch are often of the same date.
    if (day_zone_ != &location.zone || valid.usage.interval.start < day_.interval.start ||
        day_.interval.end <= valid.usage.interval.start) {
      day_ = engine::LocalDayAt(location.zone, valid.usage.interval.start);
      day_zone_ = &location.zone;
    }
    storage.first_day = day_.day;
    if (day_.interval.end < valid.usage.interval.end) SplitByDay(valid, location, record);
  }

  static engine::Instant TierWindowsEnd(const ValidRecord& valid, const engine::PriceTimeline& prices) {
    engine::Instant end;
    const engine::Instant last{valid.usage.interval.end.ns - 1};
    for (const engine::TierWindow& window : prices.windows()) {
      end = std::max(end, engine::WindowAt(window, prices.zone(), last).interval.end);
    }
    return end;
  }

  ABSL_ATTRIBUTE_NOINLINE void SplitByDay(const ValidRecord& valid, const catalog::Location& location,
                                          PricedRecord* record) const {
    // Local generation without an element costs nothing and causes no carbon: both
    // are 0 on every day.
    const engine::PriceTimeline* prices = record->tariff ? location.PricesFor(valid.tariff_rate) : nullptr;
    const bool local = valid.tariff_rate == TariffRate::kLocal;
    const engine::CarbonTimeline* carbon = record->carbon && !local ? location.carbon : nullptr;
    const bool tiered = prices != nullptr && prices->tiered();
    for (const engine::DayShare& share :
         engine::SplitByDay(valid.usage, location.zone, prices, carbon,
                            tiered ? engine::UsageBefore(usage_before_) : engine::UsageBefore())) {
      DayPart& part = record->storage.days.emplace_back();
      part.day = share.day;
      part.energy_wh = share.energy_wh;
      part.energy_nwh = share.energy_nwh;
      part.cost = share.cost;
      part.carbon = share.carbon;
      if (record->tariff && !part.cost) part.cost = 0;
      if (record->carbon && !part.carbon) part.carbon = 0;
    }
  }

  const catalog::Snapshot& snapshot_;
  const Batch& batch_;
  const LocalCalculator::Limits& limits_;
  const UsageSource* const usage_;
  const catalog::Location* last_ = nullptr;
  absl::string_view last_id_;                 // of last_: a Location knows none
  std::vector<engine::Int128> usage_before_;  // of the record at hand, where its price has tiers
  engine::LocalDay day_;                      // of the last record for storage
  const absl::TimeZone* day_zone_ = nullptr;  // whose
  std::vector<Violation> violations_;
};

}  // namespace

LocalCalculator::LocalCalculator(const catalog::SnapshotSource* catalogs, std::function<absl::Time()> now,
                                 Limits limits, const UsageSource* usage)
    : catalogs_(catalogs), now_(std::move(now)), limits_(limits), usage_(usage) {}

void LocalCalculator::Calculate(Batch* batch, std::function<void()> done) {
  std::shared_ptr<const catalog::Snapshot> snapshot =
      catalogs_->Find(batch->caller.account_id, batch->caller.live_mode);
  batch->time_created = now_();
  if (ABSL_PREDICT_FALSE(snapshot == nullptr)) {
    for (Outcome& outcome : batch->outcomes) outcome.failure = CatalogNotOpen();
    return done();
  }
  batch->catalog_version = snapshot->version();
  absl::Time now = batch->time_created;
  Pricer pricer(*snapshot, *batch, limits_, usage_);
  for (size_t i = 0; i < batch->submissions.size(); ++i) {
    if (i % kRecordsPerCheck == 0) {
      if (i > 0) now = now_();
      if (std::unique_ptr<const Failure> unwanted = Unwanted(batch->caller, now)) {
        for (; i < batch->submissions.size(); ++i) {
          batch->outcomes[i].failure = std::make_unique<Failure>(*unwanted);
        }
        break;
      }
    }
    pricer.Price(batch->submissions[i], &batch->outcomes[i]);
  }
  batch->keep_alive = std::move(snapshot);
  done();
}

}  // namespace costs::calculator
