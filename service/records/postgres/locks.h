// The advisory locks of the store's transactions and processes: numbers that every
// replica must agree on. Pure functions.
#ifndef SERVICE_RECORDS_POSTGRES_LOCKS_H_
#define SERVICE_RECORDS_POSTGRES_LOCKS_H_

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/catalog/tenant.h"
#include "service/engine/meter_record.h"

namespace costs::records::pg {

// "cost" in the upper half keeps them apart from those of others on the database; the
// lower half says what for.
inline constexpr int64_t kLockBase = int64_t{0x636f7374} << 32;

// Shared by every write; who takes it alone has waited for those that were begun.
inline constexpr int64_t kWritersLock = kLockBase + 0x7265'0000;

// FNV-1a, the same in every build.
constexpr uint32_t LockHash(absl::string_view text) {
  uint32_t hash = 2'166'136'261;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619;
  return hash;
}

// Held by who counts or changes usage that prices with tiers depend on. Places share
// a few hundred locks, since a server has room for so many only.
inline int64_t UsageLock(const catalog::Tenant& tenant, absl::string_view location_id, engine::TariffRate rate) {
  const uint32_t hash = LockHash(
      absl::StrCat(tenant.account_id, tenant.live_mode ? "/1/" : "/0/", location_id, "/", static_cast<int>(rate)));
  return kLockBase + 0x7275'0000 + hash % 256;
}

// Held by the process that re-prices the tenant's records. Tenants share a few hundred,
// too: thousands of them are no more than a server has room for.
inline int64_t RepriceLock(const catalog::Tenant& tenant) {
  return kLockBase + 0x8000'0000 + LockHash(absl::StrCat(tenant.account_id, tenant.live_mode ? "/1" : "/0")) % 256;
}

}  // namespace costs::records::pg

#endif  // SERVICE_RECORDS_POSTGRES_LOCKS_H_
