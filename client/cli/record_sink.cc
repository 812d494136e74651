#include "client/cli/record_sink.h"

#include "absl/strings/str_join.h"
#include "client/cli/decimal_text.h"
#include "client/cli/json_text.h"
#include "client/cli/record_fields.h"
#include "service/csv/csv_reader.h"

namespace costs::cli {
namespace {

constexpr int kMoneyScale = 6;
constexpr int kCarbonScale = 3;
constexpr int kConfidenceScale = 6;

class CsvSink : public RecordSink {
 public:
  void AppendHeader(absl::string_view carry, std::string* out) override {
    Carry(carry, out);
    if (!carry.empty()) out->push_back(',');
    out->append(absl::StrJoin(OutputColumns(), ","));
    out->push_back('\n');
  }

  void AppendResult(absl::string_view carry, const v1::MeterRecord& result, std::string* out) override {
    const v1::MeterRecordData& data = result.data();
    Carry(carry, out);
    out->push_back(',');
    if (data.has_energy()) AppendScaled(ToScaled(data.energy().value(), 0), 0, out);
    out->push_back(',');
    if (data.has_tariff()) AppendScaled(ToScaled(data.tariff().value(), kMoneyScale), kMoneyScale, out);
    out->push_back(',');
    if (data.has_tariff()) AppendScaled(ToScaled(data.tariff().confidence(), kConfidenceScale), kConfidenceScale, out);
    out->push_back(',');
    if (data.has_carbon()) AppendScaled(ToScaled(data.carbon().value(), kCarbonScale), kCarbonScale, out);
    out->push_back(',');
    if (data.has_carbon()) AppendScaled(ToScaled(data.carbon().confidence(), kConfidenceScale), kConfidenceScale, out);
    out->push_back(',');
    csv::AppendCsvField(result.id(), out);
    out->append(",\n");
  }

  void AppendError(absl::string_view carry, absl::string_view error, std::string* out) override {
    Carry(carry, out);
    out->append(OutputColumns().size(), ',');
    csv::AppendCsvField(error, out);
    out->push_back('\n');
  }

 private:
  static void Carry(absl::string_view carry, std::string* out) { out->append(carry.data(), carry.size()); }
};

class JsonLinesSink : public RecordSink {
 public:
  void AppendHeader(absl::string_view, std::string*) override {}

  void AppendResult(absl::string_view carry, const v1::MeterRecord& result, std::string* out) override {
    const v1::MeterRecordData& data = result.data();
    Begin(carry, out);
    if (data.has_energy()) Number("energy_wh", data.energy().value(), 0, out);
    if (data.has_tariff()) {
      Number("cost", data.tariff().value(), kMoneyScale, out);
      Number("cost_confidence", data.tariff().confidence(), kConfidenceScale, out);
    }
    if (data.has_carbon()) {
      Number("carbon_g", data.carbon().value(), kCarbonScale, out);
      Number("carbon_confidence", data.carbon().confidence(), kConfidenceScale, out);
    }
    if (!result.id().empty()) Text("record_id", result.id(), out);
    out->append("}\n");
  }

  void AppendError(absl::string_view carry, absl::string_view error, std::string* out) override {
    Begin(carry, out);
    Text("error", error, out);
    out->append("}\n");
  }

 private:
  static void Begin(absl::string_view carry, std::string* out) { out->append(carry.data(), carry.size()); }
  static void Name(absl::string_view name, std::string* out) {
    if (out->back() != '{') out->push_back(',');
    out->push_back('"');
    out->append(name.data(), name.size());
    out->append("\":");
  }
  static void Number(absl::string_view name, double value, int scale, std::string* out) {
    Name(name, out);
    AppendScaled(ToScaled(value, scale), scale, out);
  }
  static void Text(absl::string_view name, absl::string_view text, std::string* out) {
    Name(name, out);
    AppendJsonString(text, out);
  }
};

}  // namespace

std::unique_ptr<RecordSink> MakeRecordSink(Format format) {
  if (format == Format::kCsv) return std::make_unique<CsvSink>();
  return std::make_unique<JsonLinesSink>();
}

}  // namespace costs::cli
