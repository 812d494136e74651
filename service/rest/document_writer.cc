#include "service/rest/document_writer.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/timestamp.pb.h>

#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/rest/json_number.h"

namespace costs::rest {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

// What stands for a field that is not set, as JSON. They are the fields that the
// OpenAPI file's Device, LocationNewList, TariffElementNew and so on require.
// (It requires contract_end_date too; but there is no date that says "never".)
struct Default {
  absl::string_view field;  // full name
  absl::string_view json;
};
constexpr Default kDefaults[] = {
    {"energy.costs.v1.Device.reference_id", R"("")"},
    {"energy.costs.v1.Location.tariff_elements", "[]"},
    {"energy.costs.v1.TariffElement.location_id", R"("")"},
    {"energy.costs.v1.TariffElement.is_linked", "false"},
    {"energy.costs.v1.TariffElement.timezone", R"("")"},
    {"energy.costs.v1.TariffElement.market_rates", "false"},
    {"energy.costs.v1.TariffElement.contract_start_date", R"("1970-01-01T00:00:00Z")"},
};

absl::string_view DefaultOf(const Field* field) {
  for (const Default& row : kDefaults) {
    if (field->full_name() == row.field) return row.json;
  }
  if (field->is_repeated() && field->name() == "data") return "[]";
  return "";
}

std::string TextOf(const pb::Timestamp& time, const UtcOffset& offset) {
  std::string text = absl::FormatTime("%E4Y-%m-%dT%H:%M:%S", absl::FromUnixSeconds(time.seconds() + offset.seconds),
                                      absl::UTCTimeZone());
  if (time.nanos() != 0) {
    int digits = 9;
    int fraction = time.nanos();
    for (; fraction % 1000 == 0; fraction /= 1000) digits -= 3;
    absl::StrAppendFormat(&text, ".%0*d", digits, fraction);
  }
  text += offset.text;
  return text;
}

class Writer {
 public:
  explicit Writer(const UtcOffset& offset) : offset_(offset) {}

  void Object(const pb::Message& message) {
    json_.StartObject();
    const pb::Descriptor* type = message.GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) Member(message, type->field(i));
    json_.EndObject();
  }

  std::string text() const { return std::string(buffer_.GetString(), buffer_.GetSize()); }

 private:
  void Text(absl::string_view text) { json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
  void Raw(absl::string_view text, rapidjson::Type type) { json_.RawValue(text.data(), text.size(), type); }

  void Member(const pb::Message& message, const Field* field) {
    const pb::Reflection* reflection = message.GetReflection();
    const int size = field->is_repeated() ? reflection->FieldSize(message, field) : 0;
    // Without presence, as text and enums are, this is also "not empty".
    if (field->is_repeated() ? size == 0 : !reflection->HasField(message, field)) {
      const absl::string_view json = DefaultOf(field);
      if (json.empty()) return;
      json_.Key(field->name().c_str());
      return Raw(json, rapidjson::kStringType);
    }
    json_.Key(field->name().c_str());
    if (!field->is_repeated()) return Value(message, field, -1);
    json_.StartArray();
    for (int i = 0; i < size; ++i) Value(message, field, i);
    json_.EndArray();
  }

  // The field's value, or the one at `index` of a list.
  void Value(const pb::Message& message, const Field* field, int index) {
    const pb::Reflection* r = message.GetReflection();
    const bool one = index < 0;
    switch (field->cpp_type()) {
      case Field::CPPTYPE_STRING:
        return Text(one ? r->GetString(message, field) : r->GetRepeatedString(message, field, index));
      case Field::CPPTYPE_BOOL:
        json_.Bool(one ? r->GetBool(message, field) : r->GetRepeatedBool(message, field, index));
        return;
      case Field::CPPTYPE_INT32:
        json_.Int(one ? r->GetInt32(message, field) : r->GetRepeatedInt32(message, field, index));
        return;
      case Field::CPPTYPE_INT64:
        json_.Int64(one ? r->GetInt64(message, field) : r->GetRepeatedInt64(message, field, index));
        return;
      case Field::CPPTYPE_DOUBLE:
        return Number(one ? r->GetDouble(message, field) : r->GetRepeatedDouble(message, field, index));
      case Field::CPPTYPE_ENUM:
        return Text((one ? r->GetEnum(message, field) : r->GetRepeatedEnum(message, field, index))->name());
      case Field::CPPTYPE_MESSAGE: {
        const pb::Message& inner = one ? r->GetMessage(message, field) : r->GetRepeatedMessage(message, field, index);
        if (field->message_type() != pb::Timestamp::descriptor()) return Object(inner);
        return Text(
            TextOf(static_cast<const pb::Timestamp&>(inner), field->name() == "time_created" ? UtcOffset() : offset_));
      }
      default:
        json_.Null();  // no message of the API has a field of another type
    }
  }

  void Number(double value) {
    // Plain digits: a reader tells an integer by them.
    Raw(ShortestText(value), rapidjson::kNumberType);
  }

  const UtcOffset offset_;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_{buffer_};
};

}  // namespace

std::string WriteDocument(const pb::Message& message, const UtcOffset& offset) {
  Writer writer(offset);
  writer.Object(message);
  return writer.text();
}

}  // namespace costs::rest
