#include "service/rates/place.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "service/calculator/calculator.h"
#include "service/catalog/refusal.h"
#include "service/engine/tier_window.h"

namespace costs::rates {
namespace {

using catalog::Refuse;
using engine::TariffRate;

const char* NameOf(TariffRate rate) {
  constexpr const char* kNames[] = {"UNSPECIFIED", "IMPORT", "EXPORT", "LOCAL"};
  return kNames[static_cast<int>(rate)];
}

std::string TimeText(engine::Instant at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(at.ns), absl::UTCTimeZone());
}

// The first instant of the next date.
absl::Time NextMidnight(const absl::TimeZone& zone, absl::Time now) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(absl::ToCivilDay(now, zone) + 1));
  // Where a change of the clock skips midnight, the date begins with the change.
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

}  // namespace

absl::StatusOr<Place> FindPlace(const catalog::Snapshot& snapshot, absl::string_view location_id,
                                TariffRate direction) {
  const catalog::Location* location = snapshot.FindLocation(location_id);
  if (location == nullptr) {
    return Refuse(absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
                  absl::StrCat("there is no location '", location_id, "' in this account; check location_id"));
  }
  return Place{location_id, location, direction, location->PricesFor(direction)};
}

absl::StatusOr<std::vector<engine::Int128>> UsageInWindows(const Place& place, const Call& call, engine::Instant start,
                                                           std::optional<engine::Int128> given) {
  std::vector<engine::Int128> used;
  if (place.prices == nullptr || !place.prices->tiered()) return used;
  const std::vector<engine::TierWindow>& windows = place.prices->windows();
  if (given && windows.size() > 1) {
    return catalog::Invalid({{"usage_before_wh",
                              "cannot be one number here: the location's tariff elements count usage over several "
                              "windows; leave it out"}});
  }
  if (given) return std::vector<engine::Int128>{*given};
  calculator::Caller caller;
  caller.account_id = call.account_id;
  caller.live_mode = call.live_mode;
  for (const engine::TierWindow& window : windows) {
    used.push_back(0);
    const engine::Interval before{engine::WindowAt(window, place.prices->zone(), start).interval.start, start};
    if (call.usage == nullptr || before.nanos() == 0) continue;
    absl::StatusOr<engine::Int128> known =
        call.usage->UsageWithin(caller, place.id, place.location->zone, place.direction, before);
    if (!known.ok()) {
      return Refuse(known.status().code(), "USAGE_UNKNOWN",
                    absl::StrCat("what location ", place.id, " used before ", TimeText(start), " cannot be told: ",
                                 known.status().message(), "; try again, or give usage_before_wh"));
    }
    used.back() = *known;
  }
  return used;
}

absl::Status NoTariffConnected(const Place& place, absl::string_view remedy) {
  return Refuse(
      absl::StatusCode::kFailedPrecondition, "NO_TARIFF_CONNECTED",
      absl::StrCat("location ", place.id, " has no tariff element for ", NameOf(place.direction), "; ", remedy));
}

absl::Status NoPriceData(const Place& place, engine::Instant gap, absl::string_view remedy) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "NO_PRICE_DATA",
                absl::StrCat("location ", place.id, " has no ", NameOf(place.direction), " price from ", TimeText(gap),
                             "; ", remedy));
}

absl::Status NoCarbonData(const Place& place, engine::Instant gap) {
  return Refuse(absl::StatusCode::kFailedPrecondition, "NO_CARBON_DATA",
                absl::StrCat("location ", place.id, " has no carbon intensity from ", TimeText(gap),
                             "; add it, or ask for a period that has it"));
}

absl::Status TooManyFigures(size_t most, absl::string_view remedy) {
  return catalog::Invalid({{"end_time", absl::StrCat("asks for an answer of more than ", most, " figures; ", remedy)}});
}

absl::Time NextUpdate(const catalog::Snapshot& snapshot, const Place& place, const Call& call, bool tariff,
                      bool carbon) {
  absl::Time next = absl::InfiniteFuture();
  const auto ends = [&](engine::Instant end) {
    const absl::Time time = absl::FromUnixNanos(end.ns);
    if (time > call.now) next = std::min(next, time);
  };
  if (tariff && place.prices != nullptr) {
    for (const auto& element : place.prices->elements()) {
      if (element->market != nullptr) ends(element->market->end());
    }
  }
  if (carbon && !place.local() && place.location->carbon != nullptr) {
    if (auto series = snapshot.FindCarbon(place.location->carbon_region)) ends(series->end());
  }
  return next != absl::InfiniteFuture() ? next : NextMidnight(place.location->zone, call.now);
}

google::protobuf::Timestamp ToTimestamp(engine::Instant instant) {
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(instant.ns / engine::kNanosPerSecond);
  timestamp.set_nanos(static_cast<int32_t>(instant.ns % engine::kNanosPerSecond));
  return timestamp;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  return ToTimestamp(engine::Instant{absl::ToUnixNanos(time)});
}

double ToWh(engine::Int128 nano_wh) { return static_cast<double>(nano_wh) / 1e9; }

double ToKwh(engine::Int128 nano_wh) { return static_cast<double>(nano_wh) / 1e12; }

double ToFraction(engine::Confidence confidence) { return confidence / 1000.0; }

}  // namespace costs::rates
