// That all files of an import are in one currency, and in which.
//
//   CurrencyCheck currency(options.currency_code, &log);
//   currency.Check("EUR", {0, 12}, "currency");
//   currency.code() == "EUR"
//
// Not thread-safe; the log is borrowed.
#ifndef SERVICE_CATALOG_IMPORT_CURRENCY_H_
#define SERVICE_CATALOG_IMPORT_CURRENCY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "service/catalog/import/import_log.h"

namespace costs::catalog {

class CurrencyCheck {
 public:
  // `asked`: what the caller says the currency is; may be empty.
  CurrencyCheck(absl::string_view asked, ImportLog* log);

  // A fault where `code` is no ISO 4217 code, or not the currency so far.
  void Check(absl::string_view code, const Place& place, absl::string_view field);
  // For a file that does not name its currency: a fault where the caller does
  // not either.
  void CheckNamed(const Place& place, absl::string_view field);

  const std::string& code() const { return code_; }

 private:
  const bool asked_;
  ImportLog* const log_;
  std::string code_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_CURRENCY_H_
