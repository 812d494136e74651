#include "service/engine/tariff.h"

#include "absl/strings/str_cat.h"

namespace costs::engine {
absl::Status CheckElement(const TariffElement& element) {
  auto fault = [&](absl::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("tariff element ", element.id, ": ", what));
  };
  if (element.tariff_rate != TariffRate::kImport && element.tariff_rate != TariffRate::kExport &&
      element.tariff_rate != TariffRate::kLocal) {
    return fault("direction must be IMPORT, EXPORT or LOCAL");
  }
  if (element.market == nullptr && element.schedule == nullptr) return fault("needs a schedule or a market series");
  if (element.market != nullptr && element.market->currency_code() != element.currency_code) {
    return fault(absl::StrCat("is in ", element.currency_code, ", but its market series ", element.market->id(),
                              " is in ", element.market->currency_code()));
  }
  if (element.contract_start.ns % kNanosPerSecond != 0 ||
      (element.contract_end && element.contract_end->ns % kNanosPerSecond != 0)) {
    return fault("contract dates must be whole seconds");
  }
  if (element.contract_end && *element.contract_end <= element.contract_start) {
    return fault("contract_end_date must be after contract_start_date");
  }
  const TierWindow& window = element.tier_window;
  if (window.kind != TierWindow::Kind::kBillingCycle && window.anchor_day != 1) {
    return fault("billing_anchor_day goes with tier_window BILLING_CYCLE; leave it out, or set that");
  }
  if (window.anchor_day < 1 || window.anchor_day > 31) {
    return fault(absl::StrCat("billing_anchor_day is ", window.anchor_day, "; it must be 1 to 31"));
  }
  if (window.kind == TierWindow::Kind::kDay && element.tier_unit == TierUnit::kKwhDaily) {
    return fault("tier_unit KWH_DAILY means nothing with tier_window DAY; write KWH");
  }
  if (!element.supersedes.empty() && element.supersedes == element.id) return fault("supersedes itself");
  if (element.market != nullptr && element.schedule != nullptr) {
    for (const Rate& rate : element.schedule->rates()) {
      if (rate.surcharge_percentage.scale() > kPercentageScale) {
        return fault(absl::StrCat("surcharge_percentage ", rate.surcharge_percentage.ToString(), " has more than ",
                                  kPercentageScale, " digits after the point; round it"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace costs::engine
