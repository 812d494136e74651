// Decimal::Parse: what it reads, it writes so that it reads the same again.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/engine/decimal.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const absl::StatusOr<engine::Decimal> number = engine::Decimal::Parse(text);
  if (!number.ok()) {
    COSTS_FUZZ_CHECK(!number.status().message().empty());
    return;
  }
  COSTS_FUZZ_CHECK(number->scale() >= 0 && number->scale() <= engine::Decimal::kMaxScale);
  COSTS_FUZZ_CHECK(std::fabs(number->ToDouble()) <= 1e9);
  const std::string written = number->ToString();
  const absl::StatusOr<engine::Decimal> again = engine::Decimal::Parse(written);
  COSTS_FUZZ_CHECK(again.ok() && *again == *number);
  const absl::StatusOr<engine::Decimal> of_double = engine::Decimal::FromDouble(number->ToDouble());
  // A double has room for 15 digits.
  if (std::fabs(number->ToDouble()) < 1e6) COSTS_FUZZ_CHECK(of_double.ok() && *of_double == *number);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
