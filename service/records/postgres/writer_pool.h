// The threads that write, each on a connection of its own: each takes what waits for
// one tenant, up to a limit, and does it in one transaction (group commit). Another
// thread tells the callers, so that no writer waits for them.
//
// A connection that was lost is opened again by itself, ever less often while that
// fails; until then writes are refused at once and do not wait.
//
// Thread-safe. What waits at destruction is still written.
#ifndef SERVICE_RECORDS_POSTGRES_WRITER_POOL_H_
#define SERVICE_RECORDS_POSTGRES_WRITER_POOL_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "service/postgres/connection.h"
#include "service/records/postgres/thing_cache.h"
#include "service/records/postgres/write_group.h"
#include "service/records/record_store.h"

namespace costs::records::pg {

class WriterPool {
 public:
  struct Options {
    postgres::ConnectOptions connect;
    std::function<uint64_t(const Tenant&)> catalog_version;  // may be null
    int writers = 2;
    size_t most_waiting = 200'000;  // records
    size_t most_together = 10'000;  // records of a transaction, unless a single write has more
  };

  explicit WriterPool(Options options);
  ~WriterPool();
  WriterPool(const WriterPool&) = delete;
  WriterPool& operator=(const WriterPool&) = delete;

  // Runs write->done when it is over.
  void Submit(std::unique_ptr<WriteJob> job);
  RecordStore::Counters counters() const;

 private:
  using Group = std::vector<std::unique_ptr<WriteJob>>;

  void Write();
  // What waits for the tenant of the first one, but for jobs on records that another
  // writer is writing, and for those after them on the same records; empty: it is over.
  Group Take();
  Group TakeWithLock();
  void Tell();
  void Finish(Group group, uint64_t transactions, uint64_t failed);

  const Options options_;
  ThingCache things_;

  mutable std::mutex mutex_;
  std::condition_variable something_waits_;
  std::condition_variable something_is_done_;
  std::deque<std::unique_ptr<WriteJob>> waiting_;
  size_t records_queued_ = 0;           // of waiting_
  size_t records_waiting_ = 0;          // also of what is under way
  int few_under_way_ = 0;               // transactions with few records
  absl::flat_hash_set<uint64_t> busy_;  // names of the records that are being written
  std::deque<std::unique_ptr<WriteJob>> done_;
  RecordStore::Counters counters_;
  bool closing_ = false;
  bool written_ = false;  // the writers are over

  std::vector<std::thread> writers_;
  std::thread teller_;
};

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_WRITER_POOL_H_
