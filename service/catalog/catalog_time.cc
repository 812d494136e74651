#include "service/catalog/catalog_time.h"

#include <algorithm>
#include <cstdint>

#include "service/rfc3339/rfc3339.h"

namespace costs::catalog {

absl::optional<engine::Instant> ParseCatalogTime(absl::string_view text) {
  const absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(text);
  if (!time.ok() || time->nanos != 0) return absl::nullopt;
  constexpr int64_t kEarliest = engine::kEarliest.ns / engine::kNanosPerSecond;
  constexpr int64_t kLatest = engine::kLatest.ns / engine::kNanosPerSecond;
  return engine::Instant::FromSeconds(std::clamp(time->seconds, kEarliest - 1, kLatest + 1));
}

}  // namespace costs::catalog
