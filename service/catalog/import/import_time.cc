#include "service/catalog/import/import_time.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/catalog_time.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::catalog {
namespace {

constexpr size_t kDateLength = 10;
constexpr size_t kLongestTime = 40;

// `text` as RFC 3339, its offset as it is written (which may be not at all).
// Empty where it is too short or long to be a time.
std::string AsRfc3339(absl::string_view text) {
  if (text.size() < kDateLength + 6 || text.size() > kLongestTime) return "";
  if (text[kDateLength] != 'T' && text[kDateLength] != ' ') return "";
  const absl::string_view rest = text.substr(kDateLength + 1);
  const size_t offset = rest.find_first_of("Zz+-");
  const absl::string_view clock = rest.substr(0, offset);
  return absl::StrCat(text.substr(0, kDateLength), "T", clock, clock.size() == 5 ? ":00" : "",
                      offset == absl::string_view::npos ? "" : rest.substr(offset));
}

}  // namespace

std::optional<engine::Instant> ParseImportTime(absl::string_view text) {
  const absl::optional<engine::Instant> time = ParseCatalogTime(AsRfc3339(text));
  if (!time) return std::nullopt;
  return *time;
}

std::optional<absl::CivilSecond> ParseClockTime(absl::string_view text) {
  const std::string written = AsRfc3339(text);
  if (written.empty()) return std::nullopt;
  const absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(absl::StrCat(written, "Z"));
  if (!time.ok() || time->nanos != 0) return std::nullopt;
  return absl::ToCivilSecond(absl::FromUnixSeconds(time->seconds), absl::UTCTimeZone());
}

std::string UtcText(engine::Instant time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::FromUnixNanos(time.ns), absl::UTCTimeZone());
}

}  // namespace costs::catalog
