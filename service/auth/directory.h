// All accounts and API keys, in memory: what a call is checked against.
//
// A Directory never changes: a change makes the next one, which shares with it all
// but what changed (a few hundred entries are copied). The holder swaps them, so
// that looking neither blocks nor touches the store. Thread-safe.
#ifndef SERVICE_AUTH_DIRECTORY_H_
#define SERVICE_AUTH_DIRECTORY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/auth/api_key.h"

namespace costs::auth {

struct AccountEntry {
  std::string id;
  bool disabled = false;
};

struct ApiKeyEntry {
  std::string id;
  std::string account_id;
  bool live_mode = false;
  SecretHash secret;
  absl::Time expires = absl::InfiniteFuture();
  bool revoked = false;
};

// A map in parts that its copies share.
template <typename Entry>
class EntryTable {
 public:
  const Entry* Find(absl::string_view id) const {
    const auto& part = parts_[PartOf(id)];
    if (part == nullptr) return nullptr;
    const auto found = part->find(id);
    return found == part->end() ? nullptr : &found->second;
  }

  // Puts entries in the place of those with their ids, or adds them.
  void Put(std::vector<Entry> entries) {
    std::array<std::shared_ptr<Part>, kParts> changed;
    for (Entry& entry : entries) {
      const size_t part = PartOf(entry.id);
      if (changed[part] == nullptr) {
        changed[part] = parts_[part] == nullptr ? std::make_shared<Part>() : std::make_shared<Part>(*parts_[part]);
        parts_[part] = changed[part];
      }
      std::string id = entry.id;
      changed[part]->insert_or_assign(std::move(id), std::move(entry));
    }
  }

 private:
  static constexpr size_t kParts = 256;
  using Part = absl::flat_hash_map<std::string, Entry>;

  // By other bits than the map's.
  static size_t PartOf(absl::string_view id) { return (absl::Hash<absl::string_view>()(id) >> 40) % kParts; }

  std::array<std::shared_ptr<const Part>, kParts> parts_;
};

class Directory {
 public:
  Directory() = default;
  // `before` with these put in.
  Directory(const Directory& before, std::vector<AccountEntry> accounts, std::vector<ApiKeyEntry> keys)
      : accounts_(before.accounts_), keys_(before.keys_) {
    accounts_.Put(std::move(accounts));
    keys_.Put(std::move(keys));
  }

  const AccountEntry* FindAccount(absl::string_view id) const { return accounts_.Find(id); }
  const ApiKeyEntry* FindKey(absl::string_view id) const { return keys_.Find(id); }

 private:
  EntryTable<AccountEntry> accounts_;
  EntryTable<ApiKeyEntry> keys_;
};

class DirectoryHolder {
 public:
  std::shared_ptr<const Directory> Get() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return directory_;
  }
  void Set(std::shared_ptr<const Directory> directory) {
    const std::lock_guard<std::mutex> lock(mutex_);
    directory_.swap(directory);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Directory> directory_ = std::make_shared<const Directory>();
};

}  // namespace costs::auth

#endif  // SERVICE_AUTH_DIRECTORY_H_
