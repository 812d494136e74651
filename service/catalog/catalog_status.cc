// What the service itself says of a document in an answer: whether elements have a
// price now, and what is the same for all.
#include <algorithm>

#include "service/catalog/catalog_impl.h"

namespace costs::catalog {
namespace {

using ElementPointer = std::shared_ptr<const engine::TariffElement>;
using Status = pb::ConnectionStatus;

// Longer than any chain of versions that somebody made on purpose.
constexpr int kLongestChain = 1000;

engine::Instant InstantOf(absl::Time time) {
  const int64_t seconds = absl::ToUnixSeconds(time);
  return engine::Instant::FromSeconds(
      std::clamp<int64_t>(seconds, 0, engine::kLatest.ns / engine::kNanosPerSecond - 1));
}

bool HasPriceAt(const engine::TariffElement& element, engine::Instant now) {
  if (element.contract_start > now) return false;
  if (element.market == nullptr) return true;
  const engine::Interval second = {now, {now.ns + engine::kNanosPerSecond}};
  return !element.market->PricesIn(second, 1).empty();
}

// An element that is yet to take over from another is as good as that one.
bool HasPriceAt(ElementPointer element, const Snapshot& snapshot, engine::Instant now) {
  for (int i = 0; i < kLongestChain && element != nullptr; ++i) {
    if (element->contract_start <= now) return HasPriceAt(*element, now);
    element = element->supersedes.empty() ? nullptr : snapshot.FindElement(element->supersedes);
  }
  return false;
}

// Whether `later`, which is on no list perhaps, has taken over from `element`.
bool IsOver(const engine::TariffElement& element, const std::vector<ElementPointer>& all, engine::Instant now) {
  return std::any_of(all.begin(), all.end(), [&](const ElementPointer& later) {
    return later->supersedes == element.id && later->contract_start <= now;
  });
}

// Of the elements of a price list, those of one type; null: of either.
Status::Value StatusOf(const std::vector<ElementPointer>& elements, const engine::ElementType* type,
                       const Snapshot& snapshot, engine::Instant now) {
  Status::Value status = Status::NOT_CONNECTED;
  for (const ElementPointer& element : elements) {
    if (type != nullptr && element->type != *type) continue;
    if (status == Status::NOT_CONNECTED) status = Status::CONNECTED;
    if (!IsOver(*element, elements, now) && !HasPriceAt(element, snapshot, now)) status = Status::ERROR;
  }
  return status;
}

std::vector<ElementPointer> ElementsOf(const Location* location, engine::TariffRate rate) {
  if (location == nullptr || location->PricesFor(rate) == nullptr) return {};
  return location->PricesFor(rate)->elements();
}

}  // namespace

void Catalog::Impl::SetOwn(pb::Location* location) const {
  const std::shared_ptr<const Snapshot> snapshot = snapshots.Get();
  const engine::Instant now = InstantOf(Now());
  const Location* priced = snapshot->FindLocation(location->id());
  const auto import = ElementsOf(priced, engine::TariffRate::kImport);
  const auto exported = ElementsOf(priced, engine::TariffRate::kExport);
  const auto local = ElementsOf(priced, engine::TariffRate::kLocal);
  constexpr engine::ElementType kCommodity = engine::ElementType::kCommodity;
  constexpr engine::ElementType kNonCommodity = engine::ElementType::kNonCommodity;
  pb::LocationTariffStatus* status = location->mutable_tariff_status();
  status->set_commodity_import(StatusOf(import, &kCommodity, *snapshot, now));
  status->set_commodity_export(StatusOf(exported, &kCommodity, *snapshot, now));
  status->set_non_commodity_import(StatusOf(import, &kNonCommodity, *snapshot, now));
  status->set_non_commodity_export(StatusOf(exported, &kNonCommodity, *snapshot, now));
  status->set_local(StatusOf(local, nullptr, *snapshot, now));
}

void Catalog::Impl::SetOwn(pb::TariffElement* element) const {
  const std::shared_ptr<const Snapshot> snapshot = snapshots.Get();
  element->set_is_linked(false);
  element->set_connection_type(pb::ConnectionType::MANUAL);
  element->set_market_rates(element->market_rates());
  element->set_vat_included(element->vat_included());
  const bool priced = HasPriceAt(snapshot->FindElement(element->id()), *snapshot, InstantOf(Now()));
  element->set_status(priced ? Status::CONNECTED : Status::ERROR);
  const Location* owner = element->location_id().empty() ? nullptr : snapshot->FindLocation(element->location_id());
  if (owner != nullptr) element->set_timezone(std::string(owner->timezone));
}

void Catalog::Impl::SetOwn(pb::Device*) const {}

void Catalog::Impl::SetOwn(pb::SpecialDayCalendar*) const {}

}  // namespace costs::catalog
