// How the prices of a place come about: which tariff element gave what, from
// each change of any part to the next. For explanations, not for speed. Pure
// functions.
#ifndef SERVICE_ENGINE_RATES_AUDIT_H_
#define SERVICE_ENGINE_RATES_AUDIT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "service/engine/meter_record.h"
#include "service/engine/price_timeline.h"
#include "service/engine/tier_steps.h"
#include "service/engine/time.h"

namespace costs::engine {

// The parts of a price, in units of 10^-scale of the price's timeline, per kWh.
//   market      the market price itself; none without one
//   fixed       the fixed rate, or beside a market price the fixed surcharge
//   percentage  what the surcharge in percent comes to; none without a market
//   aggregate   the three together
struct RateParts {
  std::optional<Int128> market;
  Int128 fixed = 0;
  std::optional<Int128> percentage;
  std::optional<Int128> tier_start;  // nano-Wh of the window; none without tiers
  Int128 aggregate = 0;

  friend bool operator==(const RateParts& a, const RateParts& b) {
    return a.market == b.market && a.fixed == b.fixed && a.percentage == b.percentage && a.tier_start == b.tier_start &&
           a.aggregate == b.aggregate;
  }
};

struct ElementParts {
  size_t element = 0;  // of PriceTimeline::elements()
  RateParts parts;
  Confidence confidence = kCertain;

  friend bool operator==(const ElementParts& a, const ElementParts& b) {
    return a.element == b.element && a.parts == b.parts && a.confidence == b.confidence;
  }
};

struct RateAudit {
  Interval interval;
  std::vector<ElementParts> elements;  // those that reign here, in the order of the timeline's
  // The elements of a type together; of tier_start the highest. None where no
  // element of the type prices here.
  std::optional<RateParts> commodity;
  std::optional<RateParts> non_commodity;
  Int128 total = 0;
  Confidence confidence = kCertain;  // the lowest of the elements'
};

struct AuditQuery {
  Interval interval;
  const PriceTimeline* prices = nullptr;  // not null
  UsageBefore usage_before;               // as PriceTimeline::VisitRates takes it
  size_t most_figures = 0;                // each element of an entry counts as one
};

struct AuditList {
  std::vector<RateAudit> entries;    // in order, without gap
  std::optional<Instant> price_gap;  // set: there is no price from here on, and no entries
  bool too_many = false;             // over most_figures, and no entries
};

AuditList AuditRates(const AuditQuery& query);

}  // namespace costs::engine

#endif  // SERVICE_ENGINE_RATES_AUDIT_H_
