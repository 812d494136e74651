// The seam "computes or proxies": a batch of submitted meter records in, an
// outcome for each out.
//
// The faces (rpc/, rest/) translate bytes into Submissions, call a Calculator,
// and translate the Outcomes back; they hold no rule of pricing or validation.
// A Calculator either computes (LocalCalculator) or wraps another one, each
// wrapper with one concern.
//
// Thread-safety: a Calculator may be called from any number of threads. A Batch
// belongs to the callee from Calculate() until `done` runs, and to the caller
// again from then on.
#ifndef SERVICE_CALCULATOR_CALCULATOR_H_
#define SERVICE_CALCULATOR_CALCULATOR_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"

namespace costs::calculator {

// A time as it came off the wire; nothing is checked yet.
struct WireTime {
  int64_t seconds = 0;
  int32_t nanos = 0;  // valid: 0 to 999,999,999
};

// One record as submitted. Text is borrowed: it must outlive the batch. An enum
// may hold a number that is not one of its enumerators (a wire can carry any);
// validation reports it.
struct Submission {
  absl::string_view location_id;
  absl::string_view device_id;
  absl::string_view session_reference_id;
  absl::string_view record_reference_id;
  engine::Direction direction = engine::Direction::kUnspecified;
  engine::TariffRate tariff_rate = engine::TariffRate::kUnspecified;
  engine::Measurand measurand = engine::Measurand::kUnspecified;
  engine::Units units = engine::Units::kUnspecified;
  std::optional<double> value;
  std::optional<WireTime> start_time;
  std::optional<WireTime> end_time;
  std::optional<double> confidence;
  std::optional<double> usage_before_wh;
  bool non_persistent = false;
};

// What the answers shall hold.
struct Options {
  bool include_tariff = true;
  bool include_carbon = true;
  bool include_breakdown = false;
  bool non_persistent = false;

  // Of no caller's: what one who stores records asks for. `keep_unpriced`: a record
  // without a price (NO_TARIFF_CONNECTED, NO_PRICE_DATA) has no tariff figure and
  // is no failure. `for_storage`: fills PricedRecord::storage.
  bool keep_unpriced = false;
  bool for_storage = false;
};

// A fault of a submission. `field` is the record's own field name, such as
// "value"; the face puts its path before it. `description` names the limit and
// the remedy.
struct Violation {
  std::string field;
  std::string description;
  bool of_call = false;  // a fault of the call's options, not of the record
};

// Why a record has no price. `reason` is the ErrorInfo.reason of the contract's
// error table, such as "NO_PRICE_DATA"; `message` is for the caller's eyes.
struct Failure {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string reason;
  std::string message;
  std::vector<Violation> violations;          // with INVALID_FIELD only
  std::optional<absl::Duration> retry_after;  // where a retry may help
  // Set where it is an upstream costs API that failed: whether it may have stored the
  // record all the same.
  std::optional<bool> upstream_may_have_acted;
};

// What one tariff element asked for a kWh in a segment.
struct ElementRate {
  std::string element_id;
  double rate = 0;  // major units per kWh, surcharges included
  engine::Confidence confidence = engine::kCertain;
};

// A part of a record in which neither price nor intensity changes.
struct Segment {
  engine::Interval interval;
  int64_t energy_wh = 0;
  std::vector<ElementRate> rates;
  std::optional<engine::MoneyMicros> cost;
  std::optional<double> intensity;  // gCO2eq per kWh
  std::optional<engine::CarbonMilligrams> carbon;
};

struct TariffFigure {
  engine::MoneyMicros micros = 0;  // millionths of a major unit
  engine::Confidence confidence = engine::kCertain;
};

struct CarbonFigure {
  engine::CarbonMilligrams milligrams = 0;
  engine::Confidence confidence = engine::kCertain;
};

// `mre_` and the 24 hexadecimal digits of these bytes. The same for every
// submission of the same account, mode, device or location, direction,
// tariff_rate and interval.
struct RecordId {
  std::array<uint8_t, 12> bytes{};
};

// A part of a record: all of it that lies on one date of the location's clock. The
// parts' figures add up to the record's.
struct DayPart {
  int32_t day = 0;  // days since 1970-01-01
  int64_t energy_wh = 0;
  engine::Int128 energy_nwh = 0;
  std::optional<engine::MoneyMicros> cost;         // where the record has one
  std::optional<engine::CarbonMilligrams> carbon;  // likewise
};

// What only one who stores the record needs to know of it.
struct StorageFigures {
  int32_t first_day = 0;          // the date of its start on the location's clock, in days since 1970-01-01
  engine::Int128 energy_nwh = 0;  // 10^-9 Wh, half-even
  std::vector<DayPart> days;      // empty where the record lies on first_day whole
  // Whether its price list has tiers at that location, and then where the last of
  // the windows ends that the record touches: its energy counts for the price of
  // later records up to there.
  bool tiered = false;
  engine::Instant tier_windows_end;
};

// Who worked the figures out, where that is said; the API's numbers.
enum class Source { kNotSaid = 0, kComputed = 1, kUpstream = 2 };

// A priced record. `currency_code` is borrowed from Batch::keep_alive.
struct PricedRecord {
  RecordId id;
  engine::Direction direction = engine::Direction::kImport;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
  double confidence = 1;  // of the submission, default resolved
  bool non_persistent = false;
  absl::string_view currency_code;
  engine::Interval interval;
  int64_t energy_wh = 0;
  std::optional<TariffFigure> tariff;
  std::optional<CarbonFigure> carbon;
  std::vector<Segment> breakdown;  // empty unless asked for
  StorageFigures storage;          // filled only for_storage
  Source source = Source::kNotSaid;
  absl::string_view source_reason;  // why it is not the first choice; a constant
};

// Exactly one of the two: `failure` set, or `record` meaningful.
struct Outcome {
  PricedRecord record;
  std::unique_ptr<const Failure> failure;

  bool ok() const { return failure == nullptr; }
};

// Who calls, and until when the answer is wanted.
struct Caller {
  absl::string_view account_id;  // borrowed
  bool live_mode = false;
  absl::string_view authorization;  // borrowed: the header's value; empty: none
  absl::string_view traceparent;    // borrowed: of a trace of the caller's (W3C); empty: none
  absl::Time deadline = absl::InfiniteFuture();
  // True once the answer is no longer wanted; may be called from any thread.
  // Null: never.
  std::function<bool()> cancelled;
};

struct Batch {
  Caller caller;
  Options options;
  absl::Span<const Submission> submissions;  // at least one
  absl::Span<Outcome> outcomes;              // as many; the calculator fills each
  // Where there is too much to do, it may wait its turn rather than be refused: its
  // caller sends no more meanwhile.
  bool may_wait = false;

  // Set by the calculator: when the answers were made, and what owns the text
  // that they borrow. The caller holds it until the answers are encoded.
  absl::Time time_created;
  uint64_t catalog_version = 0;  // of the prices; 0: not known
  std::shared_ptr<const void> keep_alive;
};

class Calculator {
 public:
  virtual ~Calculator() = default;

  // Fills batch->outcomes and runs `done` once, perhaps before it returns and
  // perhaps on another thread. Never fails as a whole: what went wrong is the
  // Failure of each record that it touched (CANCELLED and DEADLINE_EXCEEDED
  // included). The outcomes do not depend on how records are batched.
  virtual void Calculate(Batch* batch, std::function<void()> done) = 0;
};

}  // namespace costs::calculator

#endif  // SERVICE_CALCULATOR_CALCULATOR_H_
