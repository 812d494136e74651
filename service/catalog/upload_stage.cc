#include "service/catalog/upload_stage.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/document_fields.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/names.h"
#include "service/catalog/refusal.h"
#include "service/catalog/store.h"

namespace costs::catalog {
namespace {

using sqlite::Query;

// `message` counts from 1, `position` from 0.
constexpr absl::string_view kSchema =
    "CREATE TABLE staged (series INTEGER, valid_from INTEGER, valid_to INTEGER, first INTEGER, second INTEGER, "
    "message INTEGER, position INTEGER); BEGIN";
constexpr absl::string_view kSort =
    "CREATE TABLE sorted AS SELECT series, valid_from, valid_to, first, second, message, position FROM staged "
    "ORDER BY series, valid_from; DROP TABLE staged; ALTER TABLE sorted RENAME TO staged";
constexpr absl::string_view kInsert =
    "INSERT INTO staged (series, valid_from, valid_to, first, second, message, position) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

std::string TimeText(int64_t seconds) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixSeconds(seconds), absl::UTCTimeZone());
}

void BindFigure(int parameter, const std::optional<int64_t>& figure, Query* query) {
  figure ? query->Bind(parameter, *figure) : query->BindNull(parameter);
}

std::optional<int64_t> Figure(const Query& query, int column) {
  return query.IsNull(column) ? std::nullopt : std::optional<int64_t>(query.Int(column));
}

// Null with a fault.
absl::optional<engine::Instant> ReadUploadTime(bool has, const google::protobuf::Timestamp& time, const FieldPath& path,
                                               Violations* faults) {
  if (!has) {
    faults->Add(path, "is required; write a whole second, such as 2022-02-01T10:30:00Z");
    return absl::nullopt;
  }
  const absl::optional<engine::Instant> second = ReadSecond(time, path, faults);
  if (second && (*second < engine::kEarliest || *second > engine::kLatest)) {
    faults->Add(path, "must lie between 1970-01-01T00:00:00Z and 2100-01-01T00:00:00Z");
    return absl::nullopt;
  }
  return second;
}

}  // namespace

UploadStage::UploadStage(const Catalog::Limits& limits, const UploadWords& words) : limits_(limits), words_(words) {}

absl::Status UploadStage::Fail(const absl::Status& status) {
  if (status_.ok()) {
    status_ = status;
    database_.reset();
  }
  return status_;
}

absl::Status UploadStage::Open() {
  if (database_ != nullptr) return absl::OkStatus();
  absl::StatusOr<std::unique_ptr<sqlite::Database>> database = sqlite::Database::Open("", sqlite::Access::kTemporary);
  if (!database.ok()) return database.status();
  database_ = *std::move(database);
  return database_->Execute(kSchema);
}

absl::StatusOr<size_t> UploadStage::SeriesIndex(const std::string& name) {
  if (name.empty()) return Invalid({{std::string(words_.name_field), "is required"}});
  if (!IsId(name)) {
    return Invalid({{std::string(words_.name_field), absl::StrCat("is ", Quoted(name), "; write ", kIdWanted)}});
  }
  auto [index, is_new] = index_.try_emplace(name, names_.size());
  if (is_new) names_.push_back(name);
  return index->second;
}

absl::Status UploadStage::Add(const std::string& name, int count, absl::FunctionRef<void(size_t, Violations*)> read) {
  if (!status_.ok()) return status_;
  ++message_;
  const std::string list(words_.list_field);
  if (count == 0) return Fail(Invalid({{list, "is required; a message has at least one entry"}}));
  if (static_cast<uint64_t>(count) > limits_.entries_per_message) {
    return Fail(Invalid({{list, absl::StrCat("has ", count, " entries; at most ", limits_.entries_per_message,
                                             " are allowed in a message: send several")}}));
  }
  if (static_cast<uint64_t>(size_) + static_cast<uint64_t>(count) > limits_.upload_entries) {
    return Fail(Invalid({{list, absl::StrCat("is over the limit of ", limits_.upload_entries,
                                             " entries in an upload: make several uploads")}}));
  }
  const absl::StatusOr<size_t> series = SeriesIndex(name);
  if (!series.ok()) return Fail(series.status());
  if (absl::Status status = Open(); !status.ok()) return Fail(StoreRefusal(status));
  current_ = *series;
  position_ = 0;
  Violations faults;
  read(current_, &faults);
  if (!status_.ok()) return status_;
  if (faults.empty()) return absl::OkStatus();
  std::vector<FieldViolation> list_of_faults = faults.list();
  const std::string where = absl::StrCat(" (message ", message_, " of the upload, ", words_.noun, " ", name, ")");
  for (FieldViolation& fault : list_of_faults) fault.description += where;
  return Fail(Invalid(list_of_faults));
}

void UploadStage::Put(const StagedEntry& entry, Violations* faults) {
  const int64_t position = position_++;
  if (!faults->empty() || !status_.ok()) return;
  ++size_;
  Query insert = database_->Prepare(kInsert);
  insert.Bind(1, static_cast<int64_t>(current_))
      .Bind(2, entry.interval.start.ns / engine::kNanosPerSecond)
      .Bind(3, entry.interval.end.ns / engine::kNanosPerSecond);
  BindFigure(4, entry.first, &insert);
  BindFigure(5, entry.second, &insert);
  insert.Bind(6, message_).Bind(7, position);
  const absl::Status status = insert.Run();
  if (!status.ok()) status_ = StoreRefusal(status);
}

absl::Status UploadStage::Close() {
  if (!status_.ok()) return status_;
  absl::Status status = Open();
  if (status.ok()) status = database_->Execute(kSort);
  if (status.ok()) status = database_->Execute("CREATE INDEX staged_series ON staged (series, valid_from)");
  if (status.ok()) status = FindOverlap();
  return status.ok() ? status : Fail(StoreRefusal(status));
}

absl::Status UploadStage::FindOverlap() {
  Query rows = database_->Prepare(
      "SELECT series, valid_from, valid_to, message, position FROM staged ORDER BY series, valid_from");
  int64_t series = -1, end = 0, message = 0, position = 0;
  while (rows.Next()) {
    if (rows.Int(0) == series && rows.Int(1) < end) {
      return Invalid({{absl::StrCat(words_.list_field, "[", rows.Int(4), "]"),
                       absl::StrCat("of message ", rows.Int(3), " overlaps ", words_.list_field, "[", position,
                                    "] of message ", message, ": both hold from ", TimeText(rows.Int(1)), " in ",
                                    words_.noun, " ", names_[static_cast<size_t>(series)], "; keep one")}});
    }
    series = rows.Int(0);
    end = rows.Int(2);
    message = rows.Int(3);
    position = rows.Int(4);
  }
  return rows.status();
}

absl::Status UploadStage::Visit(size_t series, absl::FunctionRef<absl::Status(const StagedEntry&)> visitor) {
  Query rows = database_->Prepare(
      "SELECT valid_from, valid_to, first, second FROM staged WHERE series = ?1 ORDER BY valid_from");
  rows.Bind(1, static_cast<int64_t>(series));
  while (rows.Next()) {
    StagedEntry entry;
    entry.interval = {engine::Instant::FromSeconds(rows.Int(0)), engine::Instant::FromSeconds(rows.Int(1))};
    entry.first = Figure(rows, 2);
    entry.second = Figure(rows, 3);
    if (absl::Status status = visitor(entry); !status.ok()) return status;
  }
  return rows.status().ok() ? absl::OkStatus() : StoreRefusal(rows.status());
}

engine::Interval ReadUploadTimes(bool has_from, const google::protobuf::Timestamp& from, bool has_to,
                                 const google::protobuf::Timestamp& to, const FieldPath& path, Violations* faults) {
  const FieldPath to_path = path.Field("valid_to");
  const auto start = ReadUploadTime(has_from, from, path.Field("valid_from"), faults);
  const auto end = ReadUploadTime(has_to, to, to_path, faults);
  if (start && end && *end <= *start) faults->Add(to_path, "must be after valid_from");
  return {start.value_or(engine::kEarliest), end.value_or(engine::kLatest)};
}

absl::optional<engine::Instant> ReadInstant(const google::protobuf::Timestamp& time, const FieldPath& path,
                                            Violations* faults) {
  if (time.nanos() < 0 || time.nanos() >= engine::kNanosPerSecond) {
    faults->Add(path, "has nanoseconds outside 0 to 999999999");
    return absl::nullopt;
  }
  google::protobuf::Timestamp second;
  second.set_seconds(time.seconds());
  absl::optional<engine::Instant> instant = ReadSecond(second, path, faults);
  if (!instant) return absl::nullopt;
  instant->ns += time.nanos();
  return std::clamp(*instant, engine::kEarliest, engine::kLatest);
}

}  // namespace costs::catalog
