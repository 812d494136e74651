#include "service/records/sqlite/totals.h"

#include <limits>
#include <utility>

#include "service/records/sqlite/total_kind.h"

namespace costs::records {
namespace {

using sqlite::Database;
using sqlite::Query;

absl::Status BrokenSum() { return absl::DataLossError("a total cannot be read"); }

Sum SumOf(const calculator::DayPart& part) {
  return {1, part.energy_wh, part.energy_nwh, part.cost.value_or(0), part.carbon.value_or(0)};
}

void Count(const calculator::DayPart& part, bool comes, Sum* sum) {
  if (comes) {
    sum->Add(SumOf(part));
  } else {
    sum->Subtract(SumOf(part));
  }
}

calculator::DayPart WholeOf(const Figures& figures) {
  calculator::DayPart part;
  part.day = figures.first_day;
  part.energy_wh = figures.energy_wh;
  part.energy_nwh = figures.energy_nwh;
  if (figures.tariff) part.cost = figures.tariff->micros;
  if (figures.carbon) part.carbon = figures.carbon->milligrams;
  return part;
}

// The rows of a week are together, and within it those of a thing.
int64_t WeekOf(int32_t day) { return (int64_t{day} + 7'000'000) / 7 - 1'000'000; }

constexpr int kWeek = 0, kThing = 1, kDay = 2, kKind = 3, kCurrency = 4, kSum = 5;  // columns of VisitDays

// Calls `visit` with each row of a thing on the days [first, last], in their order.
// DATA_LOSS where it returns false. Weeks in which nobody has records cost nothing.
template <typename Visit>
absl::Status VisitDays(Database* database, int64_t thing, int32_t first, int32_t last, const Visit& visit) {
  Query query = database->Prepare(
      "SELECT week, thing, day, kind, currency, sum FROM day_totals "
      "WHERE (week, thing) >= (?1, ?2) AND week <= ?3 ORDER BY week, thing, day, kind, currency");
  const int64_t end = WeekOf(last);
  int64_t week = WeekOf(first);
  while (week <= end) {
    query.Bind(1, week).Bind(2, thing).Bind(3, end);
    int64_t next = end + 1;
    while (query.Next()) {
      if (query.Int(kThing) != thing) {
        // Of another: the thing's own rows in that week come after it, or there are none.
        next = query.Int(kWeek) + (query.Int(kThing) > thing ? 1 : 0);
        break;
      }
      const int64_t day = query.Int(kDay);
      if (day >= first && day <= last && !visit(query)) return BrokenSum();
    }
    if (!query.status().ok()) return query.status();
    query.Reset();
    week = next;
  }
  return absl::OkStatus();
}

Total TotalOf(const TotalKind& kind, absl::string_view currency, const Sum& sum) {
  Total total;
  total.tariff_rate = kind.tariff_rate;
  total.currency_code = std::string(currency);
  total.tariff_confidence = kind.tariff_confidence;
  total.carbon_confidence = kind.carbon_confidence;
  total.records = sum.records;
  total.energy_wh = sum.energy_wh;
  total.cost = sum.cost;
  total.carbon = sum.carbon;
  return total;
}

}  // namespace

void GatheredTotals::Count(int64_t tenant, int64_t thing, const RecordRequest& request, const Figures& figures,
                           bool comes) {
  const int64_t kind = NumberOf(KindOf(request, figures));
  const calculator::DayPart whole = WholeOf(figures);
  if (figures.days.empty()) {
    records::Count(whole, comes, &days_[{thing, whole.day, kind, figures.currency_code}]);
  }
  for (const calculator::DayPart& part : figures.days) {
    records::Count(part, comes, &days_[{thing, part.day, kind, figures.currency_code}]);
  }
  if (request.session_reference_id.empty()) return;
  records::Count(whole, comes, &sessions_[{tenant, request.session_reference_id, thing, kind, figures.currency_code}]);
}

absl::Status GatheredTotals::Write() {
  if (absl::Status status = WriteDays(); !status.ok()) return status;
  if (absl::Status status = WriteSessions(); !status.ok()) return status;
  Clear();
  return absl::OkStatus();
}

absl::Status GatheredTotals::WriteDays() {
  const auto bind = [](Query& query, const DayKey& key) -> Query& {
    return query.Bind(1, WeekOf(key.day)).Bind(2, key.thing).Bind(3, key.day).Bind(4, key.kind).Bind(5, key.currency);
  };
  Query read = database_->Prepare(
      "SELECT sum FROM day_totals WHERE week = ?1 AND thing = ?2 AND day = ?3 AND kind = ?4 AND currency = ?5");
  Query write = database_->Prepare(
      "INSERT OR REPLACE INTO day_totals (week, thing, day, kind, currency, sum) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  Query remove = database_->Prepare(
      "DELETE FROM day_totals WHERE week = ?1 AND thing = ?2 AND day = ?3 AND kind = ?4 AND currency = ?5");
  for (auto& [key, sum] : days_) {
    if (bind(read, key).Next()) {
      Sum before;
      if (!DecodeSum(read.Blob(0), &before)) return BrokenSum();
      sum.Add(before);
    }
    if (!read.status().ok()) return read.status();
    read.Reset();
    EncodeSum(sum, &bytes_);
    const absl::Status status = sum.records != 0 ? bind(write, key).BindBlob(6, bytes_).Run() : bind(remove, key).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status GatheredTotals::WriteSessions() {
  if (sessions_.empty()) return absl::OkStatus();
  const auto bind = [](Query& query, const SessionKey& key) -> Query& {
    return query.Bind(1, key.tenant).Bind(2, key.session).Bind(3, key.thing).Bind(4, key.kind).Bind(5, key.currency);
  };
  Query read = database_->Prepare(
      "SELECT sum FROM session_totals "
      "WHERE tenant = ?1 AND session = ?2 AND thing = ?3 AND kind = ?4 AND currency = ?5");
  Query write = database_->Prepare(
      "INSERT OR REPLACE INTO session_totals (tenant, session, thing, kind, currency, sum) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
  Query remove = database_->Prepare(
      "DELETE FROM session_totals WHERE tenant = ?1 AND session = ?2 AND thing = ?3 AND kind = ?4 AND currency = ?5");
  for (auto& [key, sum] : sessions_) {
    if (bind(read, key).Next()) {
      Sum before;
      if (!DecodeSum(read.Blob(0), &before)) return BrokenSum();
      sum.Add(before);
    }
    if (!read.status().ok()) return read.status();
    read.Reset();
    EncodeSum(sum, &bytes_);
    const absl::Status status = sum.records != 0 ? bind(write, key).BindBlob(6, bytes_).Run() : bind(remove, key).Run();
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void GatheredTotals::Clear() {
  days_.clear();
  sessions_.clear();
}

absl::StatusOr<std::optional<int32_t>> LastDayOf(Database* database, int64_t thing) {
  Query query = database->Prepare(
      "SELECT week, thing, day FROM day_totals WHERE (week, thing) <= (?1, ?2) "
      "ORDER BY week DESC, thing DESC, day DESC LIMIT 1");
  int64_t week = std::numeric_limits<int32_t>::max();
  while (query.Bind(1, week).Bind(2, thing).Next()) {
    if (query.Int(kThing) == thing) return static_cast<int32_t>(query.Int(kDay));
    week = query.Int(kWeek) - (query.Int(kThing) < thing ? 1 : 0);
    query.Reset();
  }
  if (!query.status().ok()) return query.status();
  return std::nullopt;
}

absl::Status ReadDayTotals(Database* database, int64_t thing, engine::Direction direction, int32_t first, int32_t last,
                           std::vector<DayTotal>* totals) {
  return VisitDays(database, thing, first, last, [&](const Query& row) {
    const TotalKind kind = KindOf(row.Int(kKind));
    if (kind.direction != direction) return true;
    Sum sum;
    if (!DecodeSum(row.Blob(kSum), &sum)) return false;
    totals->push_back({static_cast<int32_t>(row.Int(kDay)), TotalOf(kind, row.Text(kCurrency), sum)});
    return true;
  });
}

absl::Status ReadUsage(Database* database, int64_t thing, engine::TariffRate tariff_rate, int32_t first, int32_t last,
                       Sum* sum) {
  return VisitDays(database, thing, first, last, [&](const Query& row) {
    if (KindOf(row.Int(kKind)).tariff_rate != tariff_rate) return true;
    Sum of_day;
    if (!DecodeSum(row.Blob(kSum), &of_day)) return false;
    sum->Add(of_day);
    return true;
  });
}

absl::StatusOr<std::vector<SessionTotal>> ReadSessionTotals(Database* database, int64_t tenant,
                                                            absl::string_view session, engine::Direction direction) {
  std::vector<SessionTotal> totals;
  Query query =
      database->Prepare("SELECT thing, kind, currency, sum FROM session_totals WHERE tenant = ?1 AND session = ?2");
  query.Bind(1, tenant).Bind(2, session);
  while (query.Next()) {
    const TotalKind kind = KindOf(query.Int(1));
    if (kind.direction != direction) continue;
    Sum sum;
    if (!DecodeSum(query.Blob(3), &sum)) return BrokenSum();
    totals.push_back({query.Int(0), TotalOf(kind, query.Text(2), sum)});
  }
  if (!query.status().ok()) return query.status();
  return totals;
}

}  // namespace costs::records
