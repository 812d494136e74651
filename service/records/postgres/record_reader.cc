#include "service/records/postgres/record_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/records/postgres/id_range.h"
#include "service/records/postgres/record_row.h"
#include "service/records/postgres/things_query.h"

namespace costs::records::pg {
namespace {

using engine::Int128;
using postgres::Params;
using postgres::Result;
using postgres::Statement;

#define COSTS_TOTAL_COLUMNS \
  "location_id, tariff_rate, currency_code, cost_confidence, carbon_confidence, records, energy_wh, cost, carbon"

constexpr absl::string_view kDaysOfThing =
    "SELECT " COSTS_TOTAL_COLUMNS
    ", day FROM record_day_totals WHERE account_id = $1 AND live_mode = $2 AND location_id = $3 AND device_id = $4 "
    "AND direction = $5 AND day BETWEEN $6 AND $7 AND records > 0 ORDER BY day";
constexpr absl::string_view kDaysOfDevice =
    "SELECT " COSTS_TOTAL_COLUMNS
    ", day FROM record_day_totals WHERE account_id = $1 AND live_mode = $2 AND device_id = $3 "
    "AND location_id = ANY (ARRAY(SELECT location_id FROM record_things "
    "WHERE account_id = $1 AND live_mode = $2 AND device_id = $3)) "
    "AND direction = $4 AND day BETWEEN $5 AND $6 AND records > 0 ORDER BY day, location_id";
constexpr absl::string_view kSession =
    "SELECT " COSTS_TOTAL_COLUMNS
    ", last_end_ns FROM record_session_totals WHERE account_id = $1 AND live_mode = $2 "
    "AND session_reference_id = $3 AND direction = $4 AND records > 0";
constexpr absl::string_view kLastOfSession = R"sql(
SELECT location_id, device_id FROM records
WHERE account_id = $1 AND live_mode = $2 AND session_reference_id = $3 AND session_reference_id <> ''
  AND direction = $4
ORDER BY start_ns / 1000000000 DESC, id DESC LIMIT 1)sql";
// Of those that start in the first second the first.
constexpr absl::string_view kStartOfSession = R"sql(
SELECT min(start_ns) FROM records
WHERE account_id = $1 AND live_mode = $2 AND session_reference_id = $3 AND session_reference_id <> ''
  AND direction = $4
  AND start_ns / 1000000000 = (SELECT start_ns / 1000000000 FROM records
    WHERE account_id = $1 AND live_mode = $2 AND session_reference_id = $3 AND session_reference_id <> ''
      AND direction = $4 ORDER BY start_ns / 1000000000, id LIMIT 1))sql";

#undef COSTS_TOTAL_COLUMNS

constexpr absl::string_view kLastOfEachLocation = R"sql(
SELECT t.location_id FROM record_things t
CROSS JOIN LATERAL (SELECT start_ns / 1000000000 AS start_s, id FROM records
  WHERE account_id = $1 AND live_mode = $2 AND id >= t.id_prefix AND id <= t.id_prefix || $4::bytea
    AND location_id = t.location_id AND device_id = t.device_id
  ORDER BY id DESC LIMIT 1) r
WHERE t.account_id = $1 AND t.live_mode = $2 AND t.device_id = $3
ORDER BY r.start_s DESC, r.id DESC)sql";
constexpr absl::string_view kLocations = R"sql(
SELECT DISTINCT t.location_id FROM record_things t
WHERE t.account_id = $1 AND t.live_mode = $2 AND t.location_id > $3
  AND EXISTS (SELECT 1 FROM records
    WHERE account_id = $1 AND live_mode = $2 AND id >= t.id_prefix AND id <= t.id_prefix || $4::bytea
      AND location_id = t.location_id AND device_id = t.device_id)
ORDER BY t.location_id LIMIT $5)sql";

#define COSTS_READING                                                                           \
  "SELECT time_s, value_mwh, session_reference_id, record_reference_id FROM register_readings " \
  "WHERE account_id = $1 AND live_mode = $2 AND location_id = $3 AND device_id = $4 "           \
  "AND direction = $5 AND tariff_rate = $6 "
constexpr absl::string_view kReadingsBetween = COSTS_READING "AND time_s BETWEEN $7 AND $8 ORDER BY time_s";
constexpr absl::string_view kReadingBefore = COSTS_READING "AND time_s < $7 ORDER BY time_s DESC LIMIT 1";
constexpr absl::string_view kReadingAfter = COSTS_READING "AND time_s > $7 ORDER BY time_s LIMIT 1";
#undef COSTS_READING

const std::string& RecordStatement() {
  static const std::string* const sql = new std::string(
      absl::StrCat("SELECT ", kRecordColumns, " FROM records WHERE account_id = $1 AND live_mode = $2 AND id = $3"));
  return *sql;
}

const std::string& RevisionsStatement() {
  static const std::string* const sql = new std::string(
      absl::StrCat("SELECT ", kRevisionColumns, " FROM record_revisions WHERE account_id = $1 AND live_mode = $2 ",
                   "AND id = $3 AND revision < $4 ORDER BY revision DESC LIMIT $5"));
  return *sql;
}

absl::StatusOr<Total> ReadTotal(const Result& result, int row) {
  Total total;
  total.location_id = std::string(result.Text(row, 0));
  total.tariff_rate = static_cast<engine::TariffRate>(result.Int(row, 1));
  total.currency_code = std::string(result.Text(row, 2));
  if (const int64_t cost = result.Int(row, 3); cost >= 0) total.tariff_confidence = static_cast<uint16_t>(cost);
  if (const int64_t carbon = result.Int(row, 4); carbon >= 0) total.carbon_confidence = static_cast<uint16_t>(carbon);
  total.records = result.Int(row, 5);
  const absl::StatusOr<Int128> energy = result.Whole(row, 6), cost = result.Whole(row, 7),
                               carbon = result.Whole(row, 8);
  if (!energy.ok() || !cost.ok() || !carbon.ok()) return absl::DataLossError("a sum of the meter records is too large");
  total.energy_wh = static_cast<int64_t>(
      std::clamp<Int128>(*energy, std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max()));
  total.cost = *cost;
  total.carbon = *carbon;
  return total;
}

std::vector<std::string> FirstColumn(const Result& result) {
  std::vector<std::string> texts;
  for (int row = 0; row < result.rows(); ++row) texts.emplace_back(result.Text(row, 0));
  return texts;
}

// After an id's prefix.
std::string Greatest() { return LastOfSecond(std::numeric_limits<uint32_t>::max()); }

}  // namespace

absl::StatusOr<std::optional<StoredRecord>> RecordReader::Get(const calculator::RecordId& id) {
  const absl::StatusOr<Result> rows = connection_->Query(RecordStatement(), ParamsOf(tenant_).Bytes(BytesOf(id)));
  if (!rows.ok()) return rows.status();
  if (rows->rows() == 0) return std::nullopt;
  absl::StatusOr<StoredRecord> record = ReadRecord(*rows, 0);
  if (!record.ok()) return record.status();
  return *std::move(record);
}

absl::StatusOr<std::vector<Revision>> RecordReader::Revisions(const calculator::RecordId& id,
                                                              std::optional<int32_t> below, int limit) {
  const int32_t end = below.value_or(std::numeric_limits<int32_t>::max());
  const absl::StatusOr<std::vector<Result>> results =
      connection_->Run({{RecordStatement(), ParamsOf(tenant_).Bytes(BytesOf(id))},
                        {RevisionsStatement(), ParamsOf(tenant_).Bytes(BytesOf(id)).Int(end).Int(limit)}});
  if (!results.ok()) return results.status();
  std::vector<Revision> revisions;
  if ((*results)[0].rows() == 0) return revisions;
  absl::StatusOr<StoredRecord> record = ReadRecord((*results)[0], 0);
  if (!record.ok()) return record.status();
  const int32_t present = record->revision.number;
  if (present < end) revisions.push_back(std::move(record->revision));
  const Result& older = (*results)[1];
  for (int row = 0; row < older.rows() && static_cast<int>(revisions.size()) < limit; ++row) {
    absl::StatusOr<Revision> revision = ReadRevision(older, row);
    if (!revision.ok()) return revision.status();
    // It may have been overwritten between the two statements.
    if (revision->number < present) revisions.push_back(*std::move(revision));
  }
  if (static_cast<int>(revisions.size()) > limit) revisions.resize(static_cast<size_t>(std::max(limit, 0)));
  return revisions;
}

absl::StatusOr<std::vector<DayTotal>> RecordReader::DayTotals(const Thing& thing, engine::Direction direction,
                                                              int32_t first, int32_t last) {
  const bool anywhere = thing.location_id.empty() && !thing.device_id.empty();
  Params params = ParamsOf(tenant_);
  if (!anywhere) params.Text(thing.location_id);
  params.Text(thing.device_id).Int(static_cast<int>(direction)).Int(first).Int(last);
  const absl::StatusOr<Result> rows = connection_->Query(anywhere ? kDaysOfDevice : kDaysOfThing, params);
  if (!rows.ok()) return rows.status();
  std::vector<DayTotal> totals;
  for (int row = 0; row < rows->rows(); ++row) {
    absl::StatusOr<Total> total = ReadTotal(*rows, row);
    if (!total.ok()) return total.status();
    totals.push_back({static_cast<int32_t>(rows->Int(row, 9)), *std::move(total)});
  }
  return totals;
}

absl::StatusOr<SessionTotals> RecordReader::TotalsOfSession(absl::string_view session_reference_id,
                                                            engine::Direction direction) {
  Params params = ParamsOf(tenant_);
  params.Text(session_reference_id).Int(static_cast<int>(direction));
  // All of them of one state.
  postgres::Transaction transaction(connection_, postgres::Transaction::Kind::kRead);
  const absl::StatusOr<std::vector<Result>> results =
      transaction.Run({{kSession, params}, {kLastOfSession, params}, {kStartOfSession, params}});
  if (!results.ok()) return results.status();
  SessionTotals session;
  const Result& rows = (*results)[0];
  for (int row = 0; row < rows.rows(); ++row) {
    absl::StatusOr<Total> total = ReadTotal(rows, row);
    if (!total.ok()) return total.status();
    session.totals.push_back(*std::move(total));
    session.interval.end.ns = std::max(session.interval.end.ns, rows.Int(row, 9));
  }
  const Result& last = (*results)[1];
  if (last.rows() > 0) session.thing = {std::string(last.Text(0, 0)), std::string(last.Text(0, 1))};
  const Result& start = (*results)[2];
  if (start.rows() > 0) session.interval.start.ns = start.Int(0, 0);
  return session;
}

absl::StatusOr<std::vector<std::string>> RecordReader::LocationsOf(absl::string_view device_id) {
  if (device_id.empty()) return std::vector<std::string>();
  const absl::StatusOr<Result> rows =
      connection_->Query(kLastOfEachLocation, ParamsOf(tenant_).Text(device_id).Bytes(Greatest()));
  if (!rows.ok()) return rows.status();
  return FirstColumn(*rows);
}

absl::StatusOr<std::optional<std::string>> RecordReader::BatchDocument(absl::string_view batch_id) {
  const absl::StatusOr<Result> rows = connection_->Query(
      "SELECT document FROM record_batches WHERE account_id = $1 AND live_mode = $2 AND batch_id = $3",
      ParamsOf(tenant_).Text(batch_id));
  if (!rows.ok()) return rows.status();
  if (rows->rows() == 0) return std::nullopt;
  return std::string(rows->Bytes(0, 0));
}

absl::StatusOr<std::vector<RegisterReading>> RecordReader::Readings(const Register& of, int64_t first_s,
                                                                    int64_t last_s) {
  Params params = ParamsOf(tenant_);
  params.Text(of.thing.location_id)
      .Text(of.thing.device_id)
      .Int(static_cast<int>(of.direction))
      .Int(static_cast<int>(of.tariff_rate));
  Params between = params, before = params, after = params;
  between.Int(first_s).Int(last_s);
  before.Int(first_s);
  after.Int(last_s);
  postgres::Transaction transaction(connection_, postgres::Transaction::Kind::kRead);
  const absl::StatusOr<std::vector<Result>> results =
      transaction.Run({{kReadingBefore, before}, {kReadingsBetween, between}, {kReadingAfter, after}});
  if (!results.ok()) return results.status();
  std::vector<RegisterReading> readings;
  for (const Result& rows : *results) {
    for (int row = 0; row < rows.rows(); ++row) {
      readings.push_back(
          {rows.Int(row, 0), rows.Int(row, 1), std::string(rows.Text(row, 2)), std::string(rows.Text(row, 3))});
    }
  }
  return readings;
}

absl::StatusOr<std::vector<std::string>> RecordReader::Locations(absl::string_view after, int limit) {
  const absl::StatusOr<Result> rows =
      connection_->Query(kLocations, ParamsOf(tenant_).Text(after).Bytes(Greatest()).Int(limit));
  if (!rows.ok()) return rows.status();
  return FirstColumn(*rows);
}

absl::StatusOr<std::vector<StaleRecords>> RecordReader::Stale(int limit) {
  const absl::StatusOr<Result> rows = connection_->Query(
      "SELECT location_id, from_ns, to_ns, cause, ticket FROM record_stale WHERE account_id = $1 AND live_mode = $2 "
      "ORDER BY location_id LIMIT $3",
      ParamsOf(tenant_).Int(limit));
  if (!rows.ok()) return rows.status();
  std::vector<StaleRecords> stale;
  for (int row = 0; row < rows->rows(); ++row) {
    stale.push_back({std::string(rows->Text(row, 0)),
                     {engine::Instant{rows->Int(row, 1)}, engine::Instant{rows->Int(row, 2)}},
                     static_cast<RevisionCause>(rows->Int(row, 3)),
                     rows->Int(row, 4)});
  }
  return stale;
}

absl::StatusOr<StaleCount> RecordReader::CountStale() {
  const absl::StatusOr<std::vector<Result>> results = connection_->Run(
      {{"SELECT count(*) FROM record_stale WHERE account_id = $1 AND live_mode = $2", ParamsOf(tenant_)},
       {"SELECT version FROM record_marked_versions WHERE account_id = $1 AND live_mode = $2", ParamsOf(tenant_)}});
  if (!results.ok()) return results.status();
  StaleCount count;
  count.locations = (*results)[0].Int(0, 0);
  if ((*results)[1].rows() > 0) count.marked_version = static_cast<uint64_t>((*results)[1].Int(0, 0));
  return count;
}

}  // namespace costs::records::pg
