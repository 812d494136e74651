// Numbers of other units, exactly: a price per MWh or in pence is made one in
// major units per kWh by moving its decimal point.
//
//   NumberReader reader(NumberReader::kPerMwh, /*round=*/false, &log);
//   std::optional<engine::Decimal> price = reader.Read("21.54", {0, 12}, "price");  // 0.02154
//
// A number with more than 9 digits after the point (then) is a fault, or with
// `round` is rounded to 9, a half to the even digit, which is a finding.
// Nothing passes through a double. Not thread-safe; the log is borrowed.
#ifndef SERVICE_CATALOG_IMPORT_NUMBER_READER_H_
#define SERVICE_CATALOG_IMPORT_NUMBER_READER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "service/catalog/import/import_log.h"
#include "service/engine/decimal.h"

namespace costs::catalog {

class NumberReader {
 public:
  // How many places the point moves.
  enum Shift { kAsWritten = 0, kHundredths = -2, kPerMwh = -3, kHundredthsPerMwh = -5 };

  NumberReader(Shift shift, bool round, ImportLog* log) : shift_(shift), round_(round), log_(log) {}

  // `text` is a JSON number. Null, with a fault at the place, where it is not,
  // or too long, or over 10^9.
  std::optional<engine::Decimal> Read(absl::string_view text, const Place& place, absl::string_view field);

  // Adds the finding, where numbers were rounded.
  void ReportRounding();

 private:
  const Shift shift_;
  const bool round_;
  ImportLog* const log_;
  int64_t rounded_ = 0;
  Place first_rounded_;
};

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_NUMBER_READER_H_
