#include "service/catalog/import/octopus.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/import/import_time.h"
#include "service/catalog/import/json_source.h"
#include "service/catalog/import/number_reader.h"
#include "service/catalog/import/series_rows.h"

namespace costs::catalog {
namespace {

using engine::Instant;
using Kind = JsonNode::Kind;

constexpr char kCurrency[] = "GBP";

class OctopusImport {
 public:
  OctopusImport(absl::Span<const SourceText> sources, const OctopusOptions& options)
      : options_(options),
        value_(options.vat == Vat::kIncluded ? "value_inc_vat" : "value_exc_vat"),
        log_(sources),
        rows_("rate", &log_),
        numbers_(NumberReader::kHundredths, options.round, &log_) {}

  absl::StatusOr<ImportedPrices> Run();

 private:
  absl::Status ReadFile(int file);
  absl::Status ReadRate(const JsonNode& rate, JsonSource* json);
  // Whether the rate is one that the options ask for.
  absl::StatusOr<bool> IsOfPaymentMethod(const JsonNode& rate, JsonSource* json);
  // Null where the rate is not to be taken, or with a fault.
  absl::StatusOr<std::optional<Instant>> EndOf(const JsonNode& rate, Instant start, JsonSource* json);
  void ReportMissingPages();

  const OctopusOptions& options_;
  const absl::string_view value_;  // the member to read
  ImportLog log_;
  SeriesRows<engine::MarketPrice> rows_;
  NumberReader numbers_;
  std::set<std::string> payment_methods_;
  int64_t read_ = 0;
  int64_t announced_ = 0;
};

absl::StatusOr<ImportedPrices> OctopusImport::Run() {
  if (!options_.vat) {
    return RefuseImport("OPTION_REQUIRED", "vat",
                        "is missing; say whether the prices are to include value added tax or exclude it");
  }
  for (int file = 0; file < static_cast<int>(log_.sources().size()) && !log_.full(); ++file) {
    if (absl::Status status = ReadFile(file); !status.ok()) return status;
  }
  absl::StatusOr<std::vector<engine::MarketPrice>> prices = rows_.Settle();
  if (!prices.ok()) return prices.status();
  numbers_.ReportRounding();
  ReportMissingPages();
  ImportedPrices imported;
  imported.currency_code = kCurrency;
  imported.prices = *std::move(prices);
  imported.findings = log_.TakeFindings();
  return imported;
}

absl::Status OctopusImport::ReadFile(int file) {
  JsonSource json(file, &log_);
  if (absl::Status status = json.Parse(); !status.ok()) return status;
  // What the API says in place of rates.
  if (const JsonNode* detail = json.root().Find("detail"); detail != nullptr && detail->kind() == Kind::kString) {
    return RefuseImport("NO_DATA", json.Where(*detail),
                        absl::StrCat("the file holds no rates, but this message: ", Quoted(detail->text())));
  }
  const JsonNode* const results = json.Required(json.root(), "results", Kind::kArray);
  if (results == nullptr) return absl::OkStatus();
  for (const JsonNode* rate : results->elements()) {
    if (log_.full()) break;
    if (absl::Status status = ReadRate(*rate, &json); !status.ok()) return status;
  }
  read_ += static_cast<int64_t>(results->elements().size());
  int64_t count = 0;
  const JsonNode* const written = json.Optional(json.root(), "count", Kind::kNumber);
  if (written != nullptr && absl::SimpleAtoi(written->text(), &count)) announced_ = std::max(announced_, count);
  return absl::OkStatus();
}

absl::Status OctopusImport::ReadRate(const JsonNode& rate, JsonSource* json) {
  const std::optional<Instant> start = json->RequiredTime(rate, "valid_from");
  const JsonNode* const value = json->Required(rate, value_, Kind::kNumber);
  if (!start || value == nullptr) return absl::OkStatus();
  const absl::StatusOr<bool> asked_for = IsOfPaymentMethod(rate, json);
  if (!asked_for.ok()) return asked_for.status();
  if (!*asked_for) return absl::OkStatus();
  const absl::StatusOr<std::optional<Instant>> end = EndOf(rate, *start, json);
  if (!end.ok()) return end.status();
  if (!*end) return absl::OkStatus();
  const std::optional<engine::Decimal> price = numbers_.Read(value->text(), json->PlaceOf(*value), value->Path());
  if (price) rows_.Add(json->PlaceOf(rate), {{*start, **end}, *price});
  return absl::OkStatus();
}

absl::StatusOr<bool> OctopusImport::IsOfPaymentMethod(const JsonNode& rate, JsonSource* json) {
  const JsonNode* const method = json->Optional(rate, "payment_method", Kind::kString);
  if (method == nullptr) return true;
  if (!options_.payment_method.empty()) {
    if (method->text() == options_.payment_method) return true;
    log_.Find("further rates of other payment methods", json->Where(*method),
              absl::StrCat("is ", Quoted(method->text()), ", not ", options_.payment_method, ", and left out"));
    return false;
  }
  payment_methods_.emplace(method->text());
  if (payment_methods_.size() == 1) return true;
  return RefuseImport("OPTION_REQUIRED", json->Where(*method),
                      absl::StrCat("there are rates of several payment methods (",
                                   absl::StrJoin(payment_methods_, ", "), "); choose one payment method"));
}

absl::StatusOr<std::optional<Instant>> OctopusImport::EndOf(const JsonNode& rate, Instant start, JsonSource* json) {
  const JsonNode* const written = rate.Find("valid_to");
  if (written != nullptr && written->kind() != Kind::kNull) return json->RequiredTime(rate, "valid_to");
  if (!options_.end) {
    return RefuseImport("OPTION_REQUIRED", json->Where(written == nullptr ? rate : *written),
                        "the rate is valid until further notice; give the end up to which to take it");
  }
  if (start >= *options_.end) {
    log_.Find("further rates after the end", json->Where(rate),
              absl::StrCat("starts at ", UtcText(start), ", not before the end that was given, and is left out"));
    return std::optional<Instant>();
  }
  log_.Find("further rates until further notice", json->Where(rate),
            absl::StrCat("is valid until further notice; taken up to ", UtcText(*options_.end)));
  return options_.end;
}

void OctopusImport::ReportMissingPages() {
  if (read_ >= announced_) return;
  log_.Find("further missing pages", log_.Where({0, 0}, "next"),
            absl::StrCat("the service has ", announced_, " rates, and ", read_,
                         " were read; fetch the further pages for the others"));
}

}  // namespace

absl::StatusOr<ImportedPrices> ImportOctopus(absl::Span<const SourceText> sources, const OctopusOptions& options) {
  return OctopusImport(sources, options).Run();
}

}  // namespace costs::catalog
