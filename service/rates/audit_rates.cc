#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "service/catalog/refusal.h"
#include "service/engine/rates.h"
#include "service/engine/rates_audit.h"
#include "service/rates/place.h"
#include "service/rates/rates.h"
#include "service/rates/request_check.h"

namespace costs::rates {
namespace {

void FillParts(const engine::RateParts& parts, int scale, pb::RateComponents* out) {
  const auto money = [&](engine::Int128 units) { return engine::Figure::Of(units, scale).ToDouble(); };
  if (parts.market) out->set_market(money(*parts.market));
  out->set_fixed(money(parts.fixed));
  if (parts.percentage) out->set_percentage(money(*parts.percentage));
  if (parts.tier_start) out->set_tier(ToKwh(*parts.tier_start));
  out->set_aggregate(money(parts.aggregate));
}

void FillEntry(const engine::RateAudit& audit, const engine::PriceTimeline& prices, pb::AuditEntry* out) {
  const int scale = prices.timeline().scale();
  *out->mutable_valid_from() = ToTimestamp(audit.interval.start);
  *out->mutable_valid_to() = ToTimestamp(audit.interval.end);
  pb::AuditRate* rate = out->mutable_tariff_rate();
  if (audit.commodity) FillParts(*audit.commodity, scale, rate->mutable_commodity());
  if (audit.non_commodity) FillParts(*audit.non_commodity, scale, rate->mutable_non_commodity());
  rate->set_total(engine::Figure::Of(audit.total, scale).ToDouble());
  rate->set_confidence(ToFraction(audit.confidence));
  for (const engine::ElementParts& parts : audit.elements) {
    const engine::TariffElement& element = *prices.elements()[parts.element];
    pb::ElementAudit* given = out->add_elements();
    given->set_tariff_element_id(element.id);
    given->set_type(element.type == engine::ElementType::kCommodity ? pb::ElementType::COMMODITY
                                                                    : pb::ElementType::NON_COMMODITY);
    given->set_display_name(element.display_name);
    if (element.market != nullptr) given->set_market_series(element.market->id());
    FillParts(parts.parts, scale, given->mutable_components());
    given->set_confidence(ToFraction(parts.confidence));
  }
}

// One entry: local generation is free.
void FillFree(const engine::Interval& interval, pb::AuditEntry* out) {
  *out->mutable_valid_from() = ToTimestamp(interval.start);
  *out->mutable_valid_to() = ToTimestamp(interval.end);
  out->mutable_tariff_rate()->set_total(0);
  out->mutable_tariff_rate()->set_confidence(1);
}

void FillSources(const Place& place, pb::AuditRatesResponse* response) {
  if (place.prices != nullptr) {
    for (const auto& element : place.prices->elements()) {
      if (element->market == nullptr) continue;
      if (absl::c_linear_search(response->market_sources(), element->market->id())) continue;
      response->add_market_sources(element->market->id());
    }
  }
  if (!place.location->carbon_region.empty()) response->add_carbon_sources(std::string(place.location->carbon_region));
}

}  // namespace

absl::Status AuditRates(const catalog::Snapshot& snapshot, const Call& call, const pb::AuditRatesRequest& request,
                        pb::AuditRatesResponse* response) {
  pb::AuditRatesRequest& asked = *response->mutable_request();
  asked = request;
  RequestCheck check(call.now);
  check.Shared(&asked);
  const std::optional<engine::Int128> usage_before =
      check.UsageBefore(request.has_usage_before_wh(), request.usage_before_wh());
  if (!check.violations().empty()) return catalog::Invalid(check.violations());

  absl::StatusOr<Place> place = FindPlace(snapshot, request.location_id(), check.direction());
  if (!place.ok()) return place.status();
  if (place->prices == nullptr && !place->free()) return NoTariffConnected(*place, "connect one");
  absl::StatusOr<std::vector<engine::Int128>> used = UsageInWindows(*place, call, check.interval().start, usage_before);
  if (!used.ok()) return used.status();
  if (used->size() == 1) asked.set_usage_before_wh(ToWh(used->front()));
  engine::AuditList list;
  if (place->prices != nullptr) {
    engine::AuditQuery query;
    query.interval = check.interval();
    query.prices = place->prices;
    query.usage_before = *used;
    query.most_figures = call.most_audit_figures;
    list = engine::AuditRates(query);
  }
  if (list.price_gap) return NoPriceData(*place, *list.price_gap, "add it, or ask for a period that has prices");
  if (list.too_many) {
    return TooManyFigures(call.most_audit_figures, "each element of an entry is one: ask for a shorter period");
  }
  FillHead(*place, call, "tra_", "tariff_rate_audit", response);
  FillSources(*place, response);
  for (const engine::RateAudit& audit : list.entries) FillEntry(audit, *place->prices, response->add_data());
  if (place->free()) FillFree(check.interval(), response->add_data());
  return absl::OkStatus();
}

}  // namespace costs::rates
