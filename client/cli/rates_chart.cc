#include "client/cli/rates_chart.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "client/cli/local_time.h"

namespace costs::cli {
namespace {

constexpr int kMostPriceDigits = 5;
constexpr int kMostCarbonDigits = 1;
constexpr int kShortestBar = 8;
// From here on there is room for marks in words.
constexpr int kShortestBarBesideWords = 16;

constexpr absl::string_view kGreen = "\x1b[32m";
constexpr absl::string_view kRed = "\x1b[31m";
constexpr absl::string_view kBlue = "\x1b[34m";
constexpr absl::string_view kBold = "\x1b[1m";
constexpr absl::string_view kPlain = "\x1b[0m";

// A column of figures: their texts, alike in digits after the point, and where
// the lowest and highest are.
struct Column {
  std::vector<std::optional<double>> values;
  std::vector<std::string> texts;
  size_t width = 0;
  double low = 0;
  double high = 0;
  bool any = false;

  bool lowest(size_t row) const { return any && low < high && values[row] && *values[row] == low; }
  bool highest(size_t row) const { return any && low < high && values[row] && *values[row] == high; }
};

// The digits after the point that the value needs, at most so many.
int DigitsOf(double value, int most) {
  const std::string text = absl::StrFormat("%.*f", most, value);
  const size_t end = text.find_last_not_of('0');
  return static_cast<int>(end - text.find('.'));
}

template <typename ValueOf, typename CertainOf>
Column ColumnOf(const v1::ListRatesResponse& rates, int most_digits, const ValueOf& value_of,
                const CertainOf& certain) {
  Column column;
  int digits = 0;
  for (const v1::TimelineEntry& entry : rates.data()) {
    const std::optional<double> value = value_of(entry);
    column.values.push_back(value);
    if (!value) continue;
    digits = std::max(digits, DigitsOf(*value, most_digits));
    column.low = column.any ? std::min(column.low, *value) : *value;
    column.high = column.any ? std::max(column.high, *value) : *value;
    column.any = true;
  }
  for (int row = 0; row < rates.data_size(); ++row) {
    const std::optional<double>& value = column.values[static_cast<size_t>(row)];
    std::string text = value ? absl::StrFormat("%.*f", digits, *value) : "-";
    if (value && !certain(rates.data(row))) text.insert(0, "~");
    column.width = std::max(column.width, text.size());
    column.texts.push_back(std::move(text));
  }
  return column;
}

Column PricesOf(const v1::ListRatesResponse& rates) {
  return ColumnOf(
      rates, kMostPriceDigits,
      [](const v1::TimelineEntry& entry) {
        return entry.has_tariff() ? std::optional<double>(entry.tariff().rate()) : std::nullopt;
      },
      [](const v1::TimelineEntry& entry) { return entry.tariff().confidence() >= 1; });
}

Column IntensitiesOf(const v1::ListRatesResponse& rates) {
  return ColumnOf(
      rates, kMostCarbonDigits,
      [](const v1::TimelineEntry& entry) {
        return entry.has_carbon() ? std::optional<double>(entry.carbon().intensity()) : std::nullopt;
      },
      [](const v1::TimelineEntry& entry) { return entry.carbon().confidence() >= 1; });
}

std::string Repeated(absl::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

// Draws bars of one scale into `width` columns; where there are values below 0,
// on both sides of a zero line.
class Bars {
 public:
  Bars(const Column& column, int width, bool utf8) : utf8_(utf8) {
    const double below = std::min(0.0, column.low), above = std::max(0.0, column.high);
    axis_ = below < 0;
    const int cells = width - (axis_ ? 1 : 0);
    const double range = above - below;
    left_ = axis_ ? static_cast<int>(std::lround(cells * (-below / range))) : 0;
    if (axis_) left_ = std::clamp(left_, 1, above > 0 ? cells - 1 : cells);
    right_ = cells - left_;
    // The side that is fuller for its value sets the scale for both.
    per_cell_ = 0;
    if (below < 0) per_cell_ = std::max(per_cell_, -below / left_);
    if (above > 0) per_cell_ = std::max(per_cell_, above / right_);
  }

  // As wide as was asked for.
  std::string Draw(std::optional<double> value) const {
    const double cells = value && per_cell_ > 0 ? *value / per_cell_ : 0;
    return absl::StrCat(cells < 0 ? Left(-cells) : Repeated(" ", left_), axis_ ? (utf8_ ? "│" : "|") : "",
                        cells > 0 ? Right(cells) : Repeated(" ", right_));
  }

 private:
  // What is not 0 is seen: at least one part of a cell.
  static int Parts(double cells, int parts_per_cell, int most_cells) {
    const int parts = std::max(1, static_cast<int>(std::lround(cells * parts_per_cell)));
    return std::min(parts, most_cells * parts_per_cell);
  }

  std::string Left(double cells) const {
    const int parts_per_cell = utf8_ ? 2 : 1;
    const int parts = Parts(cells, parts_per_cell, left_);
    const int whole = parts / parts_per_cell;
    const bool half = parts % parts_per_cell != 0;
    return absl::StrCat(Repeated(" ", left_ - whole - (half ? 1 : 0)), half ? "▐" : "",
                        Repeated(utf8_ ? "█" : "#", whole));
  }

  std::string Right(double cells) const {
    constexpr absl::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int parts_per_cell = utf8_ ? 8 : 1;
    const int parts = Parts(cells, parts_per_cell, right_);
    const int whole = parts / parts_per_cell;
    const int rest = parts % parts_per_cell;
    return absl::StrCat(Repeated(utf8_ ? "█" : "#", whole), kEighths[rest],
                        Repeated(" ", right_ - whole - (rest > 0 ? 1 : 0)));
  }

  const bool utf8_;
  bool axis_ = false;
  int left_ = 0;
  int right_ = 0;
  double per_cell_ = 0;
};

class Chart {
 public:
  Chart(const v1::ListRatesResponse& rates, const ChartOptions& options)
      : rates_(rates),
        terminal_(options.terminal),
        zone_(ZoneOrUtc(rates.location_timezone())),
        prices_(PricesOf(rates)),
        intensities_(IntensitiesOf(rates)),
        barred_(options.carbon_bars || !prices_.any ? intensities_ : prices_) {
    for (const v1::TimelineEntry& entry : rates.data()) {
      labels_.push_back(ClockText(ToTime(entry.valid_from()), zone_));
      label_width_ = std::max(label_width_, labels_.back().size());
    }
    bar_width_ = BarWidth(/*words=*/true);
    words_ = bar_width_ >= kShortestBarBesideWords;
    if (!words_) bar_width_ = std::max(kShortestBar, BarWidth(/*words=*/false));
  }

  std::string Draw() const {
    std::string text = Head();
    const Bars bars(barred_, bar_width_, terminal_.utf8);
    absl::optional<absl::CivilDay> shown;
    for (size_t row = 0; row < labels_.size(); ++row) {
      const absl::CivilDay date = absl::ToCivilDay(ToTime(rates_.data(static_cast<int>(row)).valid_from()), zone_);
      if (shown != date) absl::StrAppend(&text, "\n", DateText(date, zone_), "\n");
      shown = date;
      absl::StrAppend(&text, Row(row, bars), "\n");
    }
    absl::StrAppend(&text, Foot());
    return text;
  }

 private:
  std::string Mark(size_t row, bool words) const {
    std::string mark;
    if (prices_.lowest(row)) mark = words ? "cheapest" : "c";
    if (intensities_.lowest(row)) absl::StrAppend(&mark, words && !mark.empty() ? " " : "", words ? "greenest" : "g");
    if (mark.empty()) return mark;
    return absl::StrCat(terminal_.utf8 ? "◀ " : "< ", mark);
  }

  int BarWidth(bool words) const {
    size_t marks = 0;
    for (size_t row = 0; row < labels_.size(); ++row) {
      std::string mark = Mark(row, words);
      if (!mark.empty()) marks = std::max(marks, mark.size() - (terminal_.utf8 ? 2 : 0));  // "◀" is 3 bytes
    }
    size_t others = label_width_ + 2;
    if (prices_.any) others += prices_.width + 2;
    if (intensities_.any) others += intensities_.width + 2;
    if (marks > 0) others += marks + 2;
    return terminal_.width - static_cast<int>(others);
  }

  std::string Head() const {
    std::string units;
    if (prices_.any) absl::StrAppend(&units, "price in ", rates_.currency_code(), " per kWh");
    if (intensities_.any) absl::StrAppend(&units, units.empty() ? "" : ", ", "carbon in gCO2eq per kWh");
    if (prices_.any && intensities_.any) {
      absl::StrAppend(&units, &barred_ == &prices_ ? "; the bars are the price" : "; the bars are the carbon");
    }
    return absl::StrCat(rates_.location_id(), ", ", v1::TariffRate::Value_Name(rates_.direction()), ", ",
                        rates_.location_timezone(), "\n", units, units.empty() ? "" : "\n");
  }

  std::string Painted(absl::string_view colour, absl::string_view text) const {
    if (!terminal_.colour) return std::string(text);
    return absl::StrCat(colour, text, kPlain);
  }

  std::string Row(size_t row, const Bars& bars) const {
    const absl::string_view bar_colour = barred_.lowest(row) ? kGreen : barred_.highest(row) ? kRed : kBlue;
    std::string text = absl::StrCat(labels_[row], std::string(label_width_ - labels_[row].size(), ' '), "  ");
    absl::StrAppend(&text, Painted(bar_colour, bars.Draw(barred_.values[row])));
    for (const Column* column : {&prices_, &intensities_}) {
      if (!column->any) continue;
      const std::string& figure = column->texts[row];
      absl::StrAppend(&text, "  ", std::string(column->width - figure.size(), ' '),
                      column->lowest(row) ? Painted(kGreen, figure) : figure);
    }
    const std::string mark = Mark(row, words_);
    if (!mark.empty()) absl::StrAppend(&text, "  ", Painted(kBold, mark));
    return std::string(absl::StripTrailingAsciiWhitespace(text));
  }

  std::string Foot() const {
    bool marks = false, uncertain = false, tiered = false;
    for (size_t row = 0; row < labels_.size(); ++row) {
      marks = marks || !Mark(row, false).empty();
      uncertain = uncertain || prices_.texts[row][0] == '~' || intensities_.texts[row][0] == '~';
      tiered = tiered || rates_.data(static_cast<int>(row)).tariff().tiers_size() > 0;
    }
    std::string text;
    if (marks && !words_) absl::StrAppend(&text, "c: cheapest, g: greenest\n");
    if (uncertain) absl::StrAppend(&text, "~: less than certain\n");
    if (tiered) absl::StrAppend(&text, "the price is that of the tier reached; --output=json has them all\n");
    return text.empty() ? text : "\n" + text;
  }

  const v1::ListRatesResponse& rates_;
  const Terminal terminal_;
  const absl::TimeZone zone_;
  const Column prices_;
  const Column intensities_;
  const Column& barred_;
  std::vector<std::string> labels_;
  size_t label_width_ = 0;
  int bar_width_ = 0;
  bool words_ = true;
};

}  // namespace

std::string DrawRates(const v1::ListRatesResponse& rates, const ChartOptions& options) {
  return Chart(rates, options).Draw();
}

}  // namespace costs::cli
