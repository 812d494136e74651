#include "service/catalog/series_table.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using sqlite::Database;
using sqlite::Query;

constexpr int kNanoScale = 9;

int64_t SecondsOf(engine::Instant instant) { return instant.ns / engine::kNanosPerSecond; }

engine::Interval IntervalOf(int64_t start, int64_t end) {
  return {engine::Instant::FromSeconds(start), engine::Instant::FromSeconds(end)};
}

// A row of market_prices and how it is written.
struct PriceRow {
  static constexpr absl::string_view kSelect =
      "SELECT valid_from, valid_to, price FROM market_prices WHERE series = ?1 AND valid_from < ?3 AND valid_to > ?2 "
      "AND valid_from >= coalesce((SELECT max(valid_from) FROM market_prices WHERE series = ?1 AND valid_from <= ?2), "
      "?2)";
  static constexpr absl::string_view kDelete = "DELETE FROM market_prices WHERE series = ?1 AND valid_from = ?2";
  static constexpr absl::string_view kInsert =
      "INSERT INTO market_prices (series, valid_from, valid_to, price) VALUES (?1, ?2, ?3, ?4)";

  int64_t start = 0, end = 0, price = 0;

  static PriceRow Read(const Query& query) { return {query.Int(0), query.Int(1), query.Int(2)}; }
  void BindValues(Query* query) const { query->Bind(4, price); }
};

struct IntensityRow {
  static constexpr absl::string_view kSelect =
      "SELECT valid_from, valid_to, forecast, actual FROM carbon_intensities WHERE series = ?1 AND valid_from < ?3 AND "
      "valid_to > ?2 AND valid_from >= coalesce((SELECT max(valid_from) FROM carbon_intensities WHERE series = ?1 AND "
      "valid_from <= ?2), ?2)";
  static constexpr absl::string_view kDelete = "DELETE FROM carbon_intensities WHERE series = ?1 AND valid_from = ?2";
  static constexpr absl::string_view kInsert =
      "INSERT INTO carbon_intensities (series, valid_from, valid_to, forecast, actual) VALUES (?1, ?2, ?3, ?4, ?5)";

  int64_t start = 0, end = 0;
  std::optional<int64_t> forecast, actual;

  static IntensityRow Read(const Query& query) {
    IntensityRow row = {query.Int(0), query.Int(1), {}, {}};
    if (!query.IsNull(2)) row.forecast = query.Int(2);
    if (!query.IsNull(3)) row.actual = query.Int(3);
    return row;
  }
  void BindValues(Query* query) const {
    forecast ? query->Bind(4, *forecast) : query->BindNull(4);
    actual ? query->Bind(5, *actual) : query->BindNull(5);
  }
};

template <typename Row>
absl::Status InsertRow(int64_t series, const Row& row, Query* insert) {
  insert->Bind(1, series).Bind(2, row.start).Bind(3, row.end);
  row.BindValues(insert);
  return insert->Run();
}

// Takes [start, end) out of what the series has.
template <typename Row>
absl::Status CutOut(Database* database, int64_t series, int64_t start, int64_t end) {
  std::vector<Row> overlapped;
  {
    Query select = database->Prepare(Row::kSelect);
    select.Bind(1, series).Bind(2, start).Bind(3, end);
    while (select.Next()) overlapped.push_back(Row::Read(select));
    if (!select.status().ok()) return select.status();
  }
  if (overlapped.empty()) return absl::OkStatus();
  Query remove = database->Prepare(Row::kDelete);
  Query insert = database->Prepare(Row::kInsert);
  for (const Row& row : overlapped) {
    if (absl::Status status = remove.Bind(1, series).Bind(2, row.start).Run(); !status.ok()) return status;
    Row left = row, right = row;
    left.end = start;
    right.start = end;
    for (const Row& rest : {left, right}) {
      if (rest.start >= rest.end) continue;
      if (absl::Status status = InsertRow(series, rest, &insert); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

int64_t NanosOf(engine::Decimal decimal) { return static_cast<int64_t>(decimal.UnitsAtScale(kNanoScale)); }

engine::Decimal DecimalOf(int64_t nanos) { return engine::Decimal::FromUnits(nanos, kNanoScale); }

template <typename Row>
absl::Status SeriesTable::WriteRows(int64_t series, const std::vector<Row>& rows, bool fresh) {
  for (const Row& row : rows) {
    if (!fresh) {
      if (absl::Status status = CutOut<Row>(database_, series, row.start, row.end); !status.ok()) return status;
    }
    Query insert = database_->Prepare(Row::kInsert);
    if (absl::Status status = InsertRow(series, row, &insert); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SeriesTable::Write(int64_t series, const std::vector<engine::MarketPrice>& prices, bool fresh) {
  std::vector<PriceRow> rows;
  rows.reserve(prices.size());
  for (const engine::MarketPrice& price : prices) {
    rows.push_back({SecondsOf(price.interval.start), SecondsOf(price.interval.end), NanosOf(price.per_kwh)});
  }
  return WriteRows(series, rows, fresh);
}

absl::Status SeriesTable::Write(int64_t series, const std::vector<engine::CarbonIntensity>& intensities, bool fresh) {
  std::vector<IntensityRow> rows;
  rows.reserve(intensities.size());
  for (const engine::CarbonIntensity& entry : intensities) {
    IntensityRow row = {SecondsOf(entry.interval.start), SecondsOf(entry.interval.end), {}, {}};
    if (entry.forecast) row.forecast = NanosOf(*entry.forecast);
    if (entry.actual) row.actual = NanosOf(*entry.actual);
    rows.push_back(row);
  }
  return WriteRows(series, rows, fresh);
}

absl::StatusOr<std::vector<std::shared_ptr<const engine::MarketSeries>>> SeriesTable::Market() {
  Query list = database_->Prepare(
      "SELECT series, id, currency_code FROM market_series WHERE account_id = ?1 AND live_mode = ?2");
  list.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode);
  std::vector<std::shared_ptr<const engine::MarketSeries>> all;
  while (list.Next()) {
    Query rows = database_->Prepare(
        "SELECT valid_from, valid_to, price FROM market_prices WHERE series = ?1 ORDER BY valid_from");
    rows.Bind(1, list.Int(0));
    std::vector<engine::MarketPrice> prices;
    while (rows.Next()) prices.push_back({IntervalOf(rows.Int(0), rows.Int(1)), DecimalOf(rows.Int(2))});
    if (!rows.status().ok()) return rows.status();
    absl::StatusOr<engine::MarketSeries> series =
        engine::MarketSeries::Create(std::string(list.Text(1)), std::string(list.Text(2)), std::move(prices));
    if (!series.ok()) return absl::DataLossError(absl::StrCat("market series ", list.Text(1), " cannot be read"));
    all.push_back(std::make_shared<const engine::MarketSeries>(*std::move(series)));
  }
  if (!list.status().ok()) return list.status();
  return all;
}

absl::StatusOr<std::vector<std::shared_ptr<const engine::CarbonSeries>>> SeriesTable::Carbon() {
  Query list = database_->Prepare("SELECT series, id FROM carbon_series WHERE account_id = ?1 AND live_mode = ?2");
  list.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode);
  std::vector<std::shared_ptr<const engine::CarbonSeries>> all;
  while (list.Next()) {
    Query rows = database_->Prepare(
        "SELECT valid_from, valid_to, forecast, actual FROM carbon_intensities WHERE series = ?1 ORDER BY valid_from");
    rows.Bind(1, list.Int(0));
    std::vector<engine::CarbonIntensity> entries;
    while (rows.Next()) {
      engine::CarbonIntensity entry;
      entry.interval = IntervalOf(rows.Int(0), rows.Int(1));
      if (!rows.IsNull(2)) entry.forecast = DecimalOf(rows.Int(2));
      if (!rows.IsNull(3)) entry.actual = DecimalOf(rows.Int(3));
      entries.push_back(entry);
    }
    if (!rows.status().ok()) return rows.status();
    absl::StatusOr<engine::CarbonSeries> series =
        engine::CarbonSeries::Create(std::string(list.Text(1)), std::move(entries));
    if (!series.ok()) return absl::DataLossError(absl::StrCat("carbon region ", list.Text(1), " cannot be read"));
    all.push_back(std::make_shared<const engine::CarbonSeries>(*std::move(series)));
  }
  if (!list.status().ok()) return list.status();
  return all;
}

absl::StatusOr<bool> SeriesTable::Empty() {
  for (const char* table : {"market_series", "carbon_series"}) {
    Query query =
        database_->Prepare(absl::StrCat("SELECT 1 FROM ", table, " WHERE account_id = ?1 AND live_mode = ?2 LIMIT 1"));
    const bool some = query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Next();
    if (!query.status().ok()) return query.status();
    if (some) return false;
  }
  return true;
}

absl::Status SeriesTable::RemoveAll() {
  for (const char* table : {"market_series", "carbon_series"}) {
    absl::Status status =
        database_->Prepare(absl::StrCat("DELETE FROM ", table, " WHERE account_id = ?1 AND live_mode = ?2"))
            .Bind(1, tenant_.account_id)
            .Bind(2, tenant_.live_mode)
            .Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> SeriesTable::FindRow(absl::string_view table, absl::string_view id) {
  Query query = database_->Prepare(
      absl::StrCat("SELECT series FROM ", table, " WHERE account_id = ?1 AND live_mode = ?2 AND id = ?3"));
  const bool found = query.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id).Next();
  if (!query.status().ok()) return query.status();
  return found ? query.Int(0) : 0;
}

absl::StatusOr<int64_t> SeriesTable::MarketRow(absl::string_view id, absl::string_view currency_code) {
  const absl::StatusOr<int64_t> row = FindRow("market_series", id);
  if (!row.ok() || *row != 0) return row;
  const absl::Status status =
      database_->Prepare("INSERT INTO market_series (account_id, live_mode, id, currency_code) VALUES (?1, ?2, ?3, ?4)")
          .Bind(1, tenant_.account_id)
          .Bind(2, tenant_.live_mode)
          .Bind(3, id)
          .Bind(4, currency_code)
          .Run();
  if (!status.ok()) return status;
  return database_->last_rowid();
}

absl::StatusOr<int64_t> SeriesTable::CarbonRow(absl::string_view region) {
  const absl::StatusOr<int64_t> row = FindRow("carbon_series", region);
  if (!row.ok() || *row != 0) return row;
  const absl::Status status =
      database_->Prepare("INSERT INTO carbon_series (account_id, live_mode, id) VALUES (?1, ?2, ?3)")
          .Bind(1, tenant_.account_id)
          .Bind(2, tenant_.live_mode)
          .Bind(3, region)
          .Run();
  if (!status.ok()) return status;
  return database_->last_rowid();
}

}  // namespace costs::catalog
