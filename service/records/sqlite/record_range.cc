#include "service/records/sqlite/record_range.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "service/calculator/record_id.h"

namespace costs::records {
namespace {

using calculator::RecordId;

bool Before(const RecordPosition& a, const RecordPosition& b) {
  return std::tie(a.start_s, a.id.bytes) < std::tie(b.start_s, b.id.bytes);
}

RecordId Next(RecordId id) {
  for (size_t i = id.bytes.size(); i-- > 0 && ++id.bytes[i] == 0;) {
  }
  return id;
}

int64_t Clamp(int64_t second) { return std::clamp<int64_t>(second, 0, kLastSecond); }

}  // namespace

absl::string_view BytesOf(const RecordId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

RecordId IdOfBytes(absl::string_view bytes) {
  RecordId id;
  if (bytes.size() == id.bytes.size()) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
  return id;
}

int64_t SecondBefore(int64_t ns) { return ns < 0 ? 0 : Clamp(ns / engine::kNanosPerSecond); }

int64_t SecondAfter(int64_t ns) {
  return ns <= 0 ? 0 : Clamp(ns / engine::kNanosPerSecond + (ns % engine::kNanosPerSecond != 0 ? 1 : 0));
}

bool PositionRange::empty() const { return !Before(low, high); }

void PositionRange::StartAfter(const RecordPosition& position) {
  const RecordPosition next = {position.start_s, Next(position.id)};
  if (Before(low, next)) low = next;
}

void PositionRange::EndBefore(const RecordPosition& position) {
  if (Before(position, high)) high = position;
}

void PositionRange::StartFrom(int64_t second) {
  const RecordPosition first = {Clamp(second), {}};
  if (Before(low, first)) low = first;
}

void PositionRange::EndAt(int64_t second) { EndBefore({Clamp(second), {}}); }

IdRange IdsWithin(const catalog::Tenant& tenant, absl::string_view location_id, absl::string_view device_id,
                  const PositionRange& range) {
  calculator::RecordKey key;
  key.account_id = tenant.account_id;
  key.live_mode = tenant.live_mode;
  key.location_id = location_id;
  key.device_id = device_id;
  constexpr size_t kHashBytes = 4;
  const auto first_at = [&](const RecordPosition& position) -> RecordId {
    const RecordId first = calculator::FirstIdFrom(key, static_cast<uint32_t>(position.start_s));
    const int order = std::memcmp(first.bytes.data(), position.id.bytes.data(), kHashBytes);
    // In that second its ids lie all after the position, or all before it.
    if (order > 0) return first;
    if (order < 0) return calculator::FirstIdFrom(key, static_cast<uint32_t>(Clamp(position.start_s + 1)));
    RecordId same = position.id;
    std::copy_n(first.bytes.begin(), 8, same.bytes.begin());
    return same;
  };
  return {first_at(range.low), first_at(range.high)};
}

}  // namespace costs::records
