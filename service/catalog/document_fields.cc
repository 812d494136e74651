#include "service/catalog/document_fields.h"

#include <algorithm>
#include <cmath>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/names.h"

namespace costs::catalog {
namespace {

// What a google.protobuf.Timestamp may hold: 0001-01-01 to 9999-12-31.
constexpr int64_t kFirstSecond = -62'135'596'800;
constexpr int64_t kLastSecond = 253'402'300'799;

// Not every store takes it.
void CheckNoNull(const std::string& text, const FieldPath& path, Violations* faults) {
  if (text.find('\0') != std::string::npos) faults->Add(path, "has the character U+0000; leave it out");
}

}  // namespace

void CheckId(const std::string& id, const FieldPath& path, Violations* faults) {
  if (!id.empty() && !IsId(id)) faults->Add(path, absl::StrCat("is ", Quoted(id), "; write ", kIdWanted));
}

void CheckBytes(const std::string& text, size_t most, const FieldPath& path, Violations* faults) {
  CheckNoNull(text, path, faults);
  if (text.size() > most) {
    faults->Add(path, absl::StrCat("is ", text.size(), " bytes long; at most ", most, " are allowed"));
  }
}

void CheckCharacters(const std::string& text, size_t most, const FieldPath& path, Violations* faults) {
  CheckNoNull(text, path, faults);
  const size_t count = CharactersIn(text);
  if (count > most) {
    faults->Add(path, absl::StrCat("is ", count, " characters long; at most ", most, " are allowed"));
  }
}

void CheckCurrency(const std::string& code, const FieldPath& path, Violations* faults) {
  if (!code.empty() && !IsCurrencyCode(code)) {
    faults->Add(path, absl::StrCat("is ", Quoted(code), "; write ", kCurrencyWanted));
  }
}

absl::optional<engine::Decimal> ReadDecimal(double value, int64_t least, int64_t most, const FieldPath& path,
                                            Violations* faults) {
  if (!std::isfinite(value) || value < static_cast<double>(least) || value > static_cast<double>(most)) {
    faults->Add(path, absl::StrCat("must be a number from ", least, " to ", most));
    return absl::nullopt;
  }
  const absl::StatusOr<engine::Decimal> decimal = engine::Decimal::FromDouble(value);
  if (decimal.ok()) return *decimal;
  faults->Add(path, std::string(decimal.status().message()));
  return absl::nullopt;
}

absl::optional<engine::Instant> ReadSecond(const google::protobuf::Timestamp& time, const FieldPath& path,
                                           Violations* faults) {
  if (time.seconds() < kFirstSecond || time.seconds() > kLastSecond) {
    faults->Add(path, "must lie in the years 1 to 9999");
    return absl::nullopt;
  }
  if (time.nanos() != 0) {
    faults->Add(path, "must be a whole second; leave the fraction out");
    return absl::nullopt;
  }
  constexpr int64_t kEarliest = engine::kEarliest.ns / engine::kNanosPerSecond;
  constexpr int64_t kLatest = engine::kLatest.ns / engine::kNanosPerSecond;
  return engine::Instant::FromSeconds(std::clamp(time.seconds(), kEarliest - 1, kLatest + 1));
}

}  // namespace costs::catalog
