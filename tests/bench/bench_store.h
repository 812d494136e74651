// A store of records as its benchmark sees it: how it is opened, and what its
// database does by itself with the same rows.
#ifndef TESTS_BENCH_BENCH_STORE_H_
#define TESTS_BENCH_BENCH_STORE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/records/record_store.h"

namespace costs::bench {

// A place of a store, empty at first and gone with this.
class BenchStore {
 public:
  virtual ~BenchStore() = default;

  virtual absl::StatusOr<std::unique_ptr<records::RecordStore>> Open() = 0;

  // What costsd's --store takes to have the store; not while it is open here.
  virtual std::string address() const = 0;

  // Waits for the work that the database does by itself after many writes, so that it
  // is not measured with what comes next.
  virtual absl::Status Settle() { return absl::OkStatus(); }

  // How long the database takes to insert records into an empty table of records, as
  // the store has it, in the way that its makers say is the fastest durable one. The
  // rows are made before the clock starts. `description` says what was done.
  virtual absl::StatusOr<absl::Duration> BulkInsert(absl::Span<const records::StoredRecord> records,
                                                    std::string* description) = 0;
};

std::unique_ptr<BenchStore> MakeSqliteBenchStore();
// Starts a server of its own for each.
std::unique_ptr<BenchStore> MakePostgresBenchStore();

}  // namespace costs::bench

#endif  // TESTS_BENCH_BENCH_STORE_H_
