// Messages of charging stations, one a line, by each measurand: records that keep what
// on-ramps keep, or errors.
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/onramp/ocpp.h"
#include "tests/fuzz/onramp_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto measurand : {costs::onramp::OcppMeasurand::kRegister, costs::onramp::OcppMeasurand::kInterval,
                               costs::onramp::OcppMeasurand::kPower}) {
    costs::onramp::OcppReader reader({{"loc", ""}, measurand});
    costs::onramp::ConvertedRecords converted;
    int64_t line = 0;
    for (const absl::string_view message : absl::StrSplit(text, '\n')) reader.Read(message, ++line, &converted);
    costs::fuzz::CheckConverted(converted);
  }
  return 0;
}
