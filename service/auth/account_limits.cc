#include "service/auth/account_limits.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"

namespace costs::auth {
namespace {

// What an account with too many streams is told to wait; when one of its own will end
// is not known.
constexpr absl::Duration kStreamRetry = absl::Seconds(1);

absl::Status RateLimited(absl::string_view message, absl::Duration retry_after) {
  return catalog::WithRetryAfter(catalog::Refuse(absl::StatusCode::kResourceExhausted, "RATE_LIMITED", message),
                                 retry_after);
}

}  // namespace

StreamLease::~StreamLease() {
  if (limits_ != nullptr) limits_->CloseStream(account_id_);
}

absl::Duration StreamLease::TakeChunk() const {
  return limits_ == nullptr ? absl::ZeroDuration() : limits_->TakeChunk(account_id_);
}

AccountLimits::AccountLimits(Options options)
    : options_(std::move(options)),
      every_(absl::Seconds(1) / std::max<int64_t>(options_.requests_per_second, 1)),
      saved_(every_ * (std::max<int64_t>(options_.burst, 1) - 1)) {}

absl::Status AccountLimits::TakeRequest(absl::string_view account_id) {
  if (!counts_requests()) return absl::OkStatus();
  const absl::Time now = options_.clock();
  Part& part = PartOf(account_id);
  const std::lock_guard<std::mutex> lock(part.mutex);
  Account& account = Find(&part, account_id, now);
  const absl::Time due = std::max(account.next, now - saved_);
  if (due > now) {
    return RateLimited(absl::StrCat("the account's limit is ", options_.requests_per_second,
                                    " requests a second; send fewer, send more records in a batch or a stream, or "
                                    "try again after the time given"),
                       due - now);
  }
  account.next = due + every_;
  return absl::OkStatus();
}

absl::StatusOr<StreamLease> AccountLimits::OpenStream(absl::string_view account_id) {
  // Counted also where there is no limit to their number: chunks are by this account.
  Part& part = PartOf(account_id);
  const std::lock_guard<std::mutex> lock(part.mutex);
  Account& account = Find(&part, account_id, options_.clock());
  if (options_.streams > 0 && account.streams >= options_.streams) {
    return RateLimited(absl::StrCat("the account has ", account.streams, " streams open, and its limit is ",
                                    options_.streams, "; send more records on those, or end one first"),
                       kStreamRetry);
  }
  ++account.streams;
  return StreamLease(this, account_id);
}

size_t AccountLimits::accounts() const {
  size_t accounts = 0;
  for (const Part& part : parts_) {
    const std::lock_guard<std::mutex> lock(part.mutex);
    accounts += part.accounts.size();
  }
  return accounts;
}

AccountLimits::Part& AccountLimits::PartOf(absl::string_view account_id) {
  // By other bits than the map's.
  return parts_[(absl::Hash<absl::string_view>()(account_id) >> 40) % parts_.size()];
}

AccountLimits::Account& AccountLimits::Find(Part* part, absl::string_view account_id, absl::Time now) {
  auto& accounts = part->accounts;
  if (const auto found = accounts.find(account_id); found != accounts.end()) return found->second;
  if (accounts.size() >= part->look_at) {
    // One whose time has passed by all that can be saved up is as one never seen.
    const absl::Time full = now - saved_;
    absl::erase_if(accounts,
                   [full](const auto& entry) { return entry.second.streams == 0 && entry.second.next <= full; });
    part->look_at = std::max<size_t>(64, accounts.size() * 2);
  }
  return accounts[account_id];
}

void AccountLimits::CloseStream(absl::string_view account_id) {
  Part& part = PartOf(account_id);
  const std::lock_guard<std::mutex> lock(part.mutex);
  --Find(&part, account_id, options_.clock()).streams;
}

absl::Duration AccountLimits::TakeChunk(absl::string_view account_id) {
  if (!counts_requests()) return absl::ZeroDuration();
  const absl::Time now = options_.clock();
  Part& part = PartOf(account_id);
  const std::lock_guard<std::mutex> lock(part.mutex);
  Account& account = Find(&part, account_id, now);
  // The chunk is here, and counts; the account's next request of any kind waits for it.
  account.next = std::max(account.next, now - saved_) + every_;
  return std::max(account.next - now, absl::ZeroDuration());
}

}  // namespace costs::auth
