#include "service/records/sqlite/record_row.h"

#include "service/records/sqlite/encoding.h"
#include "service/records/sqlite/record_range.h"

namespace costs::records {
namespace {

using sqlite::Query;

void Assign(absl::string_view text, std::string* out) { out->assign(text.data(), text.size()); }

}  // namespace

absl::Status ReadRecordRow(const Query& row, StoredRecord* record) {
  record->id = IdOfBytes(row.Blob(0));
  RecordRequest& request = record->request;
  Assign(row.Text(1), &request.location_id);
  Assign(row.Text(2), &request.device_id);
  Assign(row.Text(3), &request.session_reference_id);
  Assign(row.Text(4), &request.record_reference_id);
  request.direction = static_cast<engine::Direction>(row.Int(5));
  request.tariff_rate = static_cast<engine::TariffRate>(row.Int(6));
  request.interval = {{row.Int(7)}, {row.Int(8)}};
  record->created_ns = row.Int(9);
  if (!DecodeRequest(row.Blob(10), &request) || !DecodeRevision(row.Blob(11), &record->revision)) {
    return absl::DataLossError("a record cannot be read");
  }
  return absl::OkStatus();
}

bool PassesFilter(const Query& row, const RecordFilter& filter) {
  const auto same = [&](const std::string& wanted, int column) { return wanted.empty() || row.Text(column) == wanted; };
  return (!filter.direction || row.Int(5) == static_cast<int64_t>(*filter.direction)) &&
         (!filter.tariff_rate || row.Int(6) == static_cast<int64_t>(*filter.tariff_rate)) &&
         (!filter.ends_after || row.Int(8) > filter.ends_after->ns) &&
         (!filter.starts_before || row.Int(7) < filter.starts_before->ns) && same(filter.location_id, 1) &&
         same(filter.device_id, 2) && same(filter.session_reference_id, 3) && same(filter.record_reference_id, 4);
}

}  // namespace costs::records
