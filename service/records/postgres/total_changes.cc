#include "service/records/postgres/total_changes.h"

#include <algorithm>

#include "service/postgres/wire.h"

namespace costs::records::pg {
namespace {

using postgres::ArrayWriter;
using postgres::Params;
using postgres::Type;

constexpr absl::string_view kAddDays = R"sql(
INSERT INTO record_day_totals (account_id, live_mode, location_id, device_id, direction, day, tariff_rate,
  currency_code, cost_confidence, carbon_confidence, records, energy_wh, cost, carbon, energy_nwh)
SELECT $1::text, $2::boolean, * FROM unnest($3::text[], $4::text[], $5::smallint[], $6::integer[], $7::smallint[], $8::text[],
  $9::smallint[], $10::smallint[], $11::bigint[], $12::numeric[], $13::numeric[], $14::numeric[], $15::numeric[])
ON CONFLICT (account_id, live_mode, location_id, device_id, direction, day, tariff_rate, currency_code,
  cost_confidence, carbon_confidence)
DO UPDATE SET records = record_day_totals.records + excluded.records,
  energy_wh = record_day_totals.energy_wh + excluded.energy_wh, cost = record_day_totals.cost + excluded.cost,
  carbon = record_day_totals.carbon + excluded.carbon,
  energy_nwh = record_day_totals.energy_nwh + excluded.energy_nwh)sql";

constexpr absl::string_view kAddSessions = R"sql(
INSERT INTO record_session_totals (account_id, live_mode, session_reference_id, direction, location_id, tariff_rate,
  currency_code, cost_confidence, carbon_confidence, records, energy_wh, cost, carbon, last_end_ns)
SELECT $1::text, $2::boolean, * FROM unnest($3::text[], $4::smallint[], $5::text[], $6::smallint[], $7::text[], $8::smallint[],
  $9::smallint[], $10::bigint[], $11::numeric[], $12::numeric[], $13::numeric[], $14::bigint[])
ON CONFLICT (account_id, live_mode, session_reference_id, direction, location_id, tariff_rate, currency_code,
  cost_confidence, carbon_confidence)
DO UPDATE SET records = record_session_totals.records + excluded.records,
  energy_wh = record_session_totals.energy_wh + excluded.energy_wh,
  cost = record_session_totals.cost + excluded.cost, carbon = record_session_totals.carbon + excluded.carbon,
  last_end_ns = GREATEST(record_session_totals.last_end_ns, excluded.last_end_ns))sql";

// First the locks and then the look: so it sees what those have written that held them.
constexpr absl::string_view kLockSessions = R"sql(
SELECT 1 FROM record_session_totals s JOIN unnest($3::text[], $4::smallint[]) AS w(session_reference_id, direction)
  ON s.session_reference_id = w.session_reference_id AND s.direction = w.direction
WHERE s.account_id = $1 AND s.live_mode = $2
ORDER BY s.session_reference_id, s.direction, s.location_id, s.tariff_rate, s.currency_code, s.cost_confidence,
  s.carbon_confidence
FOR UPDATE OF s)sql";
constexpr absl::string_view kLookUpEnds = R"sql(
UPDATE record_session_totals s SET last_end_ns = coalesce(
  (SELECT max(r.end_ns) FROM records r WHERE r.account_id = $1 AND r.live_mode = $2
     AND r.session_reference_id = w.session_reference_id AND r.session_reference_id <> ''
     AND r.direction = w.direction), 0)
FROM unnest($3::text[], $4::smallint[]) AS w(session_reference_id, direction)
WHERE s.account_id = $1 AND s.live_mode = $2
  AND s.session_reference_id = w.session_reference_id AND s.direction = w.direction)sql";

// One column of a statement's rows.
template <typename Rows, typename Write>
std::string Column(Type type, const Rows& rows, const Write& write) {
  ArrayWriter array(type);
  for (const auto& row : rows) write(row, &array);
  return std::move(array).Finish(static_cast<int32_t>(rows.size()));
}

template <size_t kField, typename Rows>
std::string TextColumn(const Rows& rows) {
  return Column(Type::kText, rows,
                [](const auto& row, ArrayWriter* array) { array->Text(std::get<kField>(row.first)); });
}

template <size_t kField, typename Rows>
std::string SmallColumn(const Rows& rows) {
  return Column(Type::kSmallInt, rows, [](const auto& row, ArrayWriter* array) {
    array->SmallInt(static_cast<int16_t>(std::get<kField>(row.first)));
  });
}

template <typename Rows, typename Sums>
std::string NumericColumn(const Rows& rows, engine::Int128 Sums::*sum) {
  return Column(Type::kNumeric, rows, [&](const auto& row, ArrayWriter* array) { array->Numeric(row.second.*sum); });
}

template <typename Rows, typename Sums>
std::string BigColumn(const Rows& rows, int64_t Sums::*sum) {
  return Column(Type::kBigInt, rows, [&](const auto& row, ArrayWriter* array) { array->BigInt(row.second.*sum); });
}

Params Of(const Tenant& tenant) {
  Params params;
  params.Text(tenant.account_id).Bool(tenant.live_mode);
  return params;
}

}  // namespace

void TotalChanges::CountPart(const calculator::DayPart& part, int sign, Sums* sums) {
  const auto add = [&](engine::Int128 number, engine::Int128* sum) {
    too_large_ |= sign > 0 ? __builtin_add_overflow(*sum, number, sum) : __builtin_sub_overflow(*sum, number, sum);
  };
  sums->records += sign;
  add(part.energy_wh, &sums->energy_wh);
  add(part.energy_nwh, &sums->energy_nwh);
  add(part.cost.value_or(0), &sums->cost);
  add(part.carbon.value_or(0), &sums->carbon);
}

void TotalChanges::Count(const StoredRecord& record, int sign) {
  const RecordRequest& request = record.request;
  const Figures& figures = record.revision.figures;
  const int direction = static_cast<int>(request.direction);
  const int rate = static_cast<int>(request.tariff_rate);
  const int cost_confidence = figures.tariff ? figures.tariff->confidence : -1;
  const int carbon_confidence = figures.carbon ? figures.carbon->confidence : -1;
  calculator::DayPart whole;
  whole.day = figures.first_day;
  whole.energy_wh = figures.energy_wh;
  whole.energy_nwh = figures.energy_nwh;
  if (figures.tariff) whole.cost = figures.tariff->micros;
  if (figures.carbon) whole.carbon = figures.carbon->milligrams;
  const auto count_day = [&](const calculator::DayPart& part) {
    CountPart(part, sign,
              &days_[{request.location_id, request.device_id, direction, part.day, rate, figures.currency_code,
                      cost_confidence, carbon_confidence}]);
  };
  if (figures.days.empty()) count_day(whole);
  for (const calculator::DayPart& part : figures.days) count_day(part);
  if (request.session_reference_id.empty()) return;
  Sums& session = sessions_[{request.session_reference_id, direction, request.location_id, rate, figures.currency_code,
                             cost_confidence, carbon_confidence}];
  CountPart(whole, sign, &session);
  if (sign > 0) {
    session.last_end_ns = std::max(session.last_end_ns, request.interval.end.ns);
  } else {
    shrunk_.insert({request.session_reference_id, direction});
  }
}

void TotalChanges::AppendDays(const Tenant& tenant, std::vector<postgres::Statement>* statements) const {
  // What has gone and come alike cancels out.
  std::vector<std::pair<DayKey, Sums>> rows;
  rows.reserve(days_.size());
  for (const auto& [key, sums] : days_) {
    if (sums.records != 0 || sums.energy_wh != 0 || sums.energy_nwh != 0 || sums.cost != 0 || sums.carbon != 0) {
      rows.emplace_back(key, sums);
    }
  }
  if (rows.empty()) return;
  Params params = Of(tenant);
  params.Binary(TextColumn<0>(rows))
      .Binary(TextColumn<1>(rows))
      .Binary(SmallColumn<2>(rows))
      .Binary(Column(Type::kInteger, rows, [](const auto& row, ArrayWriter* a) { a->Integer(std::get<3>(row.first)); }))
      .Binary(SmallColumn<4>(rows))
      .Binary(TextColumn<5>(rows))
      .Binary(SmallColumn<6>(rows))
      .Binary(SmallColumn<7>(rows))
      .Binary(BigColumn(rows, &Sums::records))
      .Binary(NumericColumn(rows, &Sums::energy_wh))
      .Binary(NumericColumn(rows, &Sums::cost))
      .Binary(NumericColumn(rows, &Sums::carbon))
      .Binary(NumericColumn(rows, &Sums::energy_nwh));
  statements->push_back({kAddDays, std::move(params)});
}

void TotalChanges::AppendSessions(const Tenant& tenant, std::vector<postgres::Statement>* statements) const {
  if (sessions_.empty()) return;
  Params params = Of(tenant);
  params.Binary(TextColumn<0>(sessions_))
      .Binary(SmallColumn<1>(sessions_))
      .Binary(TextColumn<2>(sessions_))
      .Binary(SmallColumn<3>(sessions_))
      .Binary(TextColumn<4>(sessions_))
      .Binary(SmallColumn<5>(sessions_))
      .Binary(SmallColumn<6>(sessions_))
      .Binary(BigColumn(sessions_, &Sums::records))
      .Binary(NumericColumn(sessions_, &Sums::energy_wh))
      .Binary(NumericColumn(sessions_, &Sums::cost))
      .Binary(NumericColumn(sessions_, &Sums::carbon))
      .Binary(BigColumn(sessions_, &Sums::last_end_ns));
  statements->push_back({kAddSessions, std::move(params)});
}

void TotalChanges::AppendShrunkSessions(const Tenant& tenant, std::vector<postgres::Statement>* statements) const {
  if (shrunk_.empty()) return;
  Params params = Of(tenant);
  params.Binary(Column(Type::kText, shrunk_, [](const auto& row, ArrayWriter* array) { array->Text(row.first); }))
      .Binary(Column(Type::kSmallInt, shrunk_,
                     [](const auto& row, ArrayWriter* array) { array->SmallInt(static_cast<int16_t>(row.second)); }));
  statements->push_back({kLockSessions, params});
  statements->push_back({kLookUpEnds, std::move(params)});
}

absl::Status TotalChanges::AppendTo(const Tenant& tenant, std::vector<postgres::Statement>* statements) const {
  if (too_large_) return absl::InternalError("figures are too large to be added up");
  AppendDays(tenant, statements);
  AppendSessions(tenant, statements);
  AppendShrunkSessions(tenant, statements);
  return absl::OkStatus();
}

}  // namespace costs::records::pg
