#include "service/records/postgres/write_group.h"

#include <set>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"
#include "service/postgres/sql_state.h"
#include "service/records/postgres/record_transaction.h"
#include "service/records/store_refusal.h"

namespace costs::records::pg {
namespace {

// Against other transactions; each attempt waits for the one that was in the way.
constexpr int kAttempts = 20;
// After a record was there that was thought to be new.
constexpr int kGroupsToLook = 50;

bool LostAgainstOther(const absl::Status& status) {
  return absl::IsAborted(status) || (absl::IsAlreadyExists(status) && catalog::ReasonOf(status).empty());
}

// What a write cannot be blamed for.
bool ConcernsAll(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

bool DependsOnUsage(const PendingRecord& pending) {
  return pending.price != nullptr || pending.record.revision.figures.tier_windows_end.ns != 0;
}

}  // namespace

void GroupWriter::Run(postgres::Connection* connection, const std::vector<WriteJob*>& jobs) {
  std::vector<WriteJob*> wanted;
  for (WriteJob* job : jobs) {
    if (job->write->deadline < absl::Now()) {
      job->result = DeadlineRefusal();
    } else if (job->write->cancelled && job->write->cancelled()) {
      job->result = CancelledRefusal();
    } else {
      wanted.push_back(job);
    }
  }
  if (!wanted.empty()) RunTogether(connection, wanted);
}

void GroupWriter::RunTogether(postgres::Connection* connection, const std::vector<WriteJob*>& jobs) {
  if (!catalog_version_ && !has_catalog_table_) LookForCatalog(connection);
  bool all_new = MayAssumeNew(jobs);
  if (look_first_ > 0) --look_first_;
  absl::Status status;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    ++transactions_;
    status = Attempt(connection, jobs, all_new);
    if (status.ok()) return;
    ++failed_;
    if (!LostAgainstOther(status)) break;
    if (all_new) look_first_ = kGroupsToLook;
    all_new = false;
    // Not all again at the same time.
    if (attempt > 2) absl::SleepFor(absl::Milliseconds(1 << (attempt < 8 ? attempt : 8)));
  }
  if (jobs.size() > 1 && !ConcernsAll(status)) {
    for (WriteJob* job : jobs) RunTogether(connection, {job});
    return;
  }
  for (WriteJob* job : jobs)
    job->result = StoreRefusal(
        LostAgainstOther(status) ? absl::UnavailableError("too many others write the same records") : status);
}

absl::Status GroupWriter::Attempt(postgres::Connection* connection, const std::vector<WriteJob*>& jobs, bool all_new) {
  const Tenant& tenant = jobs.front()->write->tenant;
  TransactionOptions options;
  options.catalog_version = catalog_version_;
  options.has_catalog_table = has_catalog_table_;
  options.all_new = all_new;
  options.things = things_;
  std::vector<calculator::RecordId> ids;
  std::set<RecordChanges::Place> places;
  const auto depends = [&](const StoredRecord& record) {
    places.insert({record.request.location_id, record.request.tariff_rate});
    options.watch_usage = true;
  };
  for (const WriteJob* job : jobs) {
    ids.insert(ids.end(), job->write->deletions.begin(), job->write->deletions.end());
    for (const PendingRecord& pending : job->write->records) {
      ids.push_back(pending.record.id);
      if (DependsOnUsage(pending)) depends(pending.record);
    }
    for (const StoredRecord& record : job->reprice) {
      ids.push_back(record.id);
      if (record.revision.figures.tier_windows_end.ns != 0) depends(record);
    }
  }
  RecordTransaction transaction(connection, tenant, options);
  if (absl::Status status = transaction.Begin(ids, places); !status.ok()) return status;
  for (WriteJob* job : jobs) {
    const absl::Status status =
        job->reprice.empty() ? transaction.Apply(*job->write) : transaction.Reprice(job->reprice);
    // A refusal is of this write alone.
    if (!status.ok() && catalog::ReasonOf(status).empty()) return status;
    job->result = status;
  }
  return transaction.Commit();
}

bool GroupWriter::MayAssumeNew(const std::vector<WriteJob*>& jobs) const {
  if (look_first_ > 0) return false;
  for (const WriteJob* job : jobs) {
    if (!job->write->deletions.empty() || !job->reprice.empty()) return false;
    for (const PendingRecord& pending : job->write->records) {
      if (DependsOnUsage(pending)) return false;
    }
  }
  return true;
}

void GroupWriter::LookForCatalog(postgres::Connection* connection) {
  const absl::StatusOr<postgres::Result> found =
      connection->Query("SELECT to_regclass('catalog_revisions') IS NOT NULL");
  has_catalog_table_ = found.ok() && found->Bool(0, 0);
}

}  // namespace costs::records::pg
