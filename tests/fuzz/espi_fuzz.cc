// A feed of Green Button: records that keep what on-ramps keep, or errors; a feed that is
// refused gives nothing.
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

#include "client/onramp/espi.h"
#include "tests/fuzz/onramp_check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::istringstream feed(std::string(reinterpret_cast<const char*>(data), size));
  costs::onramp::ConvertedRecords converted;
  const absl::Status status = costs::onramp::ReadEspi(&feed, {"loc", ""}, &converted);
  COSTS_FUZZ_CHECK(status.ok() || (absl::IsInvalidArgument(status) && !status.message().empty() && converted.empty()));
  costs::fuzz::CheckConverted(converted);
  return 0;
}
