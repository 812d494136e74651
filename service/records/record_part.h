// What of a stored record lies within a period: for reports whose period cuts
// records.
//
// A record keeps its figures by day of its location's clock. Within a day they are
// split where they arose, by the price and the intensity of that time in the
// catalog: a part's figure is the difference of two sums from the start, each
// rounded once, so the parts of any cutting add up to the record's figures. Where
// the catalog no longer gives the figure that is kept (the record is about to be
// priced again, or its price has tiers), that figure is split in the proportion
// that the catalog gives, or else evenly over time. Pure.
#ifndef SERVICE_RECORDS_RECORD_PART_H_
#define SERVICE_RECORDS_RECORD_PART_H_

#include <cstdint>
#include <optional>

#include "service/catalog/snapshot.h"
#include "service/engine/meter_record.h"
#include "service/engine/time.h"
#include "service/records/stored_record.h"

namespace costs::records {

struct RecordPart {
  engine::Interval interval;
  int64_t energy_wh = 0;
  std::optional<engine::MoneyMicros> cost;         // where the record has one
  std::optional<engine::CarbonMilligrams> carbon;  // likewise
};

// `within` overlaps the record. `location` is the record's; null: it is no longer in
// the catalog.
RecordPart PartWithin(const StoredRecord& record, engine::Interval within, const catalog::Location* location);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_RECORD_PART_H_
