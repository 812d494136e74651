// How much of the service an account may use: requests a second, and streams at once.
//
//   absl::Status refusal = limits.TakeRequest(account_id);
//   absl::StatusOr<StreamLease> lease = limits.OpenStream(account_id);   // held as long as the stream is open
//   absl::Duration wait = lease->TakeChunk();                             // before the next one is read
//
// An account's requests are counted in both of its modes together. They may come in a
// burst after a pause, and at an even rate from then on (a token bucket; RFC 2697's
// idea, kept as one time an account: GCRA). A stream that sends faster is not refused:
// it is read more slowly.
//
// An account that is idle takes no memory. Thread-safe.
#ifndef SERVICE_AUTH_ACCOUNT_LIMITS_H_
#define SERVICE_AUTH_ACCOUNT_LIMITS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace costs::auth {

class AccountLimits;

// An open stream of an account. Movable; one that was moved from, or made by no limits,
// holds nothing.
class StreamLease {
 public:
  StreamLease() = default;
  StreamLease(StreamLease&& other) noexcept { *this = std::move(other); }
  StreamLease& operator=(StreamLease&& other) noexcept {
    std::swap(limits_, other.limits_);
    account_id_.swap(other.account_id_);
    return *this;
  }
  ~StreamLease();

  // Counts a chunk as a request. How long to wait before the next one is read.
  absl::Duration TakeChunk() const;

 private:
  friend class AccountLimits;
  StreamLease(AccountLimits* limits, absl::string_view account_id) : limits_(limits), account_id_(account_id) {}

  AccountLimits* limits_ = nullptr;
  std::string account_id_;
};

class AccountLimits {
 public:
  struct Options {
    uint32_t requests_per_second = 0;  // 0: as many as come
    uint32_t burst = 1;                // requests at once, after a pause; at least 1
    uint32_t streams = 0;              // at once; 0: as many as come
    std::function<absl::Time()> clock = absl::Now;
  };
  // Outlives its leases.
  explicit AccountLimits(Options options);

  // Whether requests are counted at all.
  bool counts_requests() const { return options_.requests_per_second > 0; }

  // Counts a request, or refuses it: RESOURCE_EXHAUSTED (RATE_LIMITED), with when there
  // will be room for one. A refused request does not count.
  absl::Status TakeRequest(absl::string_view account_id);

  // RESOURCE_EXHAUSTED (RATE_LIMITED) where the account has too many.
  absl::StatusOr<StreamLease> OpenStream(absl::string_view account_id);

  // Accounts that are remembered now.
  size_t accounts() const;

 private:
  friend class StreamLease;

  struct Account {
    absl::Time next = absl::InfinitePast();  // when an even rate would have the next request
    uint32_t streams = 0;
  };
  struct Part {
    mutable std::mutex mutex;
    absl::flat_hash_map<std::string, Account> accounts;  // guarded by mutex
    size_t look_at = 64;                                 // guarded by mutex: idle ones are forgotten at that size
  };

  Part& PartOf(absl::string_view account_id);
  Account& Find(Part* part, absl::string_view account_id, absl::Time now);
  void CloseStream(absl::string_view account_id);
  absl::Duration TakeChunk(absl::string_view account_id);

  const Options options_;
  const absl::Duration every_;  // a request, at an even rate
  const absl::Duration saved_;  // what a pause saves up at most
  std::array<Part, 64> parts_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_ACCOUNT_LIMITS_H_
