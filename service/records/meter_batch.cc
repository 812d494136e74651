#include "service/records/meter_batch.h"

#include "absl/strings/string_view.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace costs::records {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

void Text(absl::string_view key, absl::string_view text, Json* json) {
  json->Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  json->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void Count(absl::string_view key, size_t count, Json* json) {
  json->Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  json->Uint64(count);
}

}  // namespace

std::string RenderMeterBatch(const MeterBatch& batch) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  Text("id", batch.id, &json);
  Text("object", "meter_batch", &json);
  Count("records_submitted", batch.submitted, &json);
  Count("records_accepted", batch.accepted, &json);
  Count("records_processed", batch.accepted, &json);
  json.Key("failed_records");
  json.StartArray();
  for (const MeterBatch::Failed& failed : batch.failed) {
    json.StartObject();
    Count("record_num", failed.record, &json);
    if (!failed.record_reference_id.empty()) Text("record_reference_id", failed.record_reference_id, &json);
    Text("error", failed.error, &json);
    json.EndObject();
  }
  json.EndArray();
  Text("time_created", absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", batch.time_created, absl::UTCTimeZone()), &json);
  Text("account_id", batch.account_id, &json);
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

}  // namespace costs::records
