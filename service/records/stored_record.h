// A meter record as it is kept: what was submitted, and what it cost when it was
// last priced. Plain values, which own their text.
#ifndef SERVICE_RECORDS_STORED_RECORD_H_
#define SERVICE_RECORDS_STORED_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "service/calculator/calculator.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"

namespace costs::records {

// Why a record got the figures that it has. The numbers are the API's.
enum class RevisionCause {
  kUnspecified = 0,
  kSubmitted = 1,
  kTariffChanged = 2,
  kMarketPriceChanged = 3,
  kIntensityChanged = 4,
  kUsageChanged = 5,
};

// What pricing a record gave. `days` is empty where the record lies on first_day
// whole; otherwise its parts add up to the figures.
struct Figures {
  int64_t energy_wh = 0;
  engine::Int128 energy_nwh = 0;
  std::optional<calculator::TariffFigure> tariff;  // none: there was no price
  std::optional<calculator::CarbonFigure> carbon;  // none: there was no intensity
  std::string currency_code;
  int32_t first_day = 0;
  std::vector<calculator::DayPart> days;
  // Where the price list has tiers: the end of the last window that the record
  // touches. Otherwise 0.
  engine::Instant tier_windows_end;
};

// Whether they say the same, to the last digit.
bool SameFigures(const Figures& a, const Figures& b);

// One pricing of a record.
struct Revision {
  int32_t number = 1;  // counts up from 1
  RevisionCause cause = RevisionCause::kSubmitted;
  uint64_t catalog_version = 0;
  int64_t priced_ns = 0;  // when, since 1970
  Figures figures;
};

// What was submitted, defaults resolved.
struct RecordRequest {
  std::string location_id;
  std::string device_id;  // empty: the record is the location's own
  std::string session_reference_id;
  std::string record_reference_id;
  engine::Direction direction = engine::Direction::kImport;
  engine::TariffRate tariff_rate = engine::TariffRate::kImport;
  engine::Units units = engine::Units::kWh;
  double value = 0;
  double confidence = 1;
  std::optional<double> usage_before_wh;
  engine::Interval interval;
};

bool SameRequest(const RecordRequest& a, const RecordRequest& b);

struct StoredRecord {
  calculator::RecordId id;
  RecordRequest request;
  int64_t created_ns = 0;  // when it was first stored, since 1970
  Revision revision;       // the present one
};

// The submission that the request was; borrows its text.
calculator::Submission SubmissionOf(const RecordRequest& request);

// The figures of a record that was priced with Options::for_storage.
Figures FiguresOf(const calculator::PricedRecord& record);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_STORED_RECORD_H_
