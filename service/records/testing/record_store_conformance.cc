#include "service/records/testing/record_store_conformance.h"

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "absl/strings/string_view.h"

namespace costs::records::testing {

std::string NameOfKind(const ::testing::TestParamInfo<StoreKind>& info) { return info.param.name; }

void RecordStoreConformance::SetUp() {
  place_ = GetParam().make([this](const Tenant&) { return catalog_version_.load(); });
  if (place_ == nullptr) {
    const char* ci = std::getenv("CI");
    if (ci != nullptr && absl::string_view(ci) == "true") {
      FAIL() << "there is no " << GetParam().name << " store here, which CI=true does not allow";
    }
    GTEST_SKIP() << "SKIPPED: there is no " << GetParam().name << " store on this machine";
  }
  Reopen();
}

void RecordStoreConformance::TearDown() {
  store_.reset();
  place_.reset();
}

void RecordStoreConformance::Reopen() {
  store_.reset();
  absl::StatusOr<std::unique_ptr<RecordStore>> store = place_->Open();
  ASSERT_TRUE(store.ok()) << store.status();
  store_ = *std::move(store);
}

absl::Status RecordStoreConformance::Submit(Write write) {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<absl::Status> answer;
  write.done = [&](const absl::Status& status) {
    std::lock_guard<std::mutex> lock(mutex);
    answer = status;
    answered.notify_one();
  };
  store_->Submit(std::make_unique<Write>(std::move(write)));
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  return *answer;
}

void RecordStoreConformance::Put(std::vector<StoredRecord> records, const Tenant& tenant) {
  const absl::Status status = Submit(WriteOf(std::move(records), tenant));
  EXPECT_TRUE(status.ok()) << status;
}

void RecordStoreConformance::Delete(std::vector<calculator::RecordId> ids, const Tenant& tenant) {
  Write write;
  write.tenant = tenant;
  write.deletions = std::move(ids);
  const absl::Status status = Submit(std::move(write));
  EXPECT_TRUE(status.ok()) << status;
}

std::optional<StoredRecord> RecordStoreConformance::Get(const calculator::RecordId& id, const Tenant& tenant) {
  auto record = store_->Get(tenant, id);
  EXPECT_TRUE(record.ok()) << record.status();
  return record.ok() ? *std::move(record) : std::nullopt;
}

std::vector<StoredRecord> RecordStoreConformance::List(const RecordFilter& filter, bool newest_first, int limit,
                                                       const Tenant& tenant) {
  auto records = store_->List(tenant, filter, std::nullopt, newest_first, limit);
  EXPECT_TRUE(records.ok()) << records.status();
  return records.ok() ? *std::move(records) : std::vector<StoredRecord>();
}

std::vector<StoredRecord> RecordStoreConformance::ListInPages(const RecordFilter& filter, bool newest_first, int page,
                                                              const Tenant& tenant) {
  std::vector<StoredRecord> all;
  std::optional<RecordPosition> after;
  while (true) {
    auto records = store_->List(tenant, filter, after, newest_first, page);
    EXPECT_TRUE(records.ok()) << records.status();
    if (!records.ok() || records->empty()) return all;
    EXPECT_LE(records->size(), static_cast<size_t>(page));
    after = PositionOf(records->back());
    const bool last = records->size() < static_cast<size_t>(page);
    all.insert(all.end(), records->begin(), records->end());
    if (last) return all;
  }
}

std::vector<Revision> RecordStoreConformance::Revisions(const calculator::RecordId& id) {
  auto revisions = store_->Revisions(TestTenant(), id, std::nullopt, 1'000);
  EXPECT_TRUE(revisions.ok()) << revisions.status();
  return revisions.ok() ? *std::move(revisions) : std::vector<Revision>();
}

std::vector<DayTotal> RecordStoreConformance::DayTotals(const Thing& thing, int32_t first, int32_t last,
                                                        engine::Direction direction, const Tenant& tenant) {
  auto totals = store_->DayTotals(tenant, thing, direction, first, last);
  EXPECT_TRUE(totals.ok()) << totals.status();
  if (!totals.ok()) return {};
  for (size_t i = 1; i < totals->size(); ++i) EXPECT_LE((*totals)[i - 1].day, (*totals)[i].day);
  return *std::move(totals);
}

SessionTotals RecordStoreConformance::TotalsOf(const std::string& session, engine::Direction direction,
                                               const Tenant& tenant) {
  auto totals = store_->TotalsOfSession(tenant, session, direction);
  EXPECT_TRUE(totals.ok()) << totals.status();
  return totals.ok() ? *std::move(totals) : SessionTotals();
}

std::vector<std::string> RecordStoreConformance::LocationsOf(const std::string& device, const Tenant& tenant) {
  auto locations = store_->LocationsOf(tenant, device);
  EXPECT_TRUE(locations.ok()) << locations.status();
  return locations.ok() ? *std::move(locations) : std::vector<std::string>();
}

engine::Int128 RecordStoreConformance::Usage(const std::string& location, const absl::TimeZone& zone, int64_t from_s,
                                             int64_t to_s, engine::TariffRate rate, const Tenant& tenant) {
  calculator::Caller caller;
  caller.account_id = tenant.account_id;
  caller.live_mode = tenant.live_mode;
  auto usage = store_->usage().UsageWithin(caller, location, zone, rate,
                                           {engine::Instant::FromSeconds(from_s), engine::Instant::FromSeconds(to_s)});
  EXPECT_TRUE(usage.ok()) << usage.status();
  return usage.ok() ? *usage : -1;
}

std::vector<StaleRecords> RecordStoreConformance::Stale(const Tenant& tenant) {
  auto stale = store_->Stale(tenant, 1'000);
  EXPECT_TRUE(stale.ok()) << stale.status();
  return stale.ok() ? *std::move(stale) : std::vector<StaleRecords>();
}

Write WriteOf(std::vector<StoredRecord> records, const Tenant& tenant) {
  Write write;
  write.tenant = tenant;
  for (StoredRecord& record : records) {
    PendingRecord pending;
    pending.record = std::move(record);
    write.records.push_back(std::move(pending));
  }
  return write;
}

int32_t DayOf(int64_t second) { return static_cast<int32_t>(second / kDay); }

absl::TimeZone ZoneNamed(const char* name) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone(name, &zone)) << name;
  return zone;
}

}  // namespace costs::records::testing
