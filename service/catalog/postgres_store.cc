#include "service/catalog/postgres_store.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/catalog/change_log.h"
#include "service/postgres/address.h"
#include "service/postgres/database.h"

namespace costs::catalog {
namespace {

// Of a large upload, or of a catalog that is replaced; also the longest wait for
// another process that makes one.
constexpr absl::Duration kLongestChange = absl::Minutes(5);
constexpr absl::Duration kLongestRead = absl::Seconds(30);
// How often to look without having been told.
constexpr absl::Duration kLookEvery = absl::Seconds(1);

// Listens on a connection of its own.
class Follower final : public Following {
 public:
  Follower(const postgres::ConnectOptions& options, const Tenant& tenant, std::function<absl::Status(int64_t)> look,
           std::function<void(const absl::Status&)> state)
      : options_(options),
        tenant_(tenant),
        message_(ChangeLog::MessageOf(tenant)),
        look_(std::move(look)),
        state_(std::move(state)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { Run(); }) {}

  ~Follower() override {
    over_ = true;
    eventfd_write(wake_, 1);
    thread_.join();
    close(wake_);
  }

 private:
  void Run() {
    while (!over_) {
      const absl::Status status = Step();
      if (!status.ok()) connection_.reset();
      if (status.ok() != good_ && state_) state_(status);
      good_ = status.ok();
      if (!good_) Pause();
    }
  }

  // Looks, and waits until there may be something to see.
  absl::Status Step() {
    if (connection_ == nullptr) {
      absl::StatusOr<std::unique_ptr<postgres::Connection>> connection = postgres::Connection::Open(options_);
      if (!connection.ok()) return connection.status();
      connection_ = *std::move(connection);
      // First to listen and then to look: so nothing is missed.
      const absl::Status listens = connection_->Execute(absl::StrCat("LISTEN ", ChangeLog::kChannel));
      if (!listens.ok()) return listens;
    }
    const absl::StatusOr<postgres::Result> row =
        connection_->Query("SELECT revision FROM catalog_revisions WHERE account_id = $1 AND live_mode = $2",
                           postgres::Params().Text(tenant_.account_id).Bool(tenant_.live_mode));
    if (!row.ok()) return row.status();
    if (absl::Status status = look_(row->rows() == 0 ? 0 : row->Int(0, 0)); !status.ok()) return status;
    return Wait();
  }

  // Until the tenant's catalog changes, or it is time to look anyway.
  absl::Status Wait() {
    const absl::Time until = absl::Now() + kLookEvery;
    while (!over_) {
      const absl::Duration left = until - absl::Now();
      if (left <= absl::ZeroDuration()) break;
      const absl::StatusOr<std::optional<postgres::Notification>> notification =
          connection_->WaitForNotification(left, wake_);
      if (!notification.ok()) return notification.status();
      if (*notification && (*notification)->payload == message_) break;
    }
    return absl::OkStatus();
  }

  // Before it is tried again.
  void Pause() {
    pollfd waited = {wake_, POLLIN, 0};
    poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(kPauseAfterError)));
  }

  static constexpr absl::Duration kPauseAfterError = absl::Milliseconds(250);

  const postgres::ConnectOptions options_;
  const Tenant tenant_;
  const std::string message_;
  const std::function<absl::Status(int64_t)> look_;
  const std::function<void(const absl::Status&)> state_;
  const int wake_;
  std::atomic<bool> over_{false};
  bool good_ = true;
  std::unique_ptr<postgres::Connection> connection_;
  std::thread thread_;  // the last: it uses all of this
};

absl::StatusOr<std::unique_ptr<sql::Database>> OpenDatabase(postgres::ConnectOptions options, absl::Duration longest) {
  options.statement_timeout = longest;
  options.idle_in_transaction_timeout = longest;  // a snapshot is made meanwhile
  options.lock_timeout = longest;
  return postgres::Database::Open(options);
}

}  // namespace

PostgresStore::PostgresStore(const std::string& url, const std::string& address)
    : name_(absl::StrCat("database ", address)) {
  options_.conninfo = url;
  options_.application_name = "costsd catalog";
}

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(const std::string& url) {
  const absl::StatusOr<std::string> address = postgres::AddressOf(url);
  if (!address.ok())
    return absl::Status(address.status().code(), absl::StrCat("the store ", address.status().message()));
  std::unique_ptr<PostgresStore> store(new PostgresStore(url, *address));
  if (absl::Status status = store->OpenConnections(); !status.ok()) {
    return absl::Status(status.code(), absl::StrCat(store->name_, ": ", status.message()));
  }
  return store;
}

absl::Status PostgresStore::OpenConnections() {
  absl::StatusOr<std::unique_ptr<sql::Database>> writer = OpenDatabase(options_, kLongestChange);
  if (!writer.ok()) return writer.status();
  if (absl::Status status = MigratePostgresSchema(writer->get()); !status.ok()) return status;
  absl::StatusOr<std::unique_ptr<sql::Database>> reader = OpenDatabase(options_, kLongestRead);
  if (!reader.ok()) return reader.status();
  writer_.database = *std::move(writer);
  reader_.database = *std::move(reader);
  return absl::OkStatus();
}

absl::Status PostgresStore::OnReplaced() {
  // All replicas read everything now: not by a plan that was made for empty tables.
  return writer_.database->Execute(
      "ANALYZE locations, devices, calendars, elements, market_prices, carbon_intensities");
}

std::unique_ptr<Following> PostgresStore::Follow(const Tenant& tenant, std::function<absl::Status(int64_t)> look,
                                                 std::function<void(const absl::Status&)> state) {
  return std::make_unique<Follower>(options_, tenant, std::move(look), std::move(state));
}

}  // namespace costs::catalog
