#include "service/catalog/import/tariff_import.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace costs::catalog {
namespace {

using engine::Decimal;
using engine::Int128;

struct Named {
  RefusalReason reason;
  absl::string_view name;
};

constexpr Named kReasons[] = {
    {RefusalReason::kMalformed, "MALFORMED"},
    {RefusalReason::kUnknownField, "UNKNOWN_FIELD"},
    {RefusalReason::kNumber, "NUMBER"},
    {RefusalReason::kDate, "DATE"},
    {RefusalReason::kCurrency, "CURRENCY"},
    {RefusalReason::kScheduleShape, "SCHEDULE_SHAPE"},
    {RefusalReason::kPeriodWithoutRate, "PERIOD_WITHOUT_RATE"},
    {RefusalReason::kTierEdges, "TIER_EDGES"},
    {RefusalReason::kUnit, "UNIT"},
    {RefusalReason::kMixedTierUnits, "MIXED_TIER_UNITS"},
    {RefusalReason::kTiersByPeriod, "TIERS_BY_PERIOD"},
    {RefusalReason::kHoliday, "HOLIDAY"},
    {RefusalReason::kOtherCharge, "OTHER_CHARGE"},
    {RefusalReason::kUnsupported, "UNSUPPORTED"},
    {RefusalReason::kFixedCharge, "FIXED_CHARGE"},
    {RefusalReason::kMinimumCharge, "MINIMUM_CHARGE"},
    {RefusalReason::kDemandCharge, "DEMAND_CHARGE"},
    {RefusalReason::kCoincidentDemand, "COINCIDENT_DEMAND"},
    {RefusalReason::kReactivePower, "REACTIVE_POWER"},
    {RefusalReason::kSellIncomplete, "SELL_INCOMPLETE"},
    {RefusalReason::kSellTiers, "SELL_TIERS"},
};

// What a double keeps of any decimal.
constexpr size_t kReliableDigits = 15;
constexpr size_t kLongestId = 55;

// A JSON number's digits and the power of ten of the last one; false where it
// is written otherwise, or is longer than any number of use.
bool SplitNumber(absl::string_view text, bool* negative, std::string* digits, int* exponent) {
  constexpr size_t kLongest = 64;
  if (text.size() > kLongest) return false;
  *negative = !text.empty() && text[0] == '-';
  size_t i = *negative ? 1 : 0;
  bool point = false;
  *exponent = 0;
  for (; i < text.size() && (absl::ascii_isdigit(text[i]) || (text[i] == '.' && !point)); ++i) {
    if (text[i] == '.') {
      point = true;
      continue;
    }
    if (!digits->empty() || text[i] != '0') digits->push_back(text[i]);
    if (point) --*exponent;
  }
  return i == text.size() && !digits->empty();
}

// `text` to kReliableDigits digits, half up; nothing where it has no more.
absl::optional<std::string> WithoutNoise(absl::string_view text) {
  bool negative;
  std::string digits;
  int exponent;
  if (!SplitNumber(text, &negative, &digits, &exponent) || digits.size() <= kReliableDigits) return absl::nullopt;
  exponent += static_cast<int>(digits.size() - kReliableDigits);
  const bool up = digits[kReliableDigits] >= '5';
  digits.resize(kReliableDigits);
  for (size_t i = digits.size(); up && i-- > 0;) {
    if (digits[i]++ != '9') break;
    digits[i] = '0';
    if (i == 0) digits.insert(0, 1, '1');
  }
  return absl::StrCat(negative ? "-" : "", digits, "e", exponent);
}

}  // namespace

absl::string_view RefusalReasonName(RefusalReason reason) {
  return absl::c_find_if(kReasons, [reason](const Named& named) { return named.reason == reason; })->name;
}

absl::optional<RefusalReason> ParseRefusalReason(absl::string_view name) {
  const auto found = absl::c_find_if(kReasons, [name](const Named& named) { return named.name == name; });
  if (found == std::end(kReasons)) return absl::nullopt;
  return found->reason;
}

const std::vector<RefusalReason>& AllRefusalReasons() {
  static const auto* const all = [] {
    auto* reasons = new std::vector<RefusalReason>;
    for (const Named& named : kReasons) reasons->push_back(named.reason);
    return reasons;
  }();
  return *all;
}

bool MayBeLeftOut(RefusalReason reason) { return reason >= RefusalReason::kFixedCharge; }

absl::optional<RefusalReason> ReasonOfFault(const FieldViolation& fault) {
  const size_t colon = fault.description.find(':');
  if (colon == std::string::npos) return absl::nullopt;
  return ParseRefusalReason(absl::string_view(fault.description).substr(0, colon));
}

TariffImport::TariffImport(const TariffImportOptions& options) : options_(options) {
  if (options.id.empty() || options.id.size() > kLongestId) {
    RefuseField(RefusalReason::kMalformed, "options.id",
                absl::StrCat("has ", options.id.size(), " characters; give 1 to ", kLongestId));
  }
  for (const RefusalReason reason : options.leave_out) {
    if (MayBeLeftOut(reason)) continue;
    RefuseField(RefusalReason::kMalformed, "options.leave_out",
                absl::StrCat("holds ", RefusalReasonName(reason),
                             ", without which a kWh would be priced wrong; only charges that are no part of what an "
                             "imported kWh costs can be left out"));
  }
}

absl::optional<JsonDocument> TariffImport::Parse(absl::string_view text) {
  absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text, kTariffJsonLimits);
  if (document.ok()) return *std::move(document);
  RefuseField(RefusalReason::kMalformed, "file", document.status().message());
  return absl::nullopt;
}

void TariffImport::Refuse(RefusalReason reason, const JsonNode& node, absl::string_view what) {
  const std::string path = node.Path();
  RefuseField(reason, path.empty() ? "file" : path, absl::StrCat("line ", node.line(), ": ", what));
}

void TariffImport::RefuseField(RefusalReason reason, absl::string_view field, absl::string_view what) {
  if (fault_count_++ >= kMostFaults) return;
  reasons_.push_back(reason);
  faults_.push_back({std::string(field), absl::StrCat(RefusalReasonName(reason), ": ", what)});
}

void TariffImport::Note(const JsonNode& node, absl::string_view what) {
  const std::string path = node.Path();
  NoteField(absl::StrCat(path.empty() ? "file" : path, " (line ", node.line(), ")"), what);
}

void TariffImport::NoteField(absl::string_view field, absl::string_view what) {
  if (finding_count_++ >= kMostFindings) return;
  findings_.push_back({std::string(field), std::string(what)});
}

void TariffImport::Charge(RefusalReason reason, const JsonNode& node, absl::string_view amount) {
  if (LeavesOut(reason)) {
    Note(node, absl::StrCat("is left out, as asked (", RefusalReasonName(reason), "): ", amount));
    return;
  }
  Refuse(reason, node,
         absl::StrCat("is ", amount,
                      ", which is no part of what a kWh costs and cannot be priced with it; to import the "
                      "energy charges without it, leave out ",
                      RefusalReasonName(reason)));
}

absl::optional<Decimal> TariffImport::Exact(const JsonNode& node) {
  if (node.kind() != JsonNode::Kind::kNumber && node.kind() != JsonNode::Kind::kString) {
    Refuse(RefusalReason::kNumber, node, absl::StrCat("is ", KindName(node.kind()), "; write a decimal number"));
    return absl::nullopt;
  }
  const absl::StatusOr<Decimal> value = Decimal::Parse(node.text());
  if (value.ok()) return *value;
  if (node.kind() == JsonNode::Kind::kNumber) {
    if (const absl::optional<std::string> reliable = WithoutNoise(node.text())) {
      const absl::StatusOr<Decimal> rounded = Decimal::Parse(*reliable);
      if (rounded.ok()) {
        Note(node, absl::StrCat("is ", node.text(), ", a number as binary arithmetic leaves it; taken as ",
                                rounded->ToString()));
        return *rounded;
      }
    }
  }
  Refuse(RefusalReason::kNumber, node, value.status().message());
  return absl::nullopt;
}

absl::optional<double> TariffImport::ForDocument(Decimal value, absl::string_view field) {
  const double number = value.ToDouble();
  const absl::StatusOr<Decimal> back = Decimal::FromDouble(number);
  if (back.ok() && *back == value) return number;
  RefuseField(RefusalReason::kNumber, field,
              absl::StrCat("is ", value.ToString(), ", which has more digits than the API's numbers keep (about ",
                           kReliableDigits, ")"));
  return absl::nullopt;
}

absl::optional<Decimal> TariffImport::Sum(Decimal a, Decimal b, absl::string_view field) {
  const Int128 sum = a.UnitsAtScale(Decimal::kMaxScale) + b.UnitsAtScale(Decimal::kMaxScale);
  const bool negative = sum < 0;
  std::string digits;
  for (Int128 rest = negative ? -sum : sum; rest != 0; rest /= 10) {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
  }
  const absl::StatusOr<Decimal> value =
      Decimal::Parse(absl::StrCat(negative ? "-" : "", digits.empty() ? "0" : digits, "e-", Decimal::kMaxScale));
  if (value.ok()) return *value;
  RefuseField(RefusalReason::kNumber, field,
              absl::StrCat("adds up to a number out of range: ", value.status().message()));
  return absl::nullopt;
}

absl::Status TariffImport::ToStatus() const {
  if (ok()) return absl::OkStatus();
  std::string message = "the tariff cannot be imported";
  for (size_t i = 0; i < faults_.size(); ++i) {
    absl::StrAppend(&message, i == 0 ? ": " : "; ", faults_[i].field, ": ", faults_[i].description);
  }
  if (fault_count_ > faults_.size()) absl::StrAppend(&message, "; and ", fault_count_ - faults_.size(), " more");
  return catalog::Refuse(absl::StatusCode::kInvalidArgument, RefusalReasonName(reasons_.front()), message, faults_);
}

std::vector<Finding> TariffImport::TakeFindings() {
  if (finding_count_ > findings_.size()) {
    findings_.push_back({"file", absl::StrCat("and ", finding_count_ - findings_.size(), " findings more")});
  }
  return std::move(findings_);
}

}  // namespace costs::catalog
