#include "service/records/postgres/id_range.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"
#include "service/records/postgres/record_row.h"

namespace costs::records::pg {
namespace {

constexpr size_t kPrefixBytes = 4;
constexpr size_t kRestBytes = 4;
constexpr int64_t kLastSecond = std::numeric_limits<uint32_t>::max();

std::string OfSecond(int64_t second, char rest) {
  const auto clamped = static_cast<uint32_t>(std::clamp<int64_t>(second, 0, kLastSecond));
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(clamped >> shift));
  return bytes.append(kRestBytes, rest);
}

// The next id, and the one before; an id is a number of 96 bits.
std::string Next(std::string id) {
  for (size_t i = id.size(); i-- > 0;) {
    if (++id[i] != '\0') break;
  }
  return id;
}
std::string Previous(std::string id) {
  for (size_t i = id.size(); i-- > 0;) {
    if (id[i]-- != '\0') break;
  }
  return id;
}

}  // namespace

std::string IdPrefix(const Tenant& tenant, const Thing& thing) {
  calculator::RecordKey key;
  key.account_id = tenant.account_id;
  key.live_mode = tenant.live_mode;
  key.location_id = thing.location_id;
  key.device_id = thing.device_id;
  return std::string(BytesOf(calculator::FirstIdFrom(key, 0)).substr(0, kPrefixBytes));
}

std::string FirstOfSecond(int64_t second) { return OfSecond(second, '\0'); }
std::string LastOfSecond(int64_t second) { return OfSecond(second, '\xff'); }

IdRange RangeOfStarts(absl::string_view prefix, std::optional<engine::Instant> ends_after, int64_t longest_ns,
                      std::optional<engine::Instant> starts_before) {
  IdRange range;
  const int64_t first = ends_after ? (ends_after->ns - longest_ns) / engine::kNanosPerSecond : 0;
  const int64_t last = starts_before ? (starts_before->ns - 1) / engine::kNanosPerSecond : kLastSecond;
  if (starts_before && starts_before->ns <= 0) return {"\x01", ""};  // nothing starts before 1970
  range.low = absl::StrCat(prefix, FirstOfSecond(first));
  range.high = absl::StrCat(prefix, LastOfSecond(last));
  return range;
}

void GoOnAfter(const RecordPosition& position, bool newest_first, absl::string_view prefix, IdRange* range) {
  const absl::string_view id = BytesOf(position.id);
  const int order = prefix.compare(id.substr(0, kPrefixBytes));
  const int64_t second = position.start_s;
  // Within one second the order is that of the ids, and so of their prefixes.
  if (newest_first) {
    std::string high;
    if (order > 0) {
      if (second == 0) {
        *range = {"\x01", ""};
        return;
      }
      high = absl::StrCat(prefix, LastOfSecond(second - 1));
    } else if (order < 0) {
      high = absl::StrCat(prefix, LastOfSecond(second));
    } else {
      high = Previous(std::string(id));
    }
    range->high = std::min(range->high, high);
  } else {
    std::string low;
    if (order > 0) {
      low = absl::StrCat(prefix, FirstOfSecond(second));
    } else if (order < 0) {
      low = absl::StrCat(prefix, FirstOfSecond(second + 1));
    } else {
      low = Next(std::string(id));
    }
    range->low = std::max(range->low, low);
  }
}

}  // namespace costs::records::pg
