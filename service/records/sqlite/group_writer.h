// Group commit: one thread that takes all writes that wait, as many as a transaction
// may have, and applies them in order in one transaction; one sync of the disk makes
// all of them durable. Another thread tells their callers, so that the next group is
// begun at once.
//
// A write that is refused for a reason of its own does not touch its neighbours: the
// group is done again without it. Any other error is the store's, and fails all of
// the group; the next group tries again.
//
// Thread-safe.
#ifndef SERVICE_RECORDS_SQLITE_GROUP_WRITER_H_
#define SERVICE_RECORDS_SQLITE_GROUP_WRITER_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "service/records/record_store.h"
#include "service/records/sqlite/connections.h"
#include "service/records/sqlite/things.h"
#include "service/records/sqlite/write_transaction.h"

namespace costs::records {

class GroupWriter {
 public:
  struct Options {
    CatalogVersion catalog_version;  // null: none
    // More than one write has of records is one transaction all the same.
    size_t records_of_transaction = 20'000;
    size_t most_records_waiting = 400'000;
    size_t most_writes_waiting = 65'536;
  };

  // `connections` must outlive this.
  GroupWriter(Connections* connections, Options options);
  // Does what waits before it returns.
  ~GroupWriter();
  GroupWriter(const GroupWriter&) = delete;
  GroupWriter& operator=(const GroupWriter&) = delete;

  // Refuses at once, on the caller's thread, where too much waits.
  void Submit(std::unique_ptr<Write> write);

  // Work of the store's own, in the order of the writes; waits until it is durable.
  // Never refused for what waits. `work` may be called again, after a roll-back.
  absl::Status Run(std::function<absl::Status(WriteTransaction*)> work);

  RecordStore::Counters counters() const;

 private:
  struct Job {
    std::unique_ptr<Write> write;  // or
    std::function<absl::Status(WriteTransaction*)> work;
    std::function<void(const absl::Status&)> done;  // of `work`
    std::optional<absl::Status> outcome;

    size_t records() const { return write == nullptr ? 0 : write->records.size(); }
  };
  using Group = std::vector<Job>;

  void WriteLoop();
  void AnswerLoop();
  Group TakeGroup();  // empty: it is over
  void RunGroup(Group* group);
  // Applies all jobs that have no outcome. A job's own refusal is its outcome, and
  // `*again` is set; another error is returned.
  absl::Status Try(sqlite::Database* database, Group* group, bool* again);
  static absl::Status Apply(Job* job, WriteTransaction* transaction);

  Connections* const connections_;
  const Options options_;

  mutable std::mutex mutex_;
  std::condition_variable waiting_changed_;
  std::deque<Job> waiting_;     // guarded by mutex_
  size_t records_waiting_ = 0;  // guarded by mutex_
  bool ends_ = false;           // guarded by mutex_

  std::mutex answers_mutex_;
  std::condition_variable answers_changed_;
  std::deque<Group> answers_;  // guarded by answers_mutex_
  bool answers_end_ = false;   // guarded by answers_mutex_

  std::atomic<uint64_t> records_written_{0};
  std::atomic<uint64_t> transactions_{0};
  std::atomic<uint64_t> failed_transactions_{0};

  // Of the writing thread.
  std::optional<ThingTable> things_;
  sqlite::Database* things_of_ = nullptr;  // the connection that they are of

  std::thread writer_;
  std::thread answerer_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_SQLITE_GROUP_WRITER_H_
