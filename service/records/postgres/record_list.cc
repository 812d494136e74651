#include "service/records/postgres/record_list.h"

#include <algorithm>
#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "service/records/postgres/id_range.h"
#include "service/records/postgres/record_row.h"
#include "service/records/postgres/things_query.h"

namespace costs::records::pg {
namespace {

using postgres::Params;
using postgres::Result;

// Of the things that are looked at in one statement.
constexpr int kThingsAtOnce = 500;

// What $3 to $10 are in each list.
constexpr absl::string_view kFilter = R"sql(
  ($3::text = '' OR r.location_id = $3) AND ($4::text = '' OR r.device_id = $4)
  AND ($5::text = '' OR r.record_reference_id = $5)
  AND ($6::smallint = 0 OR r.direction = $6) AND ($7::smallint = 0 OR r.tariff_rate = $7)
  AND r.end_ns > $8 AND r.start_ns < $9)sql";

Params FilterParams(const Tenant& tenant, const RecordFilter& filter) {
  Params params = ParamsOf(tenant);
  params.Text(filter.location_id)
      .Text(filter.device_id)
      .Text(filter.record_reference_id)
      .Int(filter.direction ? static_cast<int>(*filter.direction) : 0)
      .Int(filter.tariff_rate ? static_cast<int>(*filter.tariff_rate) : 0)
      .Int(filter.ends_after ? filter.ends_after->ns : std::numeric_limits<int64_t>::min())
      .Int(filter.starts_before ? filter.starts_before->ns : std::numeric_limits<int64_t>::max());
  return params;
}

// $10 session, $11 limit, $12 and $13 the position.
std::string SessionStatement(bool newest_first) {
  return absl::Substitute(
      "SELECT $0 FROM records r WHERE r.account_id = $$1 AND r.live_mode = $$2 AND r.session_reference_id = $$10 "
      "AND r.session_reference_id <> '' AND $1 AND (r.start_ns / 1000000000, r.id) $2 ($$12::bigint, $$13::bytea) "
      "ORDER BY r.start_ns / 1000000000 $3, r.id $3 LIMIT $$11",
      kRecordColumns, kFilter, newest_first ? "<" : ">", newest_first ? "DESC" : "ASC");
}

// $10 session, $11 limit, $12 to $15 the ranges.
std::string RangesStatement(bool newest_first) {
  return absl::Substitute(R"sql(
SELECT $0 FROM unnest($$12::text[], $$13::text[], $$14::bytea[], $$15::bytea[]) AS t(at_location, of_device, low, high)
CROSS JOIN LATERAL (SELECT * FROM records r
  WHERE r.account_id = $$1 AND r.live_mode = $$2 AND r.id >= t.low AND r.id <= t.high
    AND r.device_id = t.of_device AND (t.at_location = '' OR r.location_id = t.at_location)
    AND ($$10::text = '' OR r.session_reference_id = $$10) AND $1
  ORDER BY r.id $2 LIMIT $$11) l
ORDER BY start_ns / 1000000000 $2, id $2 LIMIT $$11)sql",
                          kRecordColumns, kFilter, newest_first ? "DESC" : "ASC");
}

// The texts of statements must stay the same.
const std::string& StatementFor(bool by_session, bool newest_first) {
  static const std::string* const statements = new std::string[4]{RangesStatement(false), RangesStatement(true),
                                                                  SessionStatement(false), SessionStatement(true)};
  return statements[(by_session ? 2 : 0) + (newest_first ? 1 : 0)];
}

absl::Status ReadInto(const absl::StatusOr<Result>& rows, std::vector<StoredRecord>* records) {
  if (!rows.ok()) return rows.status();
  for (int row = 0; row < rows->rows(); ++row) {
    absl::StatusOr<StoredRecord> record = ReadRecord(*rows, row);
    if (!record.ok()) return record.status();
    records->push_back(*std::move(record));
  }
  return absl::OkStatus();
}

class Listing {
 public:
  Listing(postgres::Connection* connection, const Tenant& tenant, const RecordFilter& filter,
          const std::optional<RecordPosition>& after, bool newest_first, int limit)
      : connection_(connection),
        tenant_(tenant),
        filter_(filter),
        after_(after),
        newest_first_(newest_first),
        limit_(limit) {}

  absl::StatusOr<std::vector<StoredRecord>> OfSession() {
    Params params = FilterParams(tenant_, filter_);
    // Before all, or after all.
    const RecordPosition from = after_.value_or(
        RecordPosition{newest_first_ ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int64_t>::min(), {}});
    params.Text(filter_.session_reference_id).Int(limit_).Int(from.start_s).Bytes(BytesOf(from.id));
    std::vector<StoredRecord> records;
    absl::Status status = ReadInto(connection_->Query(StatementFor(true, newest_first_), params), &records);
    if (!status.ok()) return status;
    return records;
  }

  // A device's: its ids have one prefix, wherever it is.
  absl::StatusOr<std::vector<StoredRecord>> OfDevice() {
    KnownThing device;
    device.thing = {filter_.location_id, filter_.device_id};
    device.id_prefix = IdPrefix(tenant_, device.thing);
    const absl::StatusOr<Result> longest = connection_->Query(
        "SELECT coalesce(max(longest_ns), 0) FROM record_things WHERE account_id = $1 AND live_mode = $2 AND device_id "
        "= $3",
        ParamsOf(tenant_).Text(filter_.device_id));
    if (!longest.ok()) return longest.status();
    device.longest_ns = longest->Int(0, 0);
    if (absl::Status status = AddRecordsOf({device}); !status.ok()) return status;
    return std::move(records_);
  }

  absl::StatusOr<std::vector<StoredRecord>> OfThings() {
    Thing last;
    while (true) {
      const absl::StatusOr<Result> rows = connection_->Query(
          "SELECT location_id, device_id, id_prefix, longest_ns FROM record_things "
          "WHERE account_id = $1 AND live_mode = $2 AND ($3::text = '' OR location_id = $3) "
          "AND (location_id, device_id) > ($4::text, $5::text) ORDER BY location_id, device_id LIMIT $6",
          ParamsOf(tenant_).Text(filter_.location_id).Text(last.location_id).Text(last.device_id).Int(kThingsAtOnce));
      if (!rows.ok()) return rows.status();
      const std::vector<KnownThing> things = ReadThings(*rows);
      if (absl::Status status = AddRecordsOf(things); !status.ok()) return status;
      if (things.size() < kThingsAtOnce) return std::move(records_);
      last = things.back().thing;
    }
  }

 private:
  absl::Status AddRecordsOf(const std::vector<KnownThing>& things) {
    std::vector<ThingRange> ranges;
    for (const KnownThing& known : things) {
      IdRange range = RangeOfStarts(known.id_prefix, filter_.ends_after, known.longest_ns, filter_.starts_before);
      if (after_) GoOnAfter(*after_, newest_first_, known.id_prefix, &range);
      // Nothing behind what there is already can be among the first.
      if (static_cast<int>(records_.size()) >= limit_) {
        GoOnAfter(PositionOf(records_.back()), !newest_first_, known.id_prefix, &range);
      }
      if (!range.empty()) ranges.push_back({known.thing, std::move(range)});
    }
    if (ranges.empty()) return absl::OkStatus();
    Params params = FilterParams(tenant_, filter_);
    params.Text(filter_.session_reference_id).Int(limit_);
    AddRanges(ranges, &params);
    if (absl::Status status = ReadInto(connection_->Query(StatementFor(false, newest_first_), params), &records_);
        !status.ok()) {
      return status;
    }
    std::sort(records_.begin(), records_.end(), [this](const StoredRecord& a, const StoredRecord& b) {
      const RecordPosition x = PositionOf(a), y = PositionOf(b);
      const bool before = std::tie(x.start_s, x.id.bytes) < std::tie(y.start_s, y.id.bytes);
      return newest_first_ ? std::tie(y.start_s, y.id.bytes) < std::tie(x.start_s, x.id.bytes) : before;
    });
    if (static_cast<int>(records_.size()) > limit_) records_.resize(static_cast<size_t>(limit_));
    return absl::OkStatus();
  }

  static RecordPosition PositionOf(const StoredRecord& record) {
    return {record.request.interval.start.ns / engine::kNanosPerSecond, record.id};
  }

  postgres::Connection* const connection_;
  const Tenant& tenant_;
  const RecordFilter& filter_;
  const std::optional<RecordPosition>& after_;
  const bool newest_first_;
  const int limit_;
  std::vector<StoredRecord> records_;  // the first ones so far
};

}  // namespace

absl::StatusOr<std::vector<StoredRecord>> ListRecords(postgres::Connection* connection, const Tenant& tenant,
                                                      const RecordFilter& filter,
                                                      const std::optional<RecordPosition>& after, bool newest_first,
                                                      int limit) {
  if (limit <= 0) return std::vector<StoredRecord>();
  Listing listing(connection, tenant, filter, after, newest_first, limit);
  if (!filter.session_reference_id.empty()) return listing.OfSession();
  if (!filter.device_id.empty()) return listing.OfDevice();
  return listing.OfThings();
}

}  // namespace costs::records::pg
