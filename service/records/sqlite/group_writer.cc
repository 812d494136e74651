#include "service/records/sqlite/group_writer.h"

#include <utility>

#include "absl/time/clock.h"
#include "service/catalog/refusal.h"
#include "service/records/store_refusal.h"

namespace costs::records {
namespace {

using sqlite::Database;

bool IsRefusal(const absl::Status& status) { return !status.ok() && !catalog::ReasonOf(status).empty(); }

}  // namespace

GroupWriter::GroupWriter(Connections* connections, Options options)
    : connections_(connections),
      options_(std::move(options)),
      writer_([this] { WriteLoop(); }),
      answerer_([this] { AnswerLoop(); }) {}

GroupWriter::~GroupWriter() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ends_ = true;
  }
  waiting_changed_.notify_one();
  writer_.join();
  {
    std::lock_guard<std::mutex> lock(answers_mutex_);
    answers_end_ = true;
  }
  answers_changed_.notify_one();
  answerer_.join();
}

void GroupWriter::Submit(std::unique_ptr<Write> write) {
  const size_t records = write->records.size();
  bool taken;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // One that is alone is taken however large it is.
    taken = waiting_.empty() || (waiting_.size() < options_.most_writes_waiting &&
                                 records_waiting_ + records <= options_.most_records_waiting);
    if (taken) {
      records_waiting_ += records;
      Job& job = waiting_.emplace_back();
      job.write = std::move(write);
    }
  }
  if (taken) {
    waiting_changed_.notify_one();
  } else if (write->done != nullptr) {
    write->done(OverloadedRefusal());
  }
}

absl::Status GroupWriter::Run(std::function<absl::Status(WriteTransaction*)> work) {
  std::mutex mutex;
  std::condition_variable answered;
  std::optional<absl::Status> answer;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    Job& job = waiting_.emplace_back();
    job.work = std::move(work);
    job.done = [&](const absl::Status& status) {
      std::lock_guard<std::mutex> answer_lock(mutex);
      answer = status;
      answered.notify_one();
    };
  }
  waiting_changed_.notify_one();
  std::unique_lock<std::mutex> lock(mutex);
  answered.wait(lock, [&] { return answer.has_value(); });
  return *answer;
}

RecordStore::Counters GroupWriter::counters() const {
  RecordStore::Counters counters;
  counters.records_written = records_written_.load(std::memory_order_relaxed);
  counters.transactions = transactions_.load(std::memory_order_relaxed);
  counters.failed_transactions = failed_transactions_.load(std::memory_order_relaxed);
  std::lock_guard<std::mutex> lock(mutex_);
  counters.records_waiting = records_waiting_;
  return counters;
}

void GroupWriter::WriteLoop() {
  while (true) {
    Group group = TakeGroup();
    if (group.empty()) return;
    RunGroup(&group);
    {
      std::lock_guard<std::mutex> lock(answers_mutex_);
      answers_.push_back(std::move(group));
    }
    answers_changed_.notify_one();
  }
}

GroupWriter::Group GroupWriter::TakeGroup() {
  std::unique_lock<std::mutex> lock(mutex_);
  waiting_changed_.wait(lock, [this] { return !waiting_.empty() || ends_; });
  Group group;
  size_t records = 0;
  while (!waiting_.empty() &&
         (group.empty() || records + waiting_.front().records() <= options_.records_of_transaction)) {
    records += waiting_.front().records();
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  records_waiting_ -= records;
  return group;
}

void GroupWriter::RunGroup(Group* group) {
  for (Job& job : *group) {
    if (job.write == nullptr) continue;
    if (job.write->cancelled != nullptr && job.write->cancelled()) {
      job.outcome = CancelledRefusal();
    } else if (absl::Now() >= job.write->deadline) {
      job.outcome = DeadlineRefusal();
    }
  }
  absl::Status status;
  for (bool again = true; again && status.ok();) {
    again = false;
    status = connections_->Write([&](Database* database) { return Try(database, group, &again); });
  }
  if (!status.ok()) failed_transactions_.fetch_add(1, std::memory_order_relaxed);
  status = StoreRefusal(status);
  uint64_t records = 0;
  for (Job& job : *group) {
    if (job.outcome) continue;
    job.outcome = status;
    if (status.ok()) records += job.records();
  }
  records_written_.fetch_add(records, std::memory_order_relaxed);
}

absl::Status GroupWriter::Try(Database* database, Group* group, bool* again) {
  if (things_of_ != database) {
    things_.emplace(database);
    things_of_ = database;
  }
  things_->Trim();
  WriteTransaction transaction(database, &*things_, options_.catalog_version);
  bool anything = false;
  for (Job& job : *group) {
    if (job.outcome) continue;
    anything = true;
    absl::Status status = Apply(&job, &transaction);
    if (status.ok()) continue;
    if (!IsRefusal(status)) return status;
    // Of the job's own; what it has done already is undone with all the rest.
    job.outcome = std::move(status);
    *again = true;
    return absl::OkStatus();
  }
  if (!anything) return absl::OkStatus();
  absl::Status status = transaction.Commit();
  if (status.ok()) transactions_.fetch_add(1, std::memory_order_relaxed);
  return status;
}

absl::Status GroupWriter::Apply(Job* job, WriteTransaction* transaction) {
  return job->write != nullptr ? transaction->Apply(job->write.get()) : job->work(transaction);
}

void GroupWriter::AnswerLoop() {
  while (true) {
    Group group;
    {
      std::unique_lock<std::mutex> lock(answers_mutex_);
      answers_changed_.wait(lock, [this] { return !answers_.empty() || answers_end_; });
      if (answers_.empty()) return;
      group = std::move(answers_.front());
      answers_.pop_front();
    }
    for (Job& job : group) {
      const auto& done = job.write != nullptr ? job.write->done : job.done;
      if (done != nullptr) done(*job.outcome);
    }
  }
}

}  // namespace costs::records
