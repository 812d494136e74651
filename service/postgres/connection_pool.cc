#include "service/postgres/connection_pool.h"

#include "absl/time/clock.h"

namespace costs::postgres {

ConnectionPool::ConnectionPool(ConnectOptions options, int size, absl::Duration patience)
    : options_(std::move(options)), size_(size), patience_(patience) {}

absl::StatusOr<ConnectionPool::Lease> ConnectionPool::Take() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    const bool free =
        given_back_.wait_for(lock, absl::ToChronoNanoseconds(patience_), [this] { return in_use_ < size_; });
    if (!free) return absl::UnavailableError("all connections to the database are in use");
    ++in_use_;
    if (!idle_.empty()) {
      Lease lease{std::move(idle_.back()), true};
      idle_.pop_back();
      return lease;
    }
  }
  absl::StatusOr<std::unique_ptr<Connection>> opened = Connection::Reopen(options_);
  if (opened.ok()) return Lease{*std::move(opened), false};
  GiveBack({});
  return opened.status();
}

void ConnectionPool::GiveBack(Lease lease) {
  // What was left open is not for the next one to find.
  const bool good = lease.connection != nullptr && lease.connection->alive() && !lease.connection->in_transaction();
  {
    std::lock_guard<std::mutex> lock(mutex_);
    --in_use_;
    if (good) idle_.push_back(std::move(lease.connection));
  }
  given_back_.notify_one();
}

}  // namespace costs::postgres
