#include "service/records/postgres/writer_pool.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/records/store_refusal.h"

namespace costs::records::pg {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(1);
// A transaction with fewer records costs about as much as one of a single record: so
// while one is under way, as few wait for the next one rather than make one more.
constexpr size_t kFewRecords = 256;

// Of the second of its start and the hash of its key.
uint64_t NameOf(const calculator::RecordId& id) {
  uint64_t name;
  static_assert(sizeof(id.bytes) == 4 + sizeof(name));
  std::memcpy(&name, &id.bytes[4], sizeof(name));
  return name;
}

std::vector<uint64_t> NamesOf(const WriteJob& job) {
  std::vector<uint64_t> names;
  names.reserve(job.size() + job.write->deletions.size());
  for (const calculator::RecordId& id : job.write->deletions) names.push_back(NameOf(id));
  for (const PendingRecord& pending : job.write->records) names.push_back(NameOf(pending.record.id));
  for (const StoredRecord& record : job.reprice) names.push_back(NameOf(record.id));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool AnyIn(const std::vector<uint64_t>& names, const absl::flat_hash_set<uint64_t>& set) {
  if (set.empty()) return false;
  return std::any_of(names.begin(), names.end(), [&](uint64_t name) { return set.contains(name); });
}

}  // namespace

WriterPool::WriterPool(Options options) : options_(std::move(options)) {
  teller_ = std::thread([this] { Tell(); });
  for (int i = 0; i < std::max(1, options_.writers); ++i) writers_.emplace_back([this] { Write(); });
}

WriterPool::~WriterPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  something_waits_.notify_all();
  for (std::thread& writer : writers_) writer.join();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    written_ = true;
  }
  something_is_done_.notify_all();
  teller_.join();
}

void WriterPool::Submit(std::unique_ptr<WriteJob> job) {
  job->names = NamesOf(*job);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (records_waiting_ == 0 || records_waiting_ + job->size() <= options_.most_waiting) {
      records_waiting_ += job->size();
      records_queued_ += job->size();
      waiting_.push_back(std::move(job));
    }
  }
  if (job == nullptr) {
    something_waits_.notify_one();
    return;
  }
  job->write->done(OverloadedRefusal());
}

WriterPool::Group WriterPool::Take() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    Group group = TakeWithLock();
    if (!group.empty() || (closing_ && waiting_.empty())) return group;
    something_waits_.wait(lock);
  }
}

WriterPool::Group WriterPool::TakeWithLock() {
  // Notified by Finish().
  if (few_under_way_ > 0 && records_queued_ < kFewRecords) return {};
  Group group;
  absl::flat_hash_set<uint64_t> passed;
  size_t records = 0;
  for (auto job = waiting_.begin(); job != waiting_.end();) {
    const bool other_tenant = !group.empty() && (*job)->write->tenant != group.front()->write->tenant;
    if (other_tenant || AnyIn((*job)->names, busy_) || AnyIn((*job)->names, passed)) {
      passed.insert((*job)->names.begin(), (*job)->names.end());
      ++job;
      continue;
    }
    if (!group.empty() && records + (*job)->size() > options_.most_together) break;
    records += (*job)->size();
    group.push_back(std::move(*job));
    job = waiting_.erase(job);
  }
  for (const std::unique_ptr<WriteJob>& job : group) busy_.insert(job->names.begin(), job->names.end());
  records_queued_ -= records;
  if (!group.empty() && records < kFewRecords) ++few_under_way_;
  return group;
}

void WriterPool::Write() {
  std::unique_ptr<postgres::Connection> connection;
  GroupWriter writer(options_.catalog_version, &things_);
  absl::Time next_attempt = absl::InfinitePast();
  absl::Duration pause = kFirstPause;
  while (true) {
    Group group = Take();
    if (group.empty()) return;
    const uint64_t transactions = writer.transactions(), failed = writer.failed_transactions();
    absl::Status status = absl::UnavailableError("there is no connection to the database");
    if (connection == nullptr && absl::Now() >= next_attempt) {
      absl::StatusOr<std::unique_ptr<postgres::Connection>> opened = postgres::Connection::Open(options_.connect);
      if (opened.ok()) {
        connection = *std::move(opened);
        pause = kFirstPause;
        writer.Forget();
        things_.Forget();
      } else {
        next_attempt = absl::Now() + pause;
        pause = std::min(pause * 2, kLongestPause);
      }
    }
    if (connection != nullptr) {
      std::vector<WriteJob*> jobs;
      for (const std::unique_ptr<WriteJob>& job : group) jobs.push_back(job.get());
      writer.Run(connection.get(), jobs);
      if (!connection->alive()) connection.reset();
    } else {
      for (const std::unique_ptr<WriteJob>& job : group) job->result = StoreRefusal(status);
    }
    Finish(std::move(group), writer.transactions() - transactions, writer.failed_transactions() - failed);
  }
}

void WriterPool::Finish(Group group, uint64_t transactions, uint64_t failed) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    size_t records = 0;
    for (const std::unique_ptr<WriteJob>& job : group) records += job->size();
    if (records < kFewRecords) --few_under_way_;
    counters_.transactions += transactions;
    counters_.failed_transactions += failed;
    for (std::unique_ptr<WriteJob>& job : group) {
      records_waiting_ -= job->size();
      for (uint64_t name : job->names) busy_.erase(name);
      if (job->result.ok()) counters_.records_written += job->size();
      done_.push_back(std::move(job));
    }
  }
  something_is_done_.notify_one();
  // The others may go on now, for what they waited, or with what was passed over.
  something_waits_.notify_all();
}

void WriterPool::Tell() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    something_is_done_.wait(lock, [this] { return written_ || !done_.empty(); });
    if (done_.empty()) return;
    std::deque<std::unique_ptr<WriteJob>> done = std::move(done_);
    done_.clear();
    lock.unlock();
    for (const std::unique_ptr<WriteJob>& job : done) job->write->done(job->result);
    done.clear();
    lock.lock();
  }
}

RecordStore::Counters WriterPool::counters() const {
  std::lock_guard<std::mutex> lock(mutex_);
  RecordStore::Counters counters = counters_;
  counters.records_waiting = records_waiting_;
  return counters;
}

}  // namespace costs::records::pg
