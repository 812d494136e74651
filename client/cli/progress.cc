#include "client/cli/progress.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace costs::cli {
namespace {

constexpr absl::Duration kBetweenDrawings = absl::Milliseconds(200);
constexpr int kBarWidth = 30;
constexpr char kWipe[] = "\r\x1b[K";

std::string Clock(double seconds) {
  const int64_t whole = std::llround(seconds);
  if (whole >= 3'600) return absl::StrFormat("%d:%02d:%02d", whole / 3'600, whole / 60 % 60, whole % 60);
  return absl::StrFormat("%d:%02d", whole / 60, whole % 60);
}

}  // namespace

std::string WithThousands(int64_t number) {
  std::string text = absl::StrCat(number);
  const int first = number < 0 ? 1 : 0;
  for (int at = static_cast<int>(text.size()) - 3; at > first; at -= 3) text.insert(at, ",");
  return text;
}

Progress::Progress(std::ostream* err, std::optional<int64_t> input_bytes, std::function<absl::Time()> clock)
    : err_(err),
      input_bytes_(input_bytes),
      clock_(std::move(clock)),
      start_(clock_()),
      next_drawing_(start_ + kBetweenDrawings) {}

void Progress::Update(int64_t records, int64_t bytes) {
  if (err_ == nullptr) return;
  const absl::Time now = clock_();
  if (now < next_drawing_) return;
  next_drawing_ = now + kBetweenDrawings;
  *err_ << kWipe << Line(records, bytes, now - start_) << std::flush;
  drawn_ = true;
}

void Progress::Clear() {
  if (!drawn_) return;
  *err_ << kWipe << std::flush;
  drawn_ = false;
}

std::string Progress::Line(int64_t records, int64_t bytes, absl::Duration elapsed) const {
  const double seconds = std::max(absl::ToDoubleSeconds(elapsed), 1e-9);
  std::string line;
  if (input_bytes_.has_value()) {
    const double done =
        *input_bytes_ > 0 ? std::min(1.0, static_cast<double>(bytes) / static_cast<double>(*input_bytes_)) : 1.0;
    const int filled = static_cast<int>(done * kBarWidth);
    std::string bar(filled, '=');
    if (filled < kBarWidth) bar.push_back('>');
    bar.resize(kBarWidth, ' ');
    line = absl::StrFormat("[%s] %3d%%  ", bar, static_cast<int>(done * 100));
  }
  absl::StrAppend(&line, WithThousands(records), " records  ",
                  WithThousands(static_cast<int64_t>(static_cast<double>(records) / seconds)), "/s");
  if (input_bytes_.has_value() && bytes > 0) {
    const double left = static_cast<double>(std::max<int64_t>(0, *input_bytes_ - bytes));
    absl::StrAppend(&line, "  ETA ", Clock(left * seconds / static_cast<double>(bytes)));
  }
  return line;
}

}  // namespace costs::cli
