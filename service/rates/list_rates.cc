#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/engine/rates.h"
#include "service/rates/place.h"
#include "service/rates/rates.h"
#include "service/rates/request_check.h"

namespace costs::rates {
namespace {

constexpr int kMinutesPerDay = 1'440;
constexpr int kShortestResolution = 5;
constexpr int64_t kNanosPerMinute = 60 * engine::kNanosPerSecond;

void CheckResolution(const pb::ListRatesRequest& request, RequestCheck* check) {
  const int minutes = request.resolution();
  if (minutes == 0) return;
  if (minutes < kShortestResolution || minutes > kMinutesPerDay || kMinutesPerDay % minutes != 0) {
    check->Add("resolution", absl::StrCat("must be 0 (from change to change), or minutes that divide a day, at least ",
                                          kShortestResolution, ", such as 15, 30 or 60"));
  }
}

void FillPrice(const engine::PriceFigure& price, pb::TimelineRate* out) {
  out->set_rate(price.rate.ToDouble());
  out->set_confidence(ToFraction(price.confidence));
  for (const engine::TierFigure& tier : price.tiers) {
    pb::TierRate* step = out->add_tiers();
    if (tier.to_nwh) step->set_to_kwh(ToKwh(*tier.to_nwh));
    step->set_rate(tier.rate.ToDouble());
  }
}

void FillIntensity(const engine::IntensityFigure& intensity, pb::TimelineIntensity* out) {
  out->set_intensity(intensity.grams.ToDouble());
  out->set_relative(intensity.relative);
  out->set_confidence(ToFraction(intensity.confidence));
}

}  // namespace

absl::Status ListRates(const catalog::Snapshot& snapshot, const Call& call, const pb::ListRatesRequest& request,
                       pb::ListRatesResponse* response) {
  pb::ListRatesRequest& asked = *response->mutable_request();
  asked = request;
  RequestCheck check(call.now);
  check.Shared(&asked);
  CheckResolution(asked, &check);
  const std::optional<engine::Int128> usage_before =
      check.UsageBefore(request.has_usage_before_wh(), request.usage_before_wh());
  if (!check.violations().empty()) return catalog::Invalid(check.violations());
  if (!request.has_include_tariff()) asked.set_include_tariff(true);
  if (!request.has_include_carbon()) asked.set_include_carbon(true);
  asked.set_resolution(asked.resolution());

  absl::StatusOr<Place> place = FindPlace(snapshot, request.location_id(), check.direction());
  if (!place.ok()) return place.status();
  engine::RateQuery query;
  query.interval = check.interval();
  query.nanos_per_entry = asked.resolution() * kNanosPerMinute;
  query.most_figures = call.most_figures;
  std::vector<engine::Int128> used;
  if (asked.include_tariff()) {
    absl::StatusOr<std::vector<engine::Int128>> known =
        UsageInWindows(*place, call, query.interval.start, usage_before);
    if (!known.ok()) return known.status();
    used = *std::move(known);
    if (used.size() == 1) asked.set_usage_before_wh(ToWh(used.front()));
    query.usage_before = used;
    query.prices = place->prices;
    if (place->prices == nullptr && !place->free()) {
      return NoTariffConnected(*place, "connect one, or ask with include_tariff=false");
    }
  }
  if (asked.include_carbon() && !place->local()) query.carbon = place->location->carbon;
  const engine::RateList list = engine::ListRates(query);
  if (list.price_gap) return NoPriceData(*place, *list.price_gap, "add it, or ask with include_tariff=false");
  if (list.too_many) {
    return TooManyFigures(call.most_figures,
                          "an entry is one, or as many as it has tiers: ask for a shorter period, or give a "
                          "resolution");
  }
  FillHead(*place, call, "rts_", "tariff_rate", response);
  *response->mutable_last_updated() = ToTimestamp(std::min(call.catalog_changed, call.now));
  *response->mutable_next_update() =
      ToTimestamp(NextUpdate(snapshot, *place, call, asked.include_tariff(), asked.include_carbon()));
  response->mutable_data()->Reserve(static_cast<int>(list.entries.size()));
  for (const engine::RateEntry& entry : list.entries) {
    pb::TimelineEntry* out = response->add_data();
    *out->mutable_valid_from() = ToTimestamp(entry.interval.start);
    *out->mutable_valid_to() = ToTimestamp(entry.interval.end);
    if (entry.price) FillPrice(*entry.price, out->mutable_tariff());
    if (asked.include_tariff() && place->free()) FillPrice({}, out->mutable_tariff());
    if (entry.intensity) FillIntensity(*entry.intensity, out->mutable_carbon());
    if (asked.include_carbon() && place->local()) FillIntensity({}, out->mutable_carbon());
  }
  return absl::OkStatus();
}

}  // namespace costs::rates
