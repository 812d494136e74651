#include "service/records/postgres/record_row.h"

#include <cstring>
#include <optional>
#include <utility>

#include "service/postgres/wire.h"

namespace costs::records::pg {

using engine::Int128;
using postgres::CopyRow;
using postgres::FieldWriter;
using postgres::Result;

#define COSTS_REVISION_COLUMNS                                                                          \
  "revision, cause, catalog_version, priced_ns, energy_wh, energy_nwh, cost, cost_confidence, carbon, " \
  "carbon_confidence, currency_code, first_day, days, tier_windows_end_ns"
#define COSTS_RECORD_COLUMNS                                                                               \
  "id, location_id, device_id, session_reference_id, record_reference_id, direction, tariff_rate, units, " \
  "value, confidence, usage_before_wh, start_ns, end_ns, created_ns, " COSTS_REVISION_COLUMNS

const absl::string_view kRecordColumns = COSTS_RECORD_COLUMNS;
const absl::string_view kRevisionColumns = COSTS_REVISION_COLUMNS;
const absl::string_view kCopyRecords =
    "COPY records (account_id, live_mode, " COSTS_RECORD_COLUMNS ") FROM STDIN (FORMAT binary)";
const absl::string_view kCopyRevisions =
    "COPY record_revisions (account_id, live_mode, id, " COSTS_REVISION_COLUMNS ") FROM STDIN (FORMAT binary)";

#undef COSTS_RECORD_COLUMNS
#undef COSTS_REVISION_COLUMNS

namespace {

constexpr int16_t kTenantFields = 2;
constexpr int16_t kRequestFields = 14;
constexpr int16_t kRevisionFields = 14;

absl::Status Broken() { return absl::DataLossError("a row of the meter records does not make sense"); }

// The parts of a record, each as five fields.
std::string EncodeDays(const std::vector<calculator::DayPart>& days) {
  std::string bytes;
  FieldWriter writer(&bytes);
  for (const calculator::DayPart& part : days) {
    writer.Integer(part.day).BigInt(part.energy_wh).Numeric(part.energy_nwh);
    part.cost ? writer.Numeric(*part.cost) : writer.Null();
    part.carbon ? writer.Numeric(*part.carbon) : writer.Null();
  }
  return bytes;
}

// Takes fields off the front of what FieldWriter wrote.
class FieldReader {
 public:
  explicit FieldReader(absl::string_view bytes) : bytes_(bytes) {}

  bool done() const { return bytes_.empty(); }
  bool ok() const { return ok_; }

  int64_t Integer() { return postgres::ReadInteger(Next().value_or("")); }
  std::optional<Int128> Numeric() {
    const std::optional<absl::string_view> field = Next();
    if (!field) return std::nullopt;
    const absl::StatusOr<Int128> number = postgres::ReadNumeric(*field);
    ok_ = ok_ && number.ok();
    return number.value_or(0);
  }

 private:
  std::optional<absl::string_view> Next() {
    const int64_t length = postgres::ReadInteger(bytes_.substr(0, 4));
    if (bytes_.size() < 4 || length < -1 || length > static_cast<int64_t>(bytes_.size()) - 4) {
      ok_ = false;
      bytes_ = "";
      return std::nullopt;
    }
    bytes_.remove_prefix(4);
    if (length == -1) return std::nullopt;
    const absl::string_view field = bytes_.substr(0, static_cast<size_t>(length));
    bytes_.remove_prefix(static_cast<size_t>(length));
    return field;
  }

  absl::string_view bytes_;
  bool ok_ = true;
};

absl::Status DecodeDays(absl::string_view bytes, std::vector<calculator::DayPart>* days) {
  FieldReader reader(bytes);
  while (!reader.done()) {
    calculator::DayPart part;
    part.day = static_cast<int32_t>(reader.Integer());
    part.energy_wh = reader.Integer();
    part.energy_nwh = reader.Numeric().value_or(0);
    part.cost = reader.Numeric();
    part.carbon = reader.Numeric();
    days->push_back(part);
  }
  return reader.ok() ? absl::OkStatus() : Broken();
}

void AppendRevision(const Revision& revision, int32_t number, CopyRow* row) {
  const Figures& figures = revision.figures;
  row->Integer(number)
      .SmallInt(static_cast<int16_t>(revision.cause))
      .BigInt(static_cast<int64_t>(revision.catalog_version))
      .BigInt(revision.priced_ns)
      .BigInt(figures.energy_wh)
      .Numeric(figures.energy_nwh);
  if (figures.tariff) {
    row->Numeric(figures.tariff->micros).SmallInt(static_cast<int16_t>(figures.tariff->confidence));
  } else {
    row->Null().Null();
  }
  if (figures.carbon) {
    row->Numeric(figures.carbon->milligrams).SmallInt(static_cast<int16_t>(figures.carbon->confidence));
  } else {
    row->Null().Null();
  }
  row->Text(figures.currency_code).Integer(figures.first_day);
  figures.days.empty() ? row->Null() : row->Bytes(EncodeDays(figures.days));
  row->BigInt(figures.tier_windows_end.ns);
}

}  // namespace

absl::string_view BytesOf(const calculator::RecordId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

void AppendRecordRow(const Tenant& tenant, const StoredRecord& record, int32_t number, int64_t created_ns,
                     std::string* rows) {
  const RecordRequest& request = record.request;
  CopyRow row(rows, kTenantFields + kRequestFields + kRevisionFields);
  row.Text(tenant.account_id)
      .Boolean(tenant.live_mode)
      .Bytes(BytesOf(record.id))
      .Text(request.location_id)
      .Text(request.device_id)
      .Text(request.session_reference_id)
      .Text(request.record_reference_id)
      .SmallInt(static_cast<int16_t>(request.direction))
      .SmallInt(static_cast<int16_t>(request.tariff_rate))
      .SmallInt(static_cast<int16_t>(request.units))
      .Double(request.value)
      .Double(request.confidence);
  request.usage_before_wh ? row.Double(*request.usage_before_wh) : row.Null();
  row.BigInt(request.interval.start.ns).BigInt(request.interval.end.ns).BigInt(created_ns);
  AppendRevision(record.revision, number, &row);
}

void AppendRevisionRow(const Tenant& tenant, const calculator::RecordId& id, const Revision& revision,
                       std::string* rows) {
  CopyRow row(rows, kTenantFields + 1 + kRevisionFields);
  row.Text(tenant.account_id).Boolean(tenant.live_mode).Bytes(BytesOf(id));
  AppendRevision(revision, revision.number, &row);
}

absl::StatusOr<Revision> ReadRevision(const Result& result, int row, int first_column) {
  Revision revision;
  Figures& figures = revision.figures;
  int column = first_column;
  const auto integer = [&] { return result.Int(row, column++); };
  revision.number = static_cast<int32_t>(integer());
  revision.cause = static_cast<RevisionCause>(integer());
  revision.catalog_version = static_cast<uint64_t>(integer());
  revision.priced_ns = integer();
  figures.energy_wh = integer();
  const absl::StatusOr<Int128> energy = result.Whole(row, column++);
  if (!energy.ok()) return Broken();
  figures.energy_nwh = *energy;
  if (!result.IsNull(row, column)) {
    const absl::StatusOr<Int128> cost = result.Whole(row, column);
    if (!cost.ok()) return Broken();
    figures.tariff = calculator::TariffFigure{*cost, static_cast<engine::Confidence>(result.Int(row, column + 1))};
  }
  column += 2;
  if (!result.IsNull(row, column)) {
    const absl::StatusOr<Int128> carbon = result.Whole(row, column);
    if (!carbon.ok()) return Broken();
    figures.carbon = calculator::CarbonFigure{*carbon, static_cast<engine::Confidence>(result.Int(row, column + 1))};
  }
  column += 2;
  figures.currency_code = std::string(result.Text(row, column++));
  figures.first_day = static_cast<int32_t>(integer());
  if (absl::Status status = DecodeDays(result.Bytes(row, column++), &figures.days); !status.ok()) return status;
  figures.tier_windows_end.ns = integer();
  return revision;
}

absl::StatusOr<StoredRecord> ReadRecord(const Result& result, int row, int first_column) {
  StoredRecord record;
  RecordRequest& request = record.request;
  int column = first_column;
  const auto integer = [&] { return result.Int(row, column++); };
  const auto text = [&] { return std::string(result.Text(row, column++)); };
  const absl::string_view id = result.Bytes(row, column++);
  if (id.size() != record.id.bytes.size()) return Broken();
  std::memcpy(record.id.bytes.data(), id.data(), id.size());
  request.location_id = text();
  request.device_id = text();
  request.session_reference_id = text();
  request.record_reference_id = text();
  request.direction = static_cast<engine::Direction>(integer());
  request.tariff_rate = static_cast<engine::TariffRate>(integer());
  request.units = static_cast<engine::Units>(integer());
  request.value = result.Double(row, column++);
  request.confidence = result.Double(row, column++);
  if (!result.IsNull(row, column)) request.usage_before_wh = result.Double(row, column);
  ++column;
  request.interval.start.ns = integer();
  request.interval.end.ns = integer();
  record.created_ns = integer();
  absl::StatusOr<Revision> revision = ReadRevision(result, row, column);
  if (!revision.ok()) return revision.status();
  record.revision = *std::move(revision);
  return record;
}

}  // namespace costs::records::pg
