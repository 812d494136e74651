#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/refusal.h"
#include "service/engine/rates.h"
#include "service/engine/slots.h"
#include "service/rates/place.h"
#include "service/rates/rates.h"
#include "service/rates/request_check.h"

namespace costs::rates {
namespace {

using engine::Interval;
using engine::RateSpan;
using engine::Timeline;

constexpr int64_t kNanosPerMinute = 60 * engine::kNanosPerSecond;

void CheckSlots(const pb::FindSlotsRequest& request, RequestCheck* check) {
  if (request.segment() < pb::SlotSegment::LOW || request.segment() > pb::SlotSegment::GREEN) {
    check->Add("segment", "is required and must be LOW, HIGH or GREEN");
  }
  if (!request.has_duration()) {
    check->Add("duration", "is required; give the minutes that the slots are to have together");
  } else if (request.duration() < 1) {
    check->Add("duration", "must be at least 1 minute");
  } else if (check->interval().nanos() > 0 && request.duration() > check->interval().nanos() / kNanosPerMinute) {
    check->Add("duration", absl::StrCat("must be at most the ", check->interval().nanos() / kNanosPerMinute,
                                        " minutes from start_time to end_time"));
  }
}

// A rate over the whole period, in order and without gap.
struct Line {
  std::vector<Timeline::Stretch> stretches;
  int scale = 0;
  bool too_many = false;

  const Timeline::Stretch* FirstGap() const {
    const auto gap = absl::c_find_if(stretches, [](const Timeline::Stretch& stretch) { return !stretch.known; });
    return gap != stretches.end() ? &*gap : nullptr;
  }
};

Line ConstantLine(const Interval& interval, bool known) { return {{{interval, 0, engine::kCertain, known}}, 0, false}; }

Line LineOf(const Timeline& timeline, const Interval& interval, size_t most) {
  Line line;
  line.scale = timeline.scale();
  timeline.Visit(interval, [&](const Timeline::Stretch& stretch) {
    line.stretches.push_back(stretch);
    return line.stretches.size() <= most;
  });
  line.too_many = line.stretches.size() > most;
  return line;
}

// At the tier that `used` reaches.
Line PriceLine(const Place& place, const Interval& interval, engine::UsageBefore used, size_t most) {
  if (place.prices == nullptr) return ConstantLine(interval, place.free());
  if (!place.prices->tiered()) return LineOf(place.prices->timeline(), interval, most);
  Line line;
  line.scale = place.prices->timeline().scale();
  place.prices->VisitRates(interval, used, [&](const engine::RateStretch& stretch) {
    line.stretches.push_back({stretch.interval, stretch.rate, stretch.confidence, stretch.known});
    return line.stretches.size() <= most;
  });
  line.too_many = line.stretches.size() > most;
  return line;
}

Line CarbonLine(const Place& place, const Interval& interval, size_t most) {
  if (place.local() || place.location->carbon == nullptr) return ConstantLine(interval, place.local());
  return LineOf(place.location->carbon->timeline(), interval, most);
}

std::vector<Interval> Best(const Line& line, const pb::FindSlotsRequest& asked) {
  std::vector<RateSpan> spans;
  spans.reserve(line.stretches.size());
  for (const Timeline::Stretch& stretch : line.stretches) spans.push_back({stretch.interval, stretch.rate});
  const engine::Extreme extreme =
      asked.segment() == pb::SlotSegment::HIGH ? engine::Extreme::kHighest : engine::Extreme::kLowest;
  const int64_t nanos = asked.duration() * kNanosPerMinute;
  if (asked.contiguous()) return {engine::BestWindow(spans, nanos, extreme)};
  return engine::BestStretches(spans, nanos, extreme);
}

struct Average {
  engine::Figure rate;
  engine::Confidence confidence = engine::kCertain;
};

// Over one slot; none where a part is unknown.
std::optional<Average> AverageOver(const Interval& slot, const Line& line) {
  engine::Int128 area = 0;
  Average average;
  auto stretch = std::partition_point(line.stretches.begin(), line.stretches.end(),
                                      [&](const Timeline::Stretch& s) { return s.interval.end <= slot.start; });
  for (; stretch != line.stretches.end() && stretch->interval.start < slot.end; ++stretch) {
    if (!stretch->known) return std::nullopt;
    const int64_t from = std::max(slot.start.ns, stretch->interval.start.ns);
    const int64_t to = std::min(slot.end.ns, stretch->interval.end.ns);
    area += engine::Int128{stretch->rate} * (to - from);
    average.confidence = std::min(average.confidence, stretch->confidence);
  }
  average.rate = engine::AverageOf(area, slot.nanos(), line.scale);
  return average;
}

void FillSlot(const Interval& slot, const Line& prices, const Line& carbon, pb::Slot* out) {
  *out->mutable_start_time() = ToTimestamp(slot.start);
  *out->mutable_end_time() = ToTimestamp(slot.end);
  if (const std::optional<Average> price = AverageOver(slot, prices)) {
    out->mutable_tariff()->set_rate_avg(price->rate.ToDouble());
    out->mutable_tariff()->set_confidence(ToFraction(price->confidence));
  }
  if (const std::optional<Average> intensity = AverageOver(slot, carbon)) {
    out->mutable_carbon()->set_intensity_avg(intensity->rate.ToDouble());
    out->mutable_carbon()->set_confidence(ToFraction(intensity->confidence));
  }
}

}  // namespace

absl::Status FindSlots(const catalog::Snapshot& snapshot, const Call& call, const pb::FindSlotsRequest& request,
                       pb::FindSlotsResponse* response) {
  pb::FindSlotsRequest& asked = *response->mutable_request();
  asked = request;
  RequestCheck check(call.now);
  check.Shared(&asked);
  CheckSlots(asked, &check);
  if (!check.violations().empty()) return catalog::Invalid(check.violations());
  asked.set_contiguous(asked.contiguous());

  absl::StatusOr<Place> place = FindPlace(snapshot, request.location_id(), check.direction());
  if (!place.ok()) return place.status();
  const bool green = asked.segment() == pb::SlotSegment::GREEN;
  if (!green && place->prices == nullptr && !place->free()) {
    return NoTariffConnected(*place, "connect one, or ask for GREEN");
  }
  absl::StatusOr<std::vector<engine::Int128>> used = UsageInWindows(*place, call, check.interval().start, std::nullopt);
  if (!used.ok()) return used.status();
  const Line prices = PriceLine(*place, check.interval(), *used, call.most_figures);
  const Line carbon = CarbonLine(*place, check.interval(), call.most_figures);
  if (prices.too_many || carbon.too_many) {
    return TooManyFigures(call.most_figures,
                          "each change of the price or the intensity is one: ask for a shorter period");
  }
  const Line& searched = green ? carbon : prices;
  if (const Timeline::Stretch* gap = searched.FirstGap()) {
    if (green) return NoCarbonData(*place, gap->interval.start);
    return NoPriceData(*place, gap->interval.start, "add it, or ask for a period that has prices");
  }
  FillHead(*place, call, "sta_", "slot_time", response);
  *response->mutable_next_update() = ToTimestamp(NextUpdate(snapshot, *place, call, /*tariff=*/true, /*carbon=*/true));
  for (const Interval& slot : Best(searched, asked)) FillSlot(slot, prices, carbon, response->add_data());
  return absl::OkStatus();
}

}  // namespace costs::rates
