// Bearer tokens for an account's API key: logs in, and again before a token ends.
//
// Thread-safe.
#ifndef CLIENT_LOGIN_H_
#define CLIENT_LOGIN_H_

#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/connection.h"
#include "energy/costs/v1/auth_service.pb.h"

namespace costs {

// Trades an account's API key for a token, over a connection of its own; the given one's
// credentials are not used. An error names the address.
absl::StatusOr<energy::costs::v1::LoginResponse> LogInWith(Connection connection, const std::string& account_id,
                                                           const std::string& api_key);

class TokenKeeper {
 public:
  using LogIn = std::function<absl::StatusOr<energy::costs::v1::LoginResponse>()>;

  // `log_in` is called by one thread at a time. `now` tells the time.
  TokenKeeper(LogIn log_in, std::function<absl::Time()> now) : log_in_(std::move(log_in)), now_(std::move(now)) {}

  // "Bearer ...", for a call. Logs in where there is no token that is still good, or its
  // last fifth has begun; in that time others do not wait, and a failed login is no error.
  absl::StatusOr<std::string> Authorization();

  // The server did not know the caller by this: it is not used again.
  void Forget(const std::string& authorization);

 private:
  absl::StatusOr<std::string> Renew();  // holding logging_in_

  const LogIn log_in_;
  const std::function<absl::Time()> now_;

  std::mutex logging_in_;  // taken before mutex_
  std::mutex mutex_;
  std::string authorization_;                   // guarded by mutex_; empty: none
  absl::Time renew_at_ = absl::InfinitePast();  // guarded by mutex_
  absl::Time ends_at_ = absl::InfinitePast();   // guarded by mutex_
};

}  // namespace costs

#endif  // CLIENT_LOGIN_H_
