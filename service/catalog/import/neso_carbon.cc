#include "service/catalog/import/neso_carbon.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/import/json_source.h"
#include "service/catalog/import/number_reader.h"
#include "service/catalog/import/plain_csv.h"
#include "service/catalog/import/series_rows.h"

namespace costs::catalog {
namespace {

using engine::Decimal;
using Kind = JsonNode::Kind;

bool IsJson(absl::string_view text) {
  text = absl::StripLeadingAsciiWhitespace(absl::StripPrefix(text, "\xEF\xBB\xBF"));
  return absl::StartsWith(text, "{") || absl::StartsWith(text, "[");
}

class NesoImport {
 public:
  explicit NesoImport(absl::Span<const SourceText> sources)
      : log_(sources), rows_("intensity", &log_), numbers_(NumberReader::kAsWritten, false, &log_) {}

  absl::StatusOr<ImportedIntensities> Run();

 private:
  absl::Status ReadFile(int file);
  // The list of periods; null, with a fault, where there is none.
  const JsonNode* FindPeriods(JsonSource* json);
  void ReadPeriod(const JsonNode& period, JsonSource* json);
  // Null is unknown; false, with a fault, where the member is no intensity.
  bool ReadFigure(const JsonNode& intensity, absl::string_view name, JsonSource* json, std::optional<Decimal>* figure);

  ImportLog log_;
  SeriesRows<engine::CarbonIntensity> rows_;
  NumberReader numbers_;
  std::optional<std::string> region_;  // empty: the country
};

absl::StatusOr<ImportedIntensities> NesoImport::Run() {
  for (int file = 0; file < static_cast<int>(log_.sources().size()) && !log_.full(); ++file) {
    if (absl::Status status = ReadFile(file); !status.ok()) return status;
  }
  absl::StatusOr<std::vector<engine::CarbonIntensity>> intensities = rows_.Settle();
  if (!intensities.ok()) return intensities.status();
  ImportedIntensities imported;
  imported.region = region_.value_or("");
  imported.intensities = *std::move(intensities);
  imported.findings = log_.TakeFindings();
  return imported;
}

absl::Status NesoImport::ReadFile(int file) {
  JsonSource json(file, &log_);
  if (absl::Status status = json.Parse(); !status.ok()) return status;
  // What the API says in place of data.
  if (const JsonNode* error = json.root().Find("error"); error != nullptr && error->kind() == Kind::kObject) {
    const JsonNode* const message = error->Find("message");
    return RefuseImport("NO_DATA", json.Where(*error),
                        absl::StrCat("the file holds no intensities, but this message: ",
                                     Quoted(message == nullptr ? "" : message->text())));
  }
  const JsonNode* const periods = FindPeriods(&json);
  if (periods == nullptr) return absl::OkStatus();
  for (const JsonNode* period : periods->elements()) {
    if (log_.full()) break;
    ReadPeriod(*period, &json);
  }
  return absl::OkStatus();
}

const JsonNode* NesoImport::FindPeriods(JsonSource* json) {
  if (json->root().kind() != Kind::kObject || json->root().Find("data") == nullptr) {
    return json->Required(json->root(), "data", Kind::kArray);
  }
  const JsonNode* data = json->root().Find("data");
  const JsonNode* of_region = data;
  if (data->kind() == Kind::kArray && !data->elements().empty() && data->elements()[0]->Find("regionid") != nullptr) {
    of_region = data->elements()[0];
    if (data->elements().size() > 1) {
      json->Fault(*data, "holds several regions; fetch one region at a time");
      return nullptr;
    }
  }
  std::string region;
  if (of_region->kind() == Kind::kObject) {
    const JsonNode* const name = of_region->Find("shortname");
    if (name != nullptr) region = std::string(name->text());
    data = json->Required(*of_region, "data", Kind::kArray);
    if (data == nullptr) return nullptr;
  } else if (data->kind() != Kind::kArray) {
    return json->Required(json->root(), "data", Kind::kArray);
  }
  if (region_ && *region_ != region) {
    json->Fault(*data, absl::StrCat("is of the region ", Quoted(region), " after ", Quoted(*region_),
                                    "; import each region on its own"));
    return nullptr;
  }
  region_ = region;
  return data;
}

void NesoImport::ReadPeriod(const JsonNode& period, JsonSource* json) {
  if (period.Find("regions") != nullptr) {
    json->Fault(period, "holds several regions; fetch one region at a time");
    return;
  }
  const std::optional<engine::Instant> from = json->RequiredTime(period, "from");
  const std::optional<engine::Instant> to = json->RequiredTime(period, "to");
  const JsonNode* const intensity = json->Required(period, "intensity", Kind::kObject);
  if (!from || !to || intensity == nullptr) return;
  engine::CarbonIntensity entry;
  entry.interval = {*from, *to};
  if (!ReadFigure(*intensity, "forecast", json, &entry.forecast) ||
      !ReadFigure(*intensity, "actual", json, &entry.actual)) {
    return;
  }
  if (!entry.forecast && !entry.actual) {
    rows_.AddBlank(json->PlaceOf(period), entry.interval);
    return;
  }
  rows_.Add(json->PlaceOf(period), entry);
  if (!entry.actual && intensity->Find("actual") != nullptr) {
    log_.Find("further intensities without an actual", json->Where(*intensity), "has no actual; the forecast counts");
  }
}

bool NesoImport::ReadFigure(const JsonNode& intensity, absl::string_view name, JsonSource* json,
                            std::optional<Decimal>* figure) {
  const JsonNode* const member = intensity.Find(name);
  if (member == nullptr || member->kind() == Kind::kNull) return true;
  if (member->kind() != Kind::kNumber) {
    json->Fault(*member, absl::StrCat("is ", KindName(member->kind()), "; a number, or null, is expected"));
    return false;
  }
  *figure = numbers_.Read(member->text(), json->PlaceOf(*member), member->Path());
  if (!*figure) return false;
  if ((*figure)->units() >= 0) return true;
  json->Fault(*member, absl::StrCat("is ", member->text(), "; an intensity is 0 or more"));
  return false;
}

}  // namespace

absl::StatusOr<ImportedIntensities> ImportNesoCarbon(absl::Span<const SourceText> sources) {
  size_t json = 0;
  for (const SourceText& source : sources) json += IsJson(source.text) ? 1 : 0;
  if (json == sources.size()) return NesoImport(sources).Run();
  if (json > 0) {
    return RefuseImport("MALFORMED_FILE", "", "some files are JSON and some are CSV; import them one after the other");
  }
  PlainIntensityOptions options;
  options.rows.start_column = "from";
  options.rows.end_column = "to";
  options.forecast_column = "forecast";
  options.actual_column = "actual";
  return ImportPlainIntensities(sources, options);
}

}  // namespace costs::catalog
