#include "service/catalog/series_table.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using sql::Database;
using sql::Query;

constexpr int kNanoScale = 9;

int64_t SecondsOf(engine::Instant instant) { return instant.ns / engine::kNanosPerSecond; }

engine::Interval IntervalOf(int64_t start, int64_t end) {
  return {engine::Instant::FromSeconds(start), engine::Instant::FromSeconds(end)};
}

// A row of market_prices and how it is read and written.
struct PriceRow {
  using Entry = engine::MarketPrice;
  static constexpr absl::string_view kSelect =
      "SELECT valid_from, valid_to, price FROM market_prices WHERE series = ?1 AND valid_from < ?3 AND valid_to > ?2 "
      "AND valid_from >= coalesce((SELECT max(valid_from) FROM market_prices WHERE series = ?1 AND valid_from <= ?2), "
      "?2) ORDER BY valid_from";
  static constexpr absl::string_view kDelete = "DELETE FROM market_prices WHERE series = ?1 AND valid_from = ?2";
  static constexpr absl::string_view kInsert =
      "INSERT INTO market_prices (series, valid_from, valid_to, price) VALUES ";
  static constexpr absl::string_view kOrReplace =
      " ON CONFLICT (series, valid_from) DO UPDATE SET valid_to = excluded.valid_to, price = excluded.price";
  static constexpr int kValues = 3;  // beside the series

  int64_t start = 0, end = 0, price = 0;

  static PriceRow Read(const Query& query) { return {query.Int(0), query.Int(1), query.Int(2)}; }
  void BindValues(int first, Query* query) const {
    query->Bind(first, start).Bind(first + 1, end).Bind(first + 2, price);
  }

  static PriceRow Of(const Entry& entry) {
    return {SecondsOf(entry.interval.start), SecondsOf(entry.interval.end), NanosOf(entry.per_kwh)};
  }
  Entry entry() const { return {IntervalOf(start, end), DecimalOf(price)}; }
};

struct IntensityRow {
  using Entry = engine::CarbonIntensity;
  static constexpr absl::string_view kSelect =
      "SELECT valid_from, valid_to, forecast, actual FROM carbon_intensities WHERE series = ?1 AND valid_from < ?3 AND "
      "valid_to > ?2 AND valid_from >= coalesce((SELECT max(valid_from) FROM carbon_intensities WHERE series = ?1 AND "
      "valid_from <= ?2), ?2) ORDER BY valid_from";
  static constexpr absl::string_view kDelete = "DELETE FROM carbon_intensities WHERE series = ?1 AND valid_from = ?2";
  static constexpr absl::string_view kInsert =
      "INSERT INTO carbon_intensities (series, valid_from, valid_to, forecast, actual) VALUES ";
  static constexpr absl::string_view kOrReplace =
      " ON CONFLICT (series, valid_from) DO UPDATE SET valid_to = excluded.valid_to, forecast = excluded.forecast, "
      "actual = excluded.actual";
  static constexpr int kValues = 4;

  int64_t start = 0, end = 0;
  std::optional<int64_t> forecast, actual;

  static IntensityRow Read(const Query& query) {
    IntensityRow row = {query.Int(0), query.Int(1), {}, {}};
    if (!query.IsNull(2)) row.forecast = query.Int(2);
    if (!query.IsNull(3)) row.actual = query.Int(3);
    return row;
  }
  void BindValues(int first, Query* query) const {
    query->Bind(first, start).Bind(first + 1, end);
    forecast ? query->Bind(first + 2, *forecast) : query->BindNull(first + 2);
    actual ? query->Bind(first + 3, *actual) : query->BindNull(first + 3);
  }

  static IntensityRow Of(const Entry& entry) {
    IntensityRow row = {SecondsOf(entry.interval.start), SecondsOf(entry.interval.end), {}, {}};
    if (entry.forecast) row.forecast = NanosOf(*entry.forecast);
    if (entry.actual) row.actual = NanosOf(*entry.actual);
    return row;
  }
  Entry entry() const {
    Entry entry;
    entry.interval = IntervalOf(start, end);
    if (forecast) entry.forecast = DecimalOf(*forecast);
    if (actual) entry.actual = DecimalOf(*actual);
    return entry;
  }
};

// Those that have a part in [start, end), in order.
template <typename Row>
absl::StatusOr<std::vector<Row>> ReadRows(Database* database, int64_t series, int64_t start, int64_t end) {
  Query select = database->Prepare(Row::kSelect);
  select.Bind(1, series).Bind(2, start).Bind(3, end);
  std::vector<Row> rows;
  while (select.Next()) rows.push_back(Row::Read(select));
  if (!select.status().ok()) return select.status();
  return rows;
}

template <typename Row>
absl::StatusOr<std::vector<typename Row::Entry>> ReadEntries(Database* database, int64_t series,
                                                             engine::Interval interval) {
  const absl::StatusOr<std::vector<Row>> rows =
      ReadRows<Row>(database, series, SecondsOf(interval.start), SecondsOf(interval.end));
  if (!rows.ok()) return rows.status();
  std::vector<typename Row::Entry> entries;
  entries.reserve(rows->size());
  for (const Row& row : *rows) entries.push_back(row.entry());
  return entries;
}

// What remains of the stored rows where new ones, which all overlap them or not,
// take their place: of each the parts that no new one covers.
template <typename Row>
std::vector<Row> Remains(const std::vector<Row>& stored, const std::vector<Row>& rows) {
  std::vector<Row> remains;
  auto at = rows.begin();
  for (const Row& row : stored) {
    while (at != rows.end() && at->end <= row.start) ++at;
    Row rest = row;
    // A new row may cover parts of several stored ones, so `at` stays.
    for (auto cover = at; cover != rows.end() && cover->start < row.end; ++cover) {
      if (cover->start > rest.start) {
        remains.push_back(rest);
        remains.back().end = cover->start;
      }
      rest.start = std::max(rest.start, cover->end);
    }
    if (rest.start < rest.end) remains.push_back(rest);
  }
  return remains;
}

// An insertion of so many rows of a series; `suffix`: what else it does.
template <typename Row>
std::string PutSql(int rows, absl::string_view suffix) {
  std::string sql(Row::kInsert);
  int parameter = 1;  // of the series
  for (int row = 0; row < rows; ++row) {
    absl::StrAppend(&sql, row == 0 ? "(?1" : ", (?1");
    for (int value = 0; value < Row::kValues; ++value) absl::StrAppend(&sql, ", ?", ++parameter);
    absl::StrAppend(&sql, ")");
  }
  absl::StrAppend(&sql, suffix);
  return sql;
}

// Of few sizes, so that there are few statements to prepare.
template <typename Row>
absl::Status PutRows(Database* database, absl::string_view suffix, int64_t series, const std::vector<Row>& rows) {
  size_t done = 0;
  for (const size_t size : {size_t{64}, size_t{8}, size_t{1}}) {
    if (rows.size() - done < size || (size > 1 && !database->prefers_many_rows())) continue;
    Query put = database->Prepare(PutSql<Row>(static_cast<int>(size), suffix));
    for (; rows.size() - done >= size; done += size) {
      put.Bind(1, series);
      int parameter = 2;
      for (size_t i = 0; i < size; ++i, parameter += Row::kValues) rows[done + i].BindValues(parameter, &put);
      if (absl::Status status = put.Run(); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

// Puts rows in the place of what the series has where they lie. Each row that is
// written is written once.
template <typename Row>
absl::Status ReplaceRows(Database* database, int64_t series, const std::vector<Row>& rows) {
  const absl::StatusOr<std::vector<Row>> stored = ReadRows<Row>(database, series, rows.front().start, rows.back().end);
  if (!stored.ok()) return stored.status();
  std::vector<Row> before = *stored;
  before.erase(std::remove_if(before.begin(), before.end(),
                              [&](const Row& row) {
                                auto after = std::partition_point(rows.begin(), rows.end(),
                                                                  [&](const Row& r) { return r.end <= row.start; });
                                return after == rows.end() || after->start >= row.end;
                              }),
               before.end());
  const std::vector<Row> remains = Remains(before, rows);
  std::vector<Row> put;
  put.reserve(rows.size() + remains.size());
  const auto earlier = [](const Row& a, const Row& b) { return a.start < b.start; };
  std::merge(rows.begin(), rows.end(), remains.begin(), remains.end(), std::back_inserter(put), earlier);
  Query remove = database->Prepare(Row::kDelete);
  for (const Row& row : before) {
    if (std::binary_search(put.begin(), put.end(), row, earlier)) continue;  // replaced
    if (absl::Status status = remove.Bind(1, series).Bind(2, row.start).Run(); !status.ok()) return status;
  }
  return PutRows(database, before.empty() ? "" : Row::kOrReplace, series, put);
}

template <typename Row>
absl::Status WriteEntries(Database* database, int64_t series, const std::vector<typename Row::Entry>& entries,
                          bool fresh) {
  if (entries.empty()) return absl::OkStatus();
  std::vector<Row> rows;
  rows.reserve(entries.size());
  for (const auto& entry : entries) rows.push_back(Row::Of(entry));
  return fresh ? PutRows(database, "", series, rows) : ReplaceRows(database, series, rows);
}

constexpr engine::Interval kAlways = {engine::kEarliest, engine::kLatest};

absl::StatusOr<std::shared_ptr<const engine::MarketSeries>> ReadMarket(Database* database, int64_t series,
                                                                       const std::string& id,
                                                                       const std::string& currency_code) {
  auto prices = ReadEntries<PriceRow>(database, series, kAlways);
  if (!prices.ok()) return prices.status();
  absl::StatusOr<engine::MarketSeries> made = engine::MarketSeries::Create(id, currency_code, *std::move(prices));
  if (!made.ok()) return absl::DataLossError(absl::StrCat("market series ", id, " cannot be read"));
  return std::make_shared<const engine::MarketSeries>(*std::move(made));
}

absl::StatusOr<std::shared_ptr<const engine::CarbonSeries>> ReadCarbon(Database* database, int64_t series,
                                                                       const std::string& region) {
  auto entries = ReadEntries<IntensityRow>(database, series, kAlways);
  if (!entries.ok()) return entries.status();
  absl::StatusOr<engine::CarbonSeries> made = engine::CarbonSeries::Create(region, *std::move(entries));
  if (!made.ok()) return absl::DataLossError(absl::StrCat("carbon region ", region, " cannot be read"));
  return std::make_shared<const engine::CarbonSeries>(*std::move(made));
}

}  // namespace

int64_t NanosOf(engine::Decimal decimal) { return static_cast<int64_t>(decimal.UnitsAtScale(kNanoScale)); }

engine::Decimal DecimalOf(int64_t nanos) { return engine::Decimal::FromUnits(nanos, kNanoScale); }

absl::Status SeriesTable::Write(int64_t series, const std::vector<engine::MarketPrice>& prices, bool fresh) {
  return WriteEntries<PriceRow>(database_, series, prices, fresh);
}

absl::Status SeriesTable::Write(int64_t series, const std::vector<engine::CarbonIntensity>& intensities, bool fresh) {
  return WriteEntries<IntensityRow>(database_, series, intensities, fresh);
}

absl::StatusOr<std::vector<std::shared_ptr<const engine::MarketSeries>>> SeriesTable::Market() {
  struct Known {
    int64_t series;
    std::string id, currency_code;
  };
  std::vector<Known> known;
  {
    Query list = database_->Prepare(
        "SELECT series, id, currency_code FROM market_series WHERE account_id = ?1 AND live_mode = ?2");
    list.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode);
    while (list.Next()) known.push_back({list.Int(0), std::string(list.Text(1)), std::string(list.Text(2))});
    if (!list.status().ok()) return list.status();
  }
  std::vector<std::shared_ptr<const engine::MarketSeries>> all;
  for (const Known& one : known) {
    auto series = ReadMarket(database_, one.series, one.id, one.currency_code);
    if (!series.ok()) return series.status();
    all.push_back(*std::move(series));
  }
  return all;
}

absl::StatusOr<std::vector<std::shared_ptr<const engine::CarbonSeries>>> SeriesTable::Carbon() {
  std::vector<std::pair<int64_t, std::string>> known;
  {
    Query list = database_->Prepare("SELECT series, id FROM carbon_series WHERE account_id = ?1 AND live_mode = ?2");
    list.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode);
    while (list.Next()) known.emplace_back(list.Int(0), std::string(list.Text(1)));
    if (!list.status().ok()) return list.status();
  }
  std::vector<std::shared_ptr<const engine::CarbonSeries>> all;
  for (const auto& [row, region] : known) {
    auto series = ReadCarbon(database_, row, region);
    if (!series.ok()) return series.status();
    all.push_back(*std::move(series));
  }
  return all;
}

absl::StatusOr<std::shared_ptr<const engine::MarketSeries>> SeriesTable::FindMarket(absl::string_view id) {
  int64_t row = 0;
  std::string currency_code;
  {
    Query find = database_->Prepare(
        "SELECT series, currency_code FROM market_series WHERE account_id = ?1 AND live_mode = ?2 AND id = ?3");
    if (find.Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Bind(3, id).Next()) {
      row = find.Int(0);
      currency_code = std::string(find.Text(1));
    }
    if (!find.status().ok()) return find.status();
  }
  if (row == 0) return std::shared_ptr<const engine::MarketSeries>();
  return ReadMarket(database_, row, std::string(id), currency_code);
}

absl::StatusOr<std::shared_ptr<const engine::CarbonSeries>> SeriesTable::FindCarbon(absl::string_view region) {
  const absl::StatusOr<int64_t> row = FindRow("carbon_series", region);
  if (!row.ok()) return row.status();
  if (*row == 0) return std::shared_ptr<const engine::CarbonSeries>();
  return ReadCarbon(database_, *row, std::string(region));
}

absl::StatusOr<std::vector<engine::MarketPrice>> SeriesTable::Prices(absl::string_view id, engine::Interval interval) {
  const absl::StatusOr<int64_t> row = FindRow("market_series", id);
  if (!row.ok()) return row.status();
  return ReadEntries<PriceRow>(database_, *row, interval);
}

absl::StatusOr<std::vector<engine::CarbonIntensity>> SeriesTable::Intensities(absl::string_view region,
                                                                              engine::Interval interval) {
  const absl::StatusOr<int64_t> row = FindRow("carbon_series", region);
  if (!row.ok()) return row.status();
  return ReadEntries<IntensityRow>(database_, *row, interval);
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

absl::Status SeriesTable::Remove(absl::string_view series_table, absl::string_view entries_table) {
  for (const std::string& sql :
       {absl::StrCat("DELETE FROM ", entries_table, " WHERE series IN (SELECT series FROM ", series_table,
                     " WHERE account_id = ?1 AND live_mode = ?2)"),
        absl::StrCat("DELETE FROM ", series_table, " WHERE account_id = ?1 AND live_mode = ?2")}) {
    const absl::Status status = database_->Prepare(sql).Bind(1, tenant_.account_id).Bind(2, tenant_.live_mode).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SeriesTable::RemoveAll() {
  if (absl::Status status = Remove("market_series", "market_prices"); !status.ok()) return status;
  return Remove("carbon_series", "carbon_intensities");
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
  Query insert = database_->Prepare(
      "INSERT INTO market_series (series, account_id, live_mode, id, currency_code) VALUES (?1, ?2, ?3, ?4, ?5) "
      "RETURNING series");
  return InsertRow(id, &insert.Bind(5, currency_code));
}

absl::StatusOr<int64_t> SeriesTable::CarbonRow(absl::string_view region) {
  const absl::StatusOr<int64_t> row = FindRow("carbon_series", region);
  if (!row.ok() || *row != 0) return row;
  Query insert = database_->Prepare(
      "INSERT INTO carbon_series (series, account_id, live_mode, id) VALUES (?1, ?2, ?3, ?4) RETURNING series");
  return InsertRow(region, &insert);
}

absl::StatusOr<int64_t> SeriesTable::InsertRow(absl::string_view id, Query* insert) {
  const std::optional<int64_t> key = database_->NewKey();
  key ? insert->Bind(1, *key) : insert->BindNull(1);
  const bool made = insert->Bind(2, tenant_.account_id).Bind(3, tenant_.live_mode).Bind(4, id).Next();
  const int64_t row = made ? insert->Int(0) : 0;
  if (absl::Status status = insert->Run(); !status.ok()) return status;
  return row;
}

}  // namespace costs::catalog
