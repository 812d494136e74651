// The catalog's documents, which are the API's own messages: what is wrong with
// one, and what the engine prices with that it stands for.
//
//   std::vector<FieldViolation> faults = CheckElement(document);
//   if (!faults.empty()) return Invalid(faults);
//   absl::StatusOr<std::shared_ptr<const engine::TariffElement>> element = BuildElement(document, {market, calendar});
//
// One set of rules for documents from a call and from a file: the ranges, limits
// and defaults that the comments of the protos state. A check tells every fault
// (up to Violations::kMost), by path, such as
// "schedule[0].days_and_hours[1].hours[0].rate[0].fixed". What only the rest of the
// catalog can tell (whether a reference leads anywhere) is for the catalog. What
// the service sets (object, status, etag, ...) is not looked at, and an empty id
// is allowed: the service then makes one. Time and memory are in proportion to the
// document's size. Pure functions.
#ifndef SERVICE_CATALOG_DOCUMENTS_H_
#define SERVICE_CATALOG_DOCUMENTS_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/refusal.h"
#include "service/catalog/snapshot.h"
#include "service/engine/series.h"
#include "service/engine/special_days.h"
#include "service/engine/tariff.h"

namespace costs::catalog {

inline constexpr int kMostTariffElements = 100;  // on a location's list

std::vector<FieldViolation> CheckLocation(const energy::costs::v1::Location& location);
std::vector<FieldViolation> CheckDevice(const energy::costs::v1::Device& device);
std::vector<FieldViolation> CheckElement(const energy::costs::v1::TariffElement& element);
std::vector<FieldViolation> CheckCalendar(const energy::costs::v1::SpecialDayCalendar& calendar);

// Sets timezone and currency_code, where they are empty, to what the address's
// country has. Before CheckLocation, to which they are required.
void SetLocationDefaults(energy::costs::v1::Location* location);

// Of a document without faults.
LocationSpec SpecOf(const energy::costs::v1::Location& location);

// What an element refers to. Null: it names none.
struct ElementParts {
  std::shared_ptr<const engine::MarketSeries> market;
  std::shared_ptr<const engine::SpecialDayCalendar> special_days;
};

// Of documents without faults, currency_code set. INVALID_FIELD with a path where
// the engine cannot price it after all, such as a schedule that leaves a gap.
absl::StatusOr<std::shared_ptr<const engine::TariffElement>> BuildElement(
    const energy::costs::v1::TariffElement& element, const ElementParts& parts);
absl::StatusOr<std::shared_ptr<const engine::SpecialDayCalendar>> BuildCalendar(
    const energy::costs::v1::SpecialDayCalendar& calendar);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_DOCUMENTS_H_
