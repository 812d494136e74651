#include "service/records/reports.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "service/calculator/validation.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/refusal.h"
#include "service/engine/tier_window.h"
#include "service/records/cost_sum.h"
#include "service/records/record_message.h"
#include "service/records/record_part.h"

namespace costs::records {
namespace {

using catalog::FieldViolation;
using engine::Instant;
using engine::Interval;

constexpr int64_t kLongestPeriodDays = 3660;
constexpr size_t kMostRecords = 10'000;
constexpr int kRecordsPerRead = 1000;
constexpr size_t kLongestId = 64;
constexpr size_t kLongestReference = 256;

// Days since 1970-01-01.
int32_t DayOf(absl::CivilDay date) { return static_cast<int32_t>(date - absl::CivilDay(1970, 1, 1)); }
absl::CivilDay DateOf(int32_t day) { return absl::CivilDay(1970, 1, 1) + day; }
int32_t DayAt(Instant at, const absl::TimeZone& zone) {
  return DayOf(absl::ToCivilDay(absl::FromUnixNanos(at.ns), zone));
}
Instant FirstOf(absl::CivilDay date, const absl::TimeZone& zone) {
  return Instant::FromSeconds(engine::FirstSecondOf(date, zone));
}

// A request of an interval's costs, defaults resolved.
struct Asked {
  std::string id;
  Interval period;
  pb::Aggregation::Value aggregation = pb::Aggregation::UNSPECIFIED;
  engine::Direction direction = engine::Direction::kImport;
  bool tariff = true;
  bool carbon = true;
};

// What a report is about, with what the catalog knows of where it is.
struct Subject {
  Thing thing;
  std::shared_ptr<const catalog::Snapshot> snapshot;
  // The place of its latest record, or itself.
  const catalog::Location* main = nullptr;
  // Of all the places where it has records, by name: more than one where a device
  // has moved between zones.
  std::map<std::string, absl::TimeZone> zones;

  // Of a location that the catalog no longer has, the main one stands in.
  const catalog::Location* LocationOf(const std::string& location_id) const {
    const catalog::Location* location = snapshot->FindLocation(location_id);
    return location != nullptr ? location : main;
  }
};

std::optional<Instant> ReadTime(absl::string_view field, bool given, const google::protobuf::Timestamp& time,
                                std::vector<FieldViolation>* violations) {
  const int64_t latest = engine::kLatest.ns / engine::kNanosPerSecond;
  if (!given) {
    violations->push_back({std::string(field), "is required; give an RFC 3339 time, such as 2023-11-07T00:00:00Z"});
    return std::nullopt;
  }
  if (time.nanos() < 0 || time.nanos() >= engine::kNanosPerSecond || time.seconds() < 0 || time.seconds() > latest ||
      (time.seconds() == latest && time.nanos() > 0)) {
    violations->push_back({std::string(field), "must be from 1970-01-01T00:00:00Z to 2100-01-01T00:00:00Z"});
    return std::nullopt;
  }
  return Instant{time.seconds() * engine::kNanosPerSecond + time.nanos()};
}

engine::Direction ReadDirection(pb::Direction::Value direction, std::vector<FieldViolation>* violations) {
  if (!pb::Direction::Value_IsValid(direction)) {
    violations->push_back({"direction", "must be IMPORT or EXPORT; the default is IMPORT"});
  }
  return direction == pb::Direction::UNSPECIFIED ? engine::Direction::kImport
                                                 : static_cast<engine::Direction>(direction);
}

template <typename Request>
bool WantsTariff(const Request& request) {
  return !request.has_include_tariff() || request.include_tariff();
}
template <typename Request>
bool WantsCarbon(const Request& request) {
  return !request.has_include_carbon() || request.include_carbon();
}

absl::StatusOr<Asked> Read(const pb::GetIntervalCostsRequest& request) {
  std::vector<FieldViolation> violations;
  Asked asked;
  asked.id = request.id();
  if (asked.id.empty()) {
    violations.push_back({"id", "is required; give a location (loc_…) or a device (dev_…)"});
  } else if (std::string fault = calculator::TextFault(asked.id, kLongestId); !fault.empty()) {
    violations.push_back({"id", std::move(fault)});
  }
  const pb::Period& period = request.period();
  const std::optional<Instant> start =
      ReadTime("period.start_time", period.has_start_time(), period.start_time(), &violations);
  const std::optional<Instant> end = ReadTime("period.end_time", period.has_end_time(), period.end_time(), &violations);
  if (start && end) {
    asked.period = {*start, *end};
    if (*end <= *start) {
      violations.push_back({"period.end_time", "must be after start_time"});
    } else if (asked.period.nanos() > kLongestPeriodDays * engine::kNanosPerDay) {
      violations.push_back({"period.end_time", absl::StrCat("must be at most ", kLongestPeriodDays,
                                                            " days after start_time; ask for a shorter period")});
    }
  }
  asked.aggregation = request.aggregation();
  if (!pb::Aggregation::Value_IsValid(request.aggregation())) {
    violations.push_back({"aggregation", "must be DAY or MONTH; leave it out for an entry for each record"});
  }
  asked.direction = ReadDirection(request.direction(), &violations);
  asked.tariff = WantsTariff(request);
  asked.carbon = WantsCarbon(request);
  if (!violations.empty()) return catalog::Invalid(violations);
  return asked;
}

absl::StatusOr<Subject> Find(const CallContext& context, const Tenant& tenant, const std::string& id) {
  Subject subject;
  absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> snapshot = context.snapshots->Open(tenant);
  if (!snapshot.ok()) return snapshot.status();
  subject.snapshot = *std::move(snapshot);
  subject.main = subject.snapshot->FindLocation(id);
  if (subject.main != nullptr) {
    subject.thing.location_id = id;
    subject.zones.emplace(subject.main->zone.name(), subject.main->zone);
    return subject;
  }
  const absl::StatusOr<std::vector<std::string>> locations = context.store->LocationsOf(tenant, id);
  if (!locations.ok()) return locations.status();
  subject.thing.device_id = id;
  for (const std::string& id_of_location : *locations) {
    const catalog::Location* location = subject.snapshot->FindLocation(id_of_location);
    if (location == nullptr) continue;
    if (subject.main == nullptr) subject.main = location;
    subject.zones.emplace(location->zone.name(), location->zone);
  }
  if (subject.main != nullptr) return subject;
  if (!locations->empty()) {
    return catalog::Refuse(
        absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
        absl::StrCat("the records of device ", catalog::Quoted(id), " are of location ",
                     catalog::Quoted(locations->front()), ", which is no longer in this account; create it again"));
  }
  if (absl::StartsWith(id, "dev_")) {
    return catalog::Refuse(absl::StatusCode::kNotFound, "DEVICE_NOT_FOUND",
                           absl::StrCat("no stored record is of a device ", catalog::Quoted(id),
                                        "; check id, or submit its records first"));
  }
  return catalog::Refuse(absl::StatusCode::kNotFound, "LOCATION_NOT_FOUND",
                         absl::StrCat("there is no location ", catalog::Quoted(id),
                                      " in this account, and no stored record of such a device; check id"));
}

// Calls `visit` with each record of the subject itself that has a part in the
// interval, in order, until it returns false.
absl::Status VisitRecords(const CallContext& context, const Tenant& tenant, const Subject& subject,
                          engine::Direction direction, Interval interval,
                          absl::FunctionRef<bool(const StoredRecord&)> visit) {
  RecordFilter filter;
  filter.location_id = subject.thing.location_id;
  filter.device_id = subject.thing.device_id;
  filter.direction = direction;
  filter.ends_after = interval.start;
  filter.starts_before = interval.end;
  std::optional<RecordPosition> after;
  for (;;) {
    const absl::StatusOr<std::vector<StoredRecord>> records =
        context.store->List(tenant, filter, after, /*newest_first=*/false, kRecordsPerRead);
    if (!records.ok()) return records.status();
    for (const StoredRecord& record : *records) {
      if (record.request.device_id == subject.thing.device_id && !visit(record)) return absl::OkStatus();
    }
    if (records->size() < static_cast<size_t>(kRecordsPerRead)) return absl::OkStatus();
    const StoredRecord& last = records->back();
    after = RecordPosition{last.request.interval.start.ns / engine::kNanosPerSecond, last.id};
  }
}

// The one currency, none for no record, or MIXED_CURRENCIES.
class Currency {
 public:
  void Add(const std::string& code) {
    if (!code.empty()) codes_.insert(code);
  }

  absl::StatusOr<std::string> Resolve(const catalog::Location* location, bool money_asked) const {
    if (codes_.size() > 1 && money_asked) {
      return catalog::Refuse(
          absl::StatusCode::kFailedPrecondition, "MIXED_CURRENCIES",
          absl::StrCat("the records are priced in ", absl::StrJoin(codes_, " and "),
                       ", which do not add up; ask with include_tariff=false, or for a period with one currency"));
    }
    if (codes_.size() == 1) return *codes_.begin();
    return location == nullptr ? std::string() : std::string(location->currency_code);
  }

 private:
  std::set<std::string> codes_;
};

// Sums by day of a location's clock. Days of several zones are different days.
class DaySums {
 public:
  DaySums(const CallContext& context, const Tenant& tenant, const Asked& asked, const Subject& subject)
      : context_(context), tenant_(tenant), asked_(asked), subject_(subject) {}

  absl::Status Gather() {
    // Each zone has its own days at the edges; the totals of whole days are read once.
    std::set<int32_t> edges;
    int32_t first_day = INT32_MAX;
    int32_t last_day = INT32_MIN;
    for (const auto& [name, zone] : subject_.zones) {
      const int32_t first = DayAt(asked_.period.start, zone);
      const int32_t last = DayAt({asked_.period.end.ns - 1}, zone);
      first_day = std::min(first_day, first);
      last_day = std::max(last_day, last);
      if (!IsWhole(first, zone)) edges.insert(first);
      if (!IsWhole(last, zone)) edges.insert(last);
    }
    absl::Status status = AddWholeDays(first_day, last_day);
    for (int32_t day : edges) {
      if (status.ok()) status = AddEdge(day);
    }
    return status;
  }

  // Entries by day or by month, in the order of time.
  void Fill(pb::GetIntervalCostsResponse* response) const {
    // By start, end and zone.
    std::map<std::tuple<int64_t, int64_t, std::string>, CostSum> entries;
    for (const auto& [key, day] : days_) {
      const auto& [number, zone_name] = key;
      const absl::CivilDay date = DateOf(number);
      Interval span{FirstOf(date, day.zone), FirstOf(date + 1, day.zone)};
      if (asked_.aggregation == pb::Aggregation::MONTH) {
        const absl::CivilMonth month(date);
        span = {FirstOf(absl::CivilDay(month), day.zone), FirstOf(absl::CivilDay(month + 1), day.zone)};
      }
      span = {std::max(span.start, asked_.period.start), std::min(span.end, asked_.period.end)};
      entries[{span.start.ns, span.end.ns, zone_name}].Add(day.sum);
    }
    for (const auto& [key, sum] : entries) {
      pb::MeterRecordData* data = response->add_data();
      SetTime({std::get<0>(key)}, data->mutable_start_time());
      SetTime({std::get<1>(key)}, data->mutable_end_time());
      sum.Fill(asked_.tariff, asked_.carbon, data);
    }
  }

  const Currency& currency() const { return currency_; }

 private:
  // One day in one zone.
  struct Day {
    absl::TimeZone zone;
    CostSum sum;
  };

  bool IsWhole(int32_t day, const absl::TimeZone& zone) const {
    return FirstOf(DateOf(day), zone) >= asked_.period.start && FirstOf(DateOf(day) + 1, zone) <= asked_.period.end;
  }

  CostSum& SumOf(int32_t day, const absl::TimeZone& zone) {
    Day& found = days_[{day, zone.name()}];
    found.zone = zone;
    return found.sum;
  }

  absl::Status AddWholeDays(int32_t first, int32_t last) {
    const absl::StatusOr<std::vector<DayTotal>> days =
        context_.store->DayTotals(tenant_, subject_.thing, asked_.direction, first, last);
    if (!days.ok()) return days.status();
    for (const DayTotal& day : *days) {
      const absl::TimeZone& zone = subject_.LocationOf(day.total.location_id)->zone;
      if (day.total.records == 0 || !IsWhole(day.day, zone)) continue;
      currency_.Add(day.total.currency_code);
      SumOf(day.day, zone).Add(day.total);
    }
    return absl::OkStatus();
  }

  // The records of a day that the period cuts, in whichever zones it does.
  absl::Status AddEdge(int32_t day) {
    std::map<std::string, Interval> within;  // by zone
    Interval all{engine::kLatest, engine::kEarliest};
    for (const auto& [name, zone] : subject_.zones) {
      const Interval part{std::max(FirstOf(DateOf(day), zone), asked_.period.start),
                          std::min(FirstOf(DateOf(day) + 1, zone), asked_.period.end)};
      if (IsWhole(day, zone) || part.end <= part.start) continue;
      within.emplace(name, part);
      all = {std::min(all.start, part.start), std::max(all.end, part.end)};
    }
    if (within.empty()) return absl::OkStatus();
    return VisitRecords(context_, tenant_, subject_, asked_.direction, all, [&](const StoredRecord& record) {
      const catalog::Location* location = subject_.LocationOf(record.request.location_id);
      const Interval interval = record.request.interval;
      const auto part = within.find(location->zone.name());
      if (part == within.end()) return true;
      if (interval.end <= part->second.start || interval.start >= part->second.end) return true;
      currency_.Add(record.revision.figures.currency_code);
      SumOf(day, location->zone)
          .Add(PartWithin(tenant_, record, part->second, location, context_.store->usage()), record.revision.figures);
      return true;
    });
  }

  const CallContext& context_;
  const Tenant& tenant_;
  const Asked& asked_;
  const Subject& subject_;
  std::map<std::pair<int32_t, std::string>, Day> days_;
  Currency currency_;
};

// An entry for each record, cut at the period's ends.
absl::Status FillRecords(const CallContext& context, const Tenant& tenant, const Asked& asked, const Subject& subject,
                         Currency* currency, pb::GetIntervalCostsResponse* response) {
  bool too_many = false;
  const absl::Status status =
      VisitRecords(context, tenant, subject, asked.direction, asked.period, [&](const StoredRecord& record) {
        too_many = static_cast<size_t>(response->data_size()) == kMostRecords;
        if (too_many) return false;
        const Figures& figures = record.revision.figures;
        const RecordPart part = PartWithin(tenant, record, asked.period, subject.LocationOf(record.request.location_id),
                                           context.store->usage());
        currency->Add(figures.currency_code);
        pb::MeterRecordData* data = response->add_data();
        SetTime(part.interval.start, data->mutable_start_time());
        SetTime(part.interval.end, data->mutable_end_time());
        data->set_session_reference_id(record.request.session_reference_id);
        data->set_record_reference_id(record.request.record_reference_id);
        CostSum sum;
        sum.Add(part, figures);
        sum.Fill(asked.tariff, asked.carbon, data);
        return true;
      });
  if (!status.ok()) return status;
  if (too_many) {
    return catalog::Invalid({{"aggregation", absl::StrCat("is needed: the period has more than ", kMostRecords,
                                                          " records; ask for DAY or MONTH, or for a shorter period")}});
  }
  return absl::OkStatus();
}

// What every answer has.
template <typename Response>
void FillHead(const CallContext& context, const Tenant& tenant, const Thing& thing, engine::Direction direction,
              Response* response) {
  response->set_id(context.new_id("ecs_"));
  response->set_object("energy_cost");
  response->set_object_id(thing.device_id.empty() ? thing.location_id : thing.device_id);
  response->set_live_mode(tenant.live_mode);
  response->set_direction(static_cast<pb::Direction::Value>(direction));
  response->set_energy_units(pb::Units::WH);
  response->set_carbon_units("gCO2eq");
  SetTimeCreated(absl::ToUnixNanos(context.now()), response->mutable_time_created());
  response->set_account_id(tenant.account_id);
}

}  // namespace

absl::Status Reports::GetIntervalCosts(const Tenant& tenant, const pb::GetIntervalCostsRequest& request,
                                       pb::GetIntervalCostsResponse* response) const {
  if (context_.store == nullptr) return NoRecordStore();
  const absl::StatusOr<Asked> asked = Read(request);
  if (!asked.ok()) return asked.status();
  const absl::StatusOr<Subject> subject = Find(context_, tenant, asked->id);
  if (!subject.ok()) return subject.status();
  Currency currency;
  if (asked->aggregation == pb::Aggregation::UNSPECIFIED) {
    if (absl::Status status = FillRecords(context_, tenant, *asked, *subject, &currency, response); !status.ok()) {
      return status;
    }
  } else {
    DaySums sums(context_, tenant, *asked, *subject);
    if (absl::Status status = sums.Gather(); !status.ok()) return status;
    sums.Fill(response);
    currency = sums.currency();
  }
  const absl::StatusOr<std::string> code = currency.Resolve(subject->main, asked->tariff);
  if (!code.ok()) return code.status();
  FillHead(context_, tenant, subject->thing, asked->direction, response);
  response->set_location_timezone(std::string(subject->main->timezone));
  response->set_currency_code(*code);
  return absl::OkStatus();
}

absl::Status Reports::GetSessionCosts(const Tenant& tenant, const pb::GetSessionCostsRequest& request,
                                      pb::GetSessionCostsResponse* response) const {
  if (context_.store == nullptr) return NoRecordStore();
  std::vector<FieldViolation> violations;
  const std::string& session_id = request.session_reference_id();
  if (session_id.empty()) {
    violations.push_back({"session_reference_id", "is required; give the name that the session's records bear"});
  } else if (std::string fault = calculator::TextFault(session_id, kLongestReference); !fault.empty()) {
    violations.push_back({"session_reference_id", std::move(fault)});
  }
  const engine::Direction direction = ReadDirection(request.direction(), &violations);
  if (!violations.empty()) return catalog::Invalid(violations);

  const absl::StatusOr<SessionTotals> session = context_.store->TotalsOfSession(tenant, session_id, direction);
  if (!session.ok()) return session.status();
  if (session->totals.empty()) {
    return catalog::Refuse(absl::StatusCode::kNotFound, "SESSION_NOT_FOUND",
                           absl::StrCat("no stored ", direction == engine::Direction::kExport ? "EXPORT" : "IMPORT",
                                        " record is of a session ", catalog::Quoted(session_id),
                                        "; check session_reference_id and direction"));
  }
  CostSum sum;
  Currency currency;
  for (const Total& total : session->totals) {
    sum.Add(total);
    currency.Add(total.currency_code);
  }
  const absl::StatusOr<std::shared_ptr<const catalog::Snapshot>> snapshot = context_.snapshots->Open(tenant);
  if (!snapshot.ok()) return snapshot.status();
  const catalog::Location* location = (*snapshot)->FindLocation(session->thing.location_id);
  const absl::StatusOr<std::string> code = currency.Resolve(location, WantsTariff(request));
  if (!code.ok()) return code.status();

  FillHead(context_, tenant, session->thing, direction, response);
  if (location != nullptr) response->set_location_timezone(std::string(location->timezone));
  response->set_currency_code(*code);
  pb::MeterRecordData* data = response->add_data();
  SetTime(session->interval.start, data->mutable_start_time());
  SetTime(session->interval.end, data->mutable_end_time());
  data->set_session_reference_id(session_id);
  sum.Fill(WantsTariff(request), WantsCarbon(request), data);
  return absl::OkStatus();
}

}  // namespace costs::records
