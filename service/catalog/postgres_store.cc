#include "service/catalog/postgres_store.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
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
constexpr absl::Duration kPauseAfterError = absl::Milliseconds(250);
// Messages that are taken in before it is looked at what they tell.
constexpr int kMostMessages = 1000;

absl::StatusOr<std::unique_ptr<sql::Database>> OpenDatabase(postgres::ConnectOptions options, absl::Duration longest) {
  options.statement_timeout = longest;
  options.idle_in_transaction_timeout = longest;  // a snapshot is made meanwhile
  options.lock_timeout = longest;
  return postgres::Database::Open(options);
}

}  // namespace

// Listens on a connection of its own.
class PostgresStore::Follower {
 public:
  Follower(const postgres::ConnectOptions& options, FollowingState state)
      : options_(options),
        state_(std::move(state)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        thread_([this] { Run(); }) {}

  ~Follower() {
    over_ = true;
    eventfd_write(wake_, 1);
    thread_.join();
    close(wake_);
  }

  std::unique_ptr<Following> Add(const Tenant& tenant, std::function<absl::Status(int64_t)> look) {
    auto followed = std::make_shared<Followed>();
    followed->tenant = tenant;
    followed->look = std::move(look);
    const std::lock_guard<std::mutex> lock(mutex_);
    followed_[ChangeLog::MessageOf(tenant)] = followed;
    return std::make_unique<Registration>(this, std::move(followed));
  }

  void OnFound(std::function<absl::Status(const Tenant&)> found) {
    const std::lock_guard<std::mutex> lock(finding_);
    found_ = std::move(found);
  }

 private:
  struct Followed {
    Tenant tenant;
    std::function<absl::Status(int64_t)> look;
    std::mutex looking;
    bool over = false;  // guarded by looking

    absl::Status Look(int64_t revision) {
      const std::lock_guard<std::mutex> lock(looking);
      return over ? absl::OkStatus() : look(revision);
    }
  };
  using FollowedPtr = std::shared_ptr<Followed>;
  using FollowedMap = absl::flat_hash_map<std::string, FollowedPtr>;  // by what a message says

  class Registration final : public Following {
   public:
    Registration(Follower* follower, FollowedPtr followed) : follower_(follower), followed_(std::move(followed)) {}
    ~Registration() override {
      {
        const std::lock_guard<std::mutex> lock(followed_->looking);
        followed_->over = true;
      }
      const std::lock_guard<std::mutex> lock(follower_->mutex_);
      const auto at = follower_->followed_.find(ChangeLog::MessageOf(followed_->tenant));
      if (at != follower_->followed_.end() && at->second == followed_) follower_->followed_.erase(at);
    }

   private:
    Follower* const follower_;
    const FollowedPtr followed_;
  };

  void Run() {
    while (!over_) {
      absl::Status status = Connect();
      if (status.ok()) status = LookAtAll();
      Tell(status);
      if (connection_ != nullptr) {
        const absl::Status waited = Wait(status.ok() ? kLookEvery : kPauseAfterError);
        if (waited.ok()) continue;
        connection_.reset();
        Tell(waited);
      }
      Pause();
    }
  }

  void Tell(const absl::Status& status) {
    if (status.ok() != good_ && state_) state_(status);
    good_ = status.ok();
  }

  absl::Status Connect() {
    if (connection_ != nullptr) return absl::OkStatus();
    absl::StatusOr<std::unique_ptr<postgres::Connection>> connection = postgres::Connection::Open(options_);
    if (!connection.ok()) return connection.status();
    // First to listen and then to look: so nothing is missed.
    const absl::Status listens = (*connection)->Execute(absl::StrCat("LISTEN ", ChangeLog::kChannel));
    if (listens.ok()) connection_ = *std::move(connection);
    return listens;
  }

  // One question for all tenants, however many there are. The first error of any.
  absl::Status LookAtAll() {
    const FollowedMap followed = [this] {
      const std::lock_guard<std::mutex> lock(mutex_);
      return followed_;
    }();
    const absl::StatusOr<postgres::Result> rows =
        connection_->Query("SELECT account_id, live_mode, revision FROM catalog_revisions");
    if (!rows.ok()) {
      connection_.reset();
      return rows.status();
    }
    absl::flat_hash_map<std::string, int64_t> revisions;
    for (int i = 0; i < rows->rows(); ++i) {
      const Tenant tenant{std::string(rows->Text(i, 0)), rows->Bool(i, 1)};
      const std::string message = ChangeLog::MessageOf(tenant);
      revisions.emplace(message, rows->Int(i, 2));
      if (rows->Int(i, 2) > 0 && !followed.contains(message)) Find(tenant, message, rows->Int(i, 2));
    }
    absl::Status status;
    for (const auto& [message, one] : followed) {
      if (over_) break;
      const auto revision = revisions.find(message);
      status.Update(one->Look(revision == revisions.end() ? 0 : revision->second));
    }
    return status;
  }

  // Tells of a tenant whom nobody follows.
  void Find(const Tenant& tenant, const std::string& message, int64_t revision) {
    const std::lock_guard<std::mutex> lock(finding_);
    if (found_ == nullptr || over_) return;
    int64_t& told = told_[message];
    if (told != revision && found_(tenant).code() != absl::StatusCode::kUnavailable) told = revision;
  }

  absl::Status LookAt(Followed* one) {
    const absl::StatusOr<postgres::Result> row =
        connection_->Query("SELECT revision FROM catalog_revisions WHERE account_id = $1 AND live_mode = $2",
                           postgres::Params().Text(one->tenant.account_id).Bool(one->tenant.live_mode));
    if (!row.ok()) return row.status();
    // What fails is told, and tried again, when all are looked at.
    one->Look(row->rows() == 0 ? 0 : row->Int(0, 0)).IgnoreError();
    return absl::OkStatus();
  }

  // Looks at those that messages name, until it is time to look at all.
  absl::Status Wait(absl::Duration patience) {
    const absl::Time until = absl::Now() + patience;
    while (!over_) {
      const absl::Duration left = until - absl::Now();
      if (left <= absl::ZeroDuration()) break;
      const absl::StatusOr<std::vector<FollowedPtr>> named = Named(left);
      if (!named.ok()) return named.status();
      for (const FollowedPtr& one : *named) {
        if (absl::Status status = LookAt(one.get()); !status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  // Whom the next messages name, each once; none when the time is over.
  absl::StatusOr<std::vector<FollowedPtr>> Named(absl::Duration patience) {
    absl::flat_hash_set<std::string> messages;
    for (int i = 0; i < kMostMessages; ++i) {
      absl::StatusOr<std::optional<postgres::Notification>> notification =
          connection_->WaitForNotification(i == 0 ? patience : absl::ZeroDuration(), wake_);
      if (!notification.ok()) return notification.status();
      if (!*notification) break;
      messages.insert(std::move((*notification)->payload));
    }
    std::vector<FollowedPtr> named;
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const std::string& message : messages) {
      if (const auto at = followed_.find(message); at != followed_.end()) named.push_back(at->second);
    }
    return named;
  }

  // Before it is tried again.
  void Pause() {
    pollfd waited = {wake_, POLLIN, 0};
    poll(&waited, 1, static_cast<int>(absl::ToInt64Milliseconds(kPauseAfterError)));
  }

  const postgres::ConnectOptions options_;
  const FollowingState state_;
  const int wake_;
  std::mutex mutex_;
  FollowedMap followed_;  // guarded by mutex_
  std::mutex finding_;
  std::function<absl::Status(const Tenant&)> found_;  // guarded by finding_
  absl::flat_hash_map<std::string, int64_t> told_;    // the thread's: revisions, by what a message says
  std::atomic<bool> over_{false};
  bool good_ = true;
  std::unique_ptr<postgres::Connection> connection_;
  std::thread thread_;  // the last: it uses all of this
};

PostgresStore::~PostgresStore() = default;

PostgresStore::PostgresStore(const std::string& url, const std::string& address, FollowingState state)
    : name_(absl::StrCat("database ", address)), state_(std::move(state)) {
  options_.conninfo = url;
  options_.application_name = "costsd catalog";
}

absl::StatusOr<std::unique_ptr<PostgresStore>> PostgresStore::Open(const std::string& url, FollowingState state) {
  const absl::StatusOr<std::string> address = postgres::AddressOf(url);
  if (!address.ok())
    return absl::Status(address.status().code(), absl::StrCat("the store ", address.status().message()));
  std::unique_ptr<PostgresStore> store(new PostgresStore(url, *address, std::move(state)));
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
  absl::StatusOr<std::unique_ptr<sql::Database>> loader = OpenDatabase(options_, kLongestChange);
  if (!loader.ok()) return loader.status();
  reader_.database = *std::move(reader);
  loader_.database = *std::move(loader);
  return absl::OkStatus();
}

absl::Status PostgresStore::OnReplaced() {
  // All replicas read everything now: not by a plan that was made for empty tables.
  return writer_.database->Execute(
      "ANALYZE locations, devices, calendars, elements, market_prices, carbon_intensities");
}

std::unique_ptr<Following> PostgresStore::Follow(const Tenant& tenant, std::function<absl::Status(int64_t)> look) {
  return follower().Add(tenant, std::move(look));
}

void PostgresStore::OnFound(std::function<absl::Status(const Tenant&)> found) { follower().OnFound(std::move(found)); }

PostgresStore::Follower& PostgresStore::follower() {
  std::call_once(followed_, [this] { follower_ = std::make_unique<Follower>(options_, state_); });
  return *follower_;
}

}  // namespace costs::catalog
