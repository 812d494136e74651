// Tokens that were found good, so that a signature is not verified with every call.
//
// Bounded: when a part of the cache is full, what was not asked for since it was last
// full is dropped. What is found says nothing of the token's time, account or keys of
// today: whoever asks checks that. Thread-safe.
#ifndef SERVICE_AUTH_TOKEN_CACHE_H_
#define SERVICE_AUTH_TOKEN_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/auth/authenticator.h"

namespace costs::auth {

struct CachedToken {
  std::shared_ptr<const Identity> identity;
  std::string key_id;  // empty: none
  absl::Time expires;
  uint64_t generation = 0;  // of the Trust that it was checked with
};

class TokenCache {
 public:
  // About as many tokens, and at most twice as many.
  explicit TokenCache(size_t tokens) : most_in_part_(tokens / kParts + 1) {}

  // By the whole token; null: not there.
  std::shared_ptr<const CachedToken> Find(absl::string_view token) {
    Part& part = PartOf(token);
    const std::lock_guard<std::mutex> lock(part.mutex);
    if (const auto found = part.young.find(token); found != part.young.end()) return found->second;
    const auto found = part.old.find(token);
    if (found == part.old.end()) return nullptr;
    std::shared_ptr<const CachedToken> cached = found->second;
    Add(token, cached, &part);
    return cached;
  }

  void Put(absl::string_view token, std::shared_ptr<const CachedToken> cached) {
    Part& part = PartOf(token);
    const std::lock_guard<std::mutex> lock(part.mutex);
    Add(token, std::move(cached), &part);
  }

  void Remove(absl::string_view token) {
    Part& part = PartOf(token);
    const std::lock_guard<std::mutex> lock(part.mutex);
    part.young.erase(token);
    part.old.erase(token);
  }

  size_t size() {
    size_t count = 0;
    for (Part& part : parts_) {
      const std::lock_guard<std::mutex> lock(part.mutex);
      count += part.young.size() + part.old.size();
    }
    return count;
  }

 private:
  static constexpr size_t kParts = 16;
  using Tokens = absl::flat_hash_map<std::string, std::shared_ptr<const CachedToken>>;
  struct Part {
    std::mutex mutex;
    Tokens young;  // asked for since `old` was filled
    Tokens old;
  };

  // By other bits than the maps'.
  Part& PartOf(absl::string_view token) { return parts_[(absl::Hash<absl::string_view>()(token) >> 40) % kParts]; }

  void Add(absl::string_view token, std::shared_ptr<const CachedToken> cached, Part* part) {
    if (part->young.size() >= most_in_part_) {
      part->old = std::move(part->young);
      part->young.clear();
    }
    part->young.insert_or_assign(std::string(token), std::move(cached));
  }

  const size_t most_in_part_;
  std::array<Part, kParts> parts_;
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_TOKEN_CACHE_H_
