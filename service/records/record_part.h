// What of a stored record lies within a period: for reports whose period cuts
// records.
//
// A record keeps its figures by day of its location's clock (engine/day_split.h).
// Within a day they are split by the same rule: a figure up to an instant is the
// exact one, rounded once, and a part's is the difference of two of these; so the
// parts of any cutting add up to what is kept. Where the catalog no longer gives
// the figure that is kept, since the record is about to be priced again, that
// figure is split in the proportion that the catalog gives, or else evenly over
// time.
#ifndef SERVICE_RECORDS_RECORD_PART_H_
#define SERVICE_RECORDS_RECORD_PART_H_

#include <cstdint>
#include <optional>

#include "service/calculator/usage_source.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/tenant.h"
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
// the catalog. `usage` is asked where the price has tiers and a day is cut, and may
// block.
RecordPart PartWithin(const catalog::Tenant& tenant, const StoredRecord& record, engine::Interval within,
                      const catalog::Location* location, const calculator::UsageSource& usage);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_RECORD_PART_H_
