#include "service/catalog/import/currency.h"

#include "absl/strings/str_cat.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/names.h"

namespace costs::catalog {

CurrencyCheck::CurrencyCheck(absl::string_view asked, ImportLog* log)
    : asked_(!asked.empty()), log_(log), code_(asked) {
  if (asked_ && !IsCurrencyCode(asked)) {
    log_->Fault("currency", absl::StrCat("is ", Quoted(asked), "; give an ISO 4217 code in capitals, such as EUR"));
  }
}

void CurrencyCheck::Check(absl::string_view code, const Place& place, absl::string_view field) {
  if (!IsCurrencyCode(code)) {
    log_->Fault(log_->Where(place, field), absl::StrCat("is ", Quoted(code), "; an ISO 4217 code is expected"));
  } else if (code_.empty()) {
    code_ = std::string(code);
  } else if (code != code_) {
    log_->Fault(log_->Where(place, field),
                absl::StrCat("is ", code, asked_ ? ", but the import is to be in " : " after ", code_,
                             "; import each currency as a series of its own"));
  }
}

void CurrencyCheck::CheckNamed(const Place& place, absl::string_view field) {
  if (!asked_) log_->Fault(log_->Where(place, field), "is missing; say in which currency the file is");
}

}  // namespace costs::catalog
