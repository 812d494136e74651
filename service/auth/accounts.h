// Accounts and their API keys: the calls of AccountsService, the store behind them,
// and the directory that calls are checked against.
//
//   absl::StatusOr<std::unique_ptr<Accounts>> accounts = Accounts::Open(options);
//   (*accounts)->CreateApiKey(request, &response);
//   (*accounts)->directory().Get()->FindKey(id);
//
// The directory has what was committed. Where servers share a store, it follows what
// the others change within a second or so; while the store is away it stays as it is.
//
// The calls block; their errors are refusals (service/catalog/refusal.h). Thread-safe.
#ifndef SERVICE_AUTH_ACCOUNTS_H_
#define SERVICE_AUTH_ACCOUNTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "energy/costs/v1/accounts_service.pb.h"
#include "service/auth/accounts_store.h"
#include "service/auth/directory.h"
#include "service/auth/periodic.h"

namespace costs::auth {

class Accounts {
 public:
  struct Options {
    std::string store;  // see OpenAccountsStore
    std::function<absl::Time()> clock = absl::Now;
    absl::Duration follow_every = absl::Milliseconds(500);
    // Why the store cannot be followed, once it cannot, and OK once it can again. From
    // a thread of this.
    std::function<void(const absl::Status&)> on_following = [](const absl::Status&) {};
  };
  static absl::StatusOr<std::unique_ptr<Accounts>> Open(Options options);

  absl::Status CreateAccount(const energy::costs::v1::CreateAccountRequest& request,
                             energy::costs::v1::Account* response);
  absl::Status GetAccount(const energy::costs::v1::GetAccountRequest& request, energy::costs::v1::Account* response);
  absl::Status ListAccounts(const energy::costs::v1::ListAccountsRequest& request,
                            energy::costs::v1::ListAccountsResponse* response);
  absl::Status UpdateAccount(const energy::costs::v1::UpdateAccountRequest& request,
                             energy::costs::v1::Account* response);
  absl::Status CreateApiKey(const energy::costs::v1::CreateApiKeyRequest& request,
                            energy::costs::v1::CreateApiKeyResponse* response);
  absl::Status ListApiKeys(const energy::costs::v1::ListApiKeysRequest& request,
                           energy::costs::v1::ListApiKeysResponse* response);
  absl::Status RevokeApiKey(const energy::costs::v1::RevokeApiKeyRequest& request, energy::costs::v1::ApiKey* response);

  const DirectoryHolder& directory() const { return directory_; }

 private:
  Accounts(Options options, AccountsStore store);

  // Puts into the directory what has changed since it was last looked at.
  absl::Status CatchUp(sql::Database* database);
  void Follow();
  int64_t NowNs() const { return absl::ToUnixNanos(options_.clock()); }

  absl::StatusOr<std::optional<energy::costs::v1::Account>> FindAccount(const std::string& id);
  absl::StatusOr<std::optional<energy::costs::v1::ApiKey>> FindKey(const std::string& id);
  absl::Status RequireAccount(const std::string& id);
  // Runs `write` in a transaction with the number of its revision, commits it, and has
  // the directory show it.
  absl::Status Commit(const std::function<absl::Status(int64_t revision)>& write);

  const Options options_;
  DirectoryHolder directory_;

  std::mutex writer_mutex_;
  AccountsStore store_;  // `writer`: guarded by writer_mutex_; `follower` is follow_'s

  std::mutex directory_mutex_;  // of who makes the next directory
  int64_t revision_ = 0;        // that the directory shows; guarded by directory_mutex_

  bool following_ = true;  // follow_'s
  std::unique_ptr<Periodic> follow_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_ACCOUNTS_H_
