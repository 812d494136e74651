// Times of the API: what is read is an instant in range, and the REST face's
// writing of it reads as the same instant and offset.
#include <cstddef>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/rest/caller_time.h"
#include "service/rfc3339/rfc3339.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

void Run(absl::string_view text) {
  const absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(text);
  const absl::StatusOr<rest::CallerTime> caller_time = rest::ParseCallerTime(text);
  COSTS_FUZZ_CHECK(time.ok() == caller_time.ok());
  if (!time.ok()) return;
  COSTS_FUZZ_CHECK(time->nanos >= 0 && time->nanos < engine::kNanosPerSecond);
  COSTS_FUZZ_CHECK(time->offset_seconds > -86'400 && time->offset_seconds < 86'400);
  COSTS_FUZZ_CHECK(caller_time->instant.seconds == time->seconds && caller_time->instant.nanos == time->nanos);
  if (time->seconds < 0 || time->seconds >= engine::kLatest.ns / engine::kNanosPerSecond) return;
  const engine::Instant instant{time->seconds * engine::kNanosPerSecond + time->nanos};
  const absl::StatusOr<rfc3339::Time> again = rfc3339::Parse(rest::FormatTime(instant, caller_time->offset));
  COSTS_FUZZ_CHECK(again.ok() && again->seconds == time->seconds && again->nanos == time->nanos);
  COSTS_FUZZ_CHECK(again->offset_seconds == time->offset_seconds);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
