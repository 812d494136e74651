#include "service/records/bulk_pricing.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/catalog/refusal.h"
#include "service/records/pending_record.h"
#include "service/records/recording_calculator.h"
#include "service/records/stored_record.h"

namespace costs::records {
namespace {

using calculator::Batch;
using calculator::Failure;
using calculator::Outcome;
using calculator::Submission;

// Submissions and their outcomes, priced when made.
struct Priced {
  Priced(const Tenant& tenant, const PricingFunction& price, const Submitter& submitter,
         absl::Span<const Submission> submissions, bool include_tariff, const calculator::UsageSource& usage)
      : outcomes(submissions.size()) {
    batch.caller.account_id = tenant.account_id;
    batch.caller.live_mode = tenant.live_mode;
    batch.caller.deadline = submitter.deadline;
    batch.caller.cancelled = submitter.cancelled;
    batch.options.for_storage = true;
    batch.options.keep_unpriced = true;
    batch.options.include_tariff = include_tariff;
    batch.submissions = submissions;
    batch.outcomes = absl::MakeSpan(outcomes);
    price(&batch, usage);
  }

  std::vector<Outcome> outcomes;
  Batch batch;
};

bool IsDeferred(const Failure& failure) {
  return failure.code == calculator::kUsageDeferred && failure.reason == "USAGE_UNKNOWN";
}

// Of the record alone; any other failure would meet its neighbours too.
bool IsOfTheRecord(const Failure& failure) {
  return failure.code == absl::StatusCode::kInvalidArgument || failure.code == absl::StatusCode::kNotFound ||
         failure.code == absl::StatusCode::kFailedPrecondition;
}

std::string TextOf(const Failure& failure) {
  if (failure.violations.empty()) return failure.message;
  return absl::StrJoin(failure.violations, "; ", [](std::string* out, const calculator::Violation& violation) {
    absl::StrAppend(out, violation.field, " ", violation.description);
  });
}

absl::Status StatusOf(const Failure& failure) {
  if (failure.reason.empty()) return absl::Status(failure.code, failure.message);
  if (failure.code == absl::StatusCode::kUnavailable && failure.retry_after) {
    return catalog::Overloaded(failure.message, *failure.retry_after);
  }
  return catalog::Refuse(failure.code, failure.reason, failure.message);
}

// Within the transaction: what is stored already is what was used before. Where
// there is no price even so, the record keeps the figures that need none.
bool PriceInTransaction(const Tenant& tenant, const PricingFunction& price, const calculator::UsageSource& usage,
                        StoredRecord* record) {
  const Submission submission = SubmissionOf(record->request);
  const Priced priced(tenant, price, {}, absl::MakeConstSpan(&submission, 1), /*include_tariff=*/true, usage);
  if (priced.outcomes[0].ok()) {
    record->revision.figures = FiguresOf(priced.outcomes[0].record);
    record->revision.catalog_version = priced.batch.catalog_version;
  }
  return true;
}

}  // namespace

absl::Status PriceToStore(const Tenant& tenant, const PricingFunction& price, const Submitter& submitter,
                          absl::Span<const Submission> submissions, BulkPrices* prices) {
  prices->errors.assign(submissions.size(), "");
  if (submissions.empty()) return absl::OkStatus();
  const Priced priced(tenant, price, submitter, submissions, /*include_tariff=*/true, DeferringUsage());
  std::vector<Submission> deferred;
  for (size_t i = 0; i < submissions.size(); ++i) {
    const Outcome& outcome = priced.outcomes[i];
    if (outcome.ok()) continue;
    if (IsDeferred(*outcome.failure)) {
      deferred.push_back(submissions[i]);
    } else if (IsOfTheRecord(*outcome.failure)) {
      prices->errors[i] = TextOf(*outcome.failure);
    } else {
      return StatusOf(*outcome.failure);
    }
  }
  std::unique_ptr<const Priced> without_tariff;
  if (!deferred.empty()) {
    without_tariff =
        std::make_unique<const Priced>(tenant, price, submitter, deferred, /*include_tariff=*/false, DeferringUsage());
  }
  size_t next_deferred = 0;
  prices->records.reserve(submissions.size());
  for (size_t i = 0; i < submissions.size(); ++i) {
    if (!prices->errors[i].empty()) continue;
    const bool is_deferred = !priced.outcomes[i].ok();
    const Priced& of = is_deferred ? *without_tariff : priced;
    const Outcome& outcome = of.outcomes[is_deferred ? next_deferred++ : i];
    // The location may have gone between the two pricings.
    if (!outcome.ok()) return StatusOf(*outcome.failure);
    PendingRecord pending =
        MakePending(of.batch.time_created, submissions[i], outcome.record, of.batch.catalog_version);
    if (is_deferred) {
      pending.price = [tenant, price](const calculator::UsageSource& usage, StoredRecord* record) {
        return PriceInTransaction(tenant, price, usage, record);
      };
    }
    prices->records.push_back(std::move(pending));
  }
  return absl::OkStatus();
}

}  // namespace costs::records
