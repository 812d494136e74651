#include "service/catalog/rfc3339.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/time/civil_time.h"

namespace costs::catalog {
namespace {

// Takes numbers and marks off the front of a text; once one is not there, it
// stays failed.
class Scanner {
 public:
  explicit Scanner(absl::string_view text) : rest_(text) {}

  int Digits(size_t count) {
    int value = 0;
    if (rest_.size() < count) return Fail();
    for (size_t i = 0; i < count; ++i) {
      if (!absl::ascii_isdigit(rest_[i])) return Fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  // The next character where it is one of `allowed`.
  char OneOf(absl::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == absl::string_view::npos) return static_cast<char>(Fail());
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  // ".000", which some programs always write.
  void SkipZeroFraction() {
    if (rest_.empty() || rest_.front() != '.') return;
    const size_t end = rest_.find_first_not_of('0', 1);
    if (end == 1 || end == absl::string_view::npos) {
      Fail();
      return;
    }
    rest_.remove_prefix(end);
  }

  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  int Fail() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  absl::string_view rest_;
  bool ok_ = true;
};

int64_t SecondOfDay(int64_t hour, int64_t minute, int64_t second) { return (hour * 60 + minute) * 60 + second; }

}  // namespace

absl::optional<engine::Instant> ParseRfc3339(absl::string_view text) {
  Scanner scanner(text);
  const int year = scanner.Digits(4);
  scanner.OneOf("-");
  const int month = scanner.Digits(2);
  scanner.OneOf("-");
  const int day = scanner.Digits(2);
  scanner.OneOf("Tt");
  const int hour = scanner.Digits(2);
  scanner.OneOf(":");
  const int minute = scanner.Digits(2);
  scanner.OneOf(":");
  const int second = scanner.Digits(2);
  scanner.SkipZeroFraction();
  const char zone = scanner.OneOf("Zz+-");
  int64_t offset = 0;
  if (zone == '+' || zone == '-') {
    const int hours = scanner.Digits(2);
    scanner.OneOf(":");
    const int minutes = scanner.Digits(2);
    if (hours > 23 || minutes > 59) return absl::nullopt;
    offset = SecondOfDay(hours, minutes, 0) * (zone == '-' ? -1 : 1);
  }
  if (!scanner.at_end() || hour > 23 || minute > 59 || second > 59) return absl::nullopt;

  const absl::CivilDay date(year, month, day);
  // A date that does not exist would have been carried into the next month.
  if (date.month() != month || date.day() != day) return absl::nullopt;
  const int64_t seconds =
      (date - absl::CivilDay(1970, 1, 1)) * int64_t{86'400} + SecondOfDay(hour, minute, second) - offset;
  constexpr int64_t kEarliest = engine::kEarliest.ns / engine::kNanosPerSecond;
  constexpr int64_t kLatest = engine::kLatest.ns / engine::kNanosPerSecond;
  return engine::Instant::FromSeconds(std::clamp(seconds, kEarliest - 1, kLatest + 1));
}

}  // namespace costs::catalog
