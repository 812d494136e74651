// What every importer of tariffs shares: the closed list of reasons for which a
// tariff is refused, what the caller chooses, exact numbers, and the notes that
// are taken on the way.
//
//   TariffImport import(options);
//   const absl::optional<engine::Decimal> rate = import.Exact(*node);
//   import.Charge(RefusalReason::kFixedCharge, *node, "11.3 $/month");
//   if (!import.ok()) return import.ToStatus();
//
// A refusal is an INVALID_ARGUMENT (service/catalog/refusal.h) whose reason is
// that of the first fault, and whose faults all name their field, in the file's
// own words, and begin with "REASON: ". docs/imports.md explains each reason.
//
// TariffImport is not thread-safe; the importers, which each use one of their
// own, are.
#ifndef SERVICE_CATALOG_IMPORT_TARIFF_IMPORT_H_
#define SERVICE_CATALOG_IMPORT_TARIFF_IMPORT_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "service/catalog/import/imported.h"
#include "service/catalog/located_json.h"
#include "service/catalog/refusal.h"
#include "service/engine/decimal.h"

namespace costs::catalog {

enum class RefusalReason {
  // The file.
  kMalformed,     // no JSON, or not of this format's shape: a field is missing or of the wrong kind
  kUnknownField,  // a field that this importer does not know, and that may carry money
  kNumber,        // no finite decimal, or one that cannot be kept exactly
  kDate,          // no date, or one that the engine does not price
  kCurrency,      // the currency is neither in the file nor given
  // What the energy costs.
  kScheduleShape,      // not 12 months of 24 hours, or hours that no day has
  kPeriodWithoutRate,  // hours in a period that has no rate
  kTierEdges,          // tiers that do not ascend, or too many of them
  kUnit,               // tiers by anything but kWh, such as kWh/kW
  kMixedTierUnits,     // tiers by the month and tiers by the day in one tariff
  kTiersByPeriod,      // periods of one month whose tiers end at different usages
  kHoliday,            // a holiday or rule of observance that is not known here
  kOtherCharge,        // money that is neither rate nor one of the charges below
  kUnsupported,        // what the file itself says it cannot express
  // What may be left out, because it is no part of what a kWh costs.
  kFixedCharge,
  kMinimumCharge,
  kDemandCharge,
  kCoincidentDemand,
  kReactivePower,
  kSellIncomplete,  // some hours or tiers have a price for exported energy, others none
  kSellTiers,       // the price for exported energy differs by tier
};

// "FIXED_CHARGE", ...
absl::string_view RefusalReasonName(RefusalReason reason);
absl::optional<RefusalReason> ParseRefusalReason(absl::string_view name);
const std::vector<RefusalReason>& AllRefusalReasons();
// Whether leave_out may hold it.
bool MayBeLeftOut(RefusalReason reason);

struct TariffImportOptions {
  // Id of the element for imported energy; that for exported energy gets
  // "-export" after it, the calendar "-holidays". 1 to 55 characters.
  std::string id;
  // Whose clock the file's dates go by: the location's.
  absl::TimeZone timezone = absl::UTCTimeZone();
  // ISO 4217. Default: what the file says.
  std::string currency_code;
  // Charges to leave out. Each becomes a finding with its amount.
  std::set<RefusalReason> leave_out;
};

// The fault as importers write it; nothing where it is none of theirs.
absl::optional<RefusalReason> ReasonOfFault(const FieldViolation& fault);

// How much of a file is read: no tariff comes near it, and more takes neither
// memory nor time.
inline constexpr JsonLimits kTariffJsonLimits = {size_t{32} << 20, 32, 1'000'000};

class TariffImport {
 public:
  // How many faults and findings are kept; further ones are only counted.
  static constexpr size_t kMostFaults = 20;
  static constexpr size_t kMostFindings = 1000;

  // `options` is borrowed. Faults of its own are noted at once.
  explicit TariffImport(const TariffImportOptions& options);

  const TariffImportOptions& options() const { return options_; }
  bool ok() const { return fault_count_ == 0; }
  // True once further faults would not be shown, so that a loop can stop.
  bool full() const { return fault_count_ > kMostFaults; }

  // Reads `text` within kTariffJsonLimits; nothing, with a fault, where it is no
  // JSON.
  absl::optional<JsonDocument> Parse(absl::string_view text);

  // `what` reads on from the field's name, and names the remedy.
  void Refuse(RefusalReason reason, const JsonNode& node, absl::string_view what);
  void RefuseField(RefusalReason reason, absl::string_view field, absl::string_view what);
  void Note(const JsonNode& node, absl::string_view what);
  void NoteField(absl::string_view field, absl::string_view what);

  // A charge that is no part of what a kWh costs: a finding where the caller
  // leaves `reason` out, a fault otherwise. `amount` as the file has it.
  void Charge(RefusalReason reason, const JsonNode& node, absl::string_view amount);
  bool LeavesOut(RefusalReason reason) const { return options_.leave_out.count(reason) != 0; }

  // A number, written as a JSON number or in a string, exactly. A number of
  // more than 15 digits is the trace of binary arithmetic (0.11349999999999999):
  // it is taken to 15 digits (0.1135), with a finding. Nothing, with a fault,
  // where that leaves more digits than engine::Decimal has.
  absl::optional<engine::Decimal> Exact(const JsonNode& node);

  // The same number in a document's double; nothing, with a fault at `field`,
  // where a double does not tell it from its neighbours.
  absl::optional<double> ForDocument(engine::Decimal value, absl::string_view field);

  // The sum, exactly; nothing, with a fault at `field`, beyond Decimal's range.
  absl::optional<engine::Decimal> Sum(engine::Decimal a, engine::Decimal b, absl::string_view field);

  absl::Status ToStatus() const;
  std::vector<Finding> TakeFindings();

 private:
  const TariffImportOptions& options_;
  size_t fault_count_ = 0;
  std::vector<RefusalReason> reasons_;
  std::vector<FieldViolation> faults_;
  size_t finding_count_ = 0;
  std::vector<Finding> findings_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_TARIFF_IMPORT_H_
