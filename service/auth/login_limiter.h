// How many logins of an account may fail: a burst, and then so many a minute.
//
// Memory is fixed: accounts are spread over a table by a hash of their ids, also those
// that do not exist, and such as share a place share its failures. A login that
// succeeds is never held up, so nobody is locked out by another's guesses. Thread-safe.
#ifndef SERVICE_AUTH_LOGIN_LIMITER_H_
#define SERVICE_AUTH_LOGIN_LIMITER_H_

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::auth {

class LoginLimiter {
 public:
  static constexpr int kFailuresPerMinute = 10;

  // Counts a failed login. Zero where it is within the limit, else how long to wait.
  absl::Duration Failed(absl::string_view account_id, absl::Time now) {
    const absl::Duration each = absl::Minutes(1) / kFailuresPerMinute;
    const std::lock_guard<std::mutex> lock(mutex_);
    absl::Time& free = free_[absl::Hash<absl::string_view>()(account_id) % kPlaces];
    // Each failure takes each of a minute that was saved up.
    const absl::Time next = std::max(free, now - absl::Minutes(1)) + each;
    if (next > now) return next - now;
    free = next;
    return absl::ZeroDuration();
  }

 private:
  static constexpr size_t kPlaces = 16'384;

  std::mutex mutex_;
  std::array<absl::Time, kPlaces> free_ = {};  // all in 1970
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_LOGIN_LIMITER_H_
