#include "client/onramp/espi.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/onramp/quantity.h"
#include "service/xml/xml_stream.h"

namespace costs::onramp {
namespace {

constexpr int64_t kLastSecond = 4'102'444'800;  // of 2099, as a meter record may have
constexpr size_t kMostEntries = 100'000;
constexpr size_t kPart = size_t{64} << 10;

struct ReadingType {
  std::string uom, multiplier, flow_direction, accumulation, commodity;
};

struct Interval {
  int line = 0;
  std::string start, duration, value;
  std::vector<std::string> qualities;
};

struct Block {
  int line = 0;
  std::vector<Interval> intervals;
  std::vector<std::string> qualities;  // of all of them
};

// An Atom entry, and what of it counts here.
struct Entry {
  std::string self;
  std::vector<std::string> up, related;
  bool is_meter_reading = false;
  std::optional<ReadingType> type;
  std::vector<Block> blocks;
};

// Gathers the entries. Files without a feed around one entry, or one content, are taken,
// too.
class FeedHandler final : public xml::XmlHandler {
 public:
  void Start(absl::string_view name, const Position& position) override {
    ++depth_;
    if (name == "entry" || entries_.empty()) {
      if (entries_.size() >= kMostEntries) return Stop(position, absl::StrCat("more than ", kMostEntries, " entries"));
      entries_.emplace_back();
    }
    Entry& entry = entries_.back();
    link_ = name == "link";
    if (link_) {
      rel_.clear();
      href_.clear();
    } else if (name == "MeterReading") {
      entry.is_meter_reading = true;
    } else if (name == "ReadingType") {
      entry.type.emplace();
    } else if (name == "IntervalBlock") {
      entry.blocks.emplace_back().line = position.line;
    } else if (name == "IntervalReading") {
      if (entry.blocks.empty()) return Stop(position, "an IntervalReading stands outside of an IntervalBlock");
      if (++intervals_ > kMostIntervals) {
        return Stop(position, absl::StrCat("more than ", kMostIntervals, " intervals; give parts of the feed"));
      }
      interval_ = &entry.blocks.back().intervals.emplace_back();
      interval_->line = position.line;
    } else if (name == "timePeriod") {
      in_period_ = true;
    }
  }

  void Attribute(absl::string_view name, absl::string_view value) override {
    if (!link_) return;
    if (name == "rel") rel_ = std::string(value);
    if (name == "href") href_ = std::string(value);
  }

  void End(absl::string_view name, absl::string_view text) override {
    --depth_;
    if (entries_.empty()) return;
    Entry& entry = entries_.back();
    if (name == "link") {
      if (rel_ == "self") entry.self = href_;
      if (rel_ == "up") entry.up.push_back(href_);
      if (rel_ == "related") entry.related.push_back(href_);
    } else if (name == "IntervalReading") {
      interval_ = nullptr;
    } else if (name == "timePeriod") {
      in_period_ = false;
    } else if (name == "quality" && !entry.blocks.empty()) {
      (interval_ != nullptr ? interval_->qualities : entry.blocks.back().qualities).push_back(std::string(text));
    } else if (interval_ != nullptr) {
      if (name == "value") interval_->value = std::string(text);
      if (name == "start" && in_period_) interval_->start = std::string(text);
      if (name == "duration" && in_period_) interval_->duration = std::string(text);
    } else if (entry.type.has_value()) {
      if (name == "uom") entry.type->uom = std::string(text);
      if (name == "powerOfTenMultiplier") entry.type->multiplier = std::string(text);
      if (name == "flowDirection") entry.type->flow_direction = std::string(text);
      if (name == "accumulationBehaviour") entry.type->accumulation = std::string(text);
      if (name == "commodity") entry.type->commodity = std::string(text);
    }
  }

  bool stopped() const override { return !fault_.empty(); }

  const std::string& fault() const { return fault_; }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  void Stop(const Position& position, absl::string_view what) {
    if (fault_.empty()) fault_ = absl::StrCat("line ", position.line, ": ", what);
  }

  int depth_ = 0;
  std::vector<Entry> entries_;
  size_t intervals_ = 0;
  Interval* interval_ = nullptr;
  bool in_period_ = false;
  bool link_ = false;
  std::string rel_, href_;
  std::string fault_;
};

// How a type's values are read.
struct Scale {
  bool power = false;
  int exponent = 0;
  bool is_register = false;
  bool net = false;
  bool reverse = false;
};

absl::StatusOr<Scale> ScaleOf(const ReadingType& type) {
  Scale scale;
  if (!type.commodity.empty() && type.commodity != "1" && type.commodity != "2") {
    return absl::InvalidArgumentError(absl::StrCat("commodity ", type.commodity, " is no electricity"));
  }
  if (type.uom == "38") {
    scale.power = true;
  } else if (type.uom != "72") {
    return absl::InvalidArgumentError(absl::StrCat("uom ", type.uom, " is neither 72 (Wh) nor 38 (W)"));
  }
  if (!type.multiplier.empty() &&
      (!absl::SimpleAtoi(type.multiplier, &scale.exponent) || scale.exponent < -12 || scale.exponent > 12)) {
    return absl::InvalidArgumentError(
        absl::StrCat("powerOfTenMultiplier ", type.multiplier, " is no whole number from -12 to 12"));
  }
  const std::string& direction = type.flow_direction;
  scale.net = direction == "4";
  scale.reverse = direction == "19";
  if (!scale.net && !scale.reverse && !direction.empty() && direction != "0" && direction != "1") {
    return absl::InvalidArgumentError(
        absl::StrCat("flowDirection ", direction, " is none of 1 (forward), 4 (net) and 19 (reverse)"));
  }
  const std::string& accumulation = type.accumulation;
  scale.is_register = accumulation == "1" || accumulation == "3";
  if (scale.is_register && scale.power) {
    return absl::InvalidArgumentError("a register (accumulationBehaviour 1 or 3) has no uom 38 (W)");
  }
  if (!scale.is_register && !accumulation.empty() && accumulation != "0" && accumulation != "4" &&
      accumulation != "12") {
    return absl::InvalidArgumentError(
        absl::StrCat("accumulationBehaviour ", accumulation, " is none of 1, 3 (registers), 4 (delta) and 12"));
  }
  return scale;
}

absl::StatusOr<double> ConfidenceOf(const std::vector<std::string>& qualities) {
  double confidence = 1;
  for (const std::string& quality : qualities) {
    double its = 1;
    if (quality == "8" || quality == "9" || quality == "13" || quality == "15" || quality == "16") {
      its = 0.8;
    } else if (quality == "10" || quality == "12") {
      its = 0.5;
    } else if (quality != "0" && quality != "7" && quality != "11" && quality != "14" && quality != "17" &&
               quality != "18" && quality != "19") {
      return absl::InvalidArgumentError(absl::StrCat("quality ", quality, " is none of ESPI's"));
    }
    confidence = std::min(confidence, its);
  }
  return confidence;
}

class Converter {
 public:
  Converter(const Place& place, ConvertedRecords* converted) : place_(place), converted_(converted) {}

  void Convert(const Block& block, const ReadingType* type) {
    if (type == nullptr) return Fail(block.line, "no ReadingType is linked to the IntervalBlock's MeterReading");
    const absl::StatusOr<Scale> scale = ScaleOf(*type);
    if (!scale.ok()) return Fail(block.line, scale.status().message());
    for (size_t i = 0; i < block.intervals.size(); ++i) {
      const Interval* const next = i + 1 < block.intervals.size() ? &block.intervals[i + 1] : nullptr;
      // The last reading of a register only ends what is before it.
      if (scale->is_register && next == nullptr) break;
      Convert(block, block.intervals[i], next, *scale);
    }
  }

 private:
  struct Read {
    int64_t start = 0, duration = 0;
    Micros value = 0;
  };

  void Fail(int line, absl::string_view what) {
    Converted& failed = converted_->emplace_back();
    failed.line = line;
    failed.error = absl::StrCat("line ", line, ": ", what);
  }

  std::optional<Read> ReadInterval(const Interval& interval, const Scale& scale) {
    Read read;
    if (!absl::SimpleAtoi(interval.start, &read.start) || read.start < 0 || read.start >= kLastSecond) {
      Fail(interval.line, absl::StrCat("start ", interval.start, " is no second from 1970 to 2099"));
      return std::nullopt;
    }
    const bool needs_duration = !scale.is_register;
    if (needs_duration && (!absl::SimpleAtoi(interval.duration, &read.duration) || read.duration <= 0 ||
                           read.duration > kLastSecond - read.start)) {
      Fail(interval.line, absl::StrCat("duration ", interval.duration, " is no number of seconds above 0"));
      return std::nullopt;
    }
    const std::optional<Micros> value = ParseMicros(interval.value, scale.exponent);
    if (!value) {
      Fail(interval.line, absl::StrCat("value ", interval.value, " is no number up to 10^18"));
      return std::nullopt;
    }
    read.value = *value;
    return read;
  }

  void Convert(const Block& block, const Interval& interval, const Interval* next, const Scale& scale) {
    std::optional<Read> read = ReadInterval(interval, scale);
    if (!read) return;
    int64_t end = read->start + read->duration;
    if (scale.is_register) {
      const std::optional<Read> later = ReadInterval(*next, scale);
      if (!later) return;
      if (later->start <= read->start) return Fail(next->line, "the register's reading is not behind the one before");
      end = later->start;
      read->value = later->value - read->value;
      if (read->value < 0 && !scale.net) {
        return Fail(next->line, "the register runs backwards; it was reset, and is counted from here");
      }
    }
    if (read->value < 0 && !scale.net) {
      return Fail(interval.line, "the value is below 0, and flowDirection is not 4 (net)");
    }
    const absl::StatusOr<double> confidence =
        ConfidenceOf(interval.qualities.empty() ? block.qualities : interval.qualities);
    if (!confidence.ok()) return Fail(interval.line, confidence.status().message());
    Converted& made = converted_->emplace_back();
    made.line = interval.line;
    v1::MeterRecordSubmission& record = made.record;
    record.set_location_id(place_.location_id);
    record.set_device_id(place_.device_id);
    const bool exported = scale.reverse || (scale.net && read->value < 0);
    record.set_direction(exported ? v1::Direction::EXPORT : v1::Direction::IMPORT);
    record.set_units(scale.power ? v1::Units::W : v1::Units::WH);
    record.set_value(ToValue(read->value < 0 ? -read->value : read->value));
    record.mutable_start_time()->set_seconds(read->start);
    record.mutable_end_time()->set_seconds(end);
    if (*confidence < 1) record.set_confidence(*confidence);
  }

  const Place& place_;
  ConvertedRecords* const converted_;
};

bool Contains(const std::vector<std::string>& links, const std::string& link) {
  return !link.empty() && std::find(links.begin(), links.end(), link) != links.end();
}

// The type of an entry's blocks; null: none.
const ReadingType* TypeOf(const Entry& blocks, const std::vector<Entry>& entries) {
  const ReadingType* only = nullptr;
  int types = 0;
  for (const Entry& entry : entries) {
    if (!entry.type) continue;
    only = &*entry.type;
    ++types;
  }
  if (types == 1) return only;
  for (const Entry& reading : entries) {
    if (!reading.is_meter_reading) continue;
    // The reading leads to its blocks' list, which is above them, or above them all.
    const bool leads = std::any_of(blocks.up.begin(), blocks.up.end(), [&](const std::string& up) {
      return Contains(reading.related, up) || (!reading.self.empty() && absl::StartsWith(up, reading.self + "/"));
    });
    if (!leads) continue;
    for (const Entry& type : entries) {
      if (type.type && Contains(reading.related, type.self)) return &*type.type;
    }
  }
  return nullptr;
}

}  // namespace

absl::Status ReadEspi(std::istream* feed, const Place& place, ConvertedRecords* converted) {
  FeedHandler handler;
  xml::XmlLimits limits;
  xml::XmlStream stream(limits, &handler);
  std::string part(kPart, '\0');
  xml::XmlError error;
  for (bool last = false; !last && !handler.stopped();) {
    feed->read(&part[0], static_cast<std::streamsize>(part.size()));
    if (feed->bad()) return absl::DataLossError("the input cannot be read further");
    last = feed->eof();
    if (!stream.Feed(absl::string_view(part).substr(0, static_cast<size_t>(feed->gcount())), last, &error)) {
      return absl::InvalidArgumentError(absl::StrCat("line ", error.line, ": not XML: ", error.what));
    }
  }
  if (handler.stopped()) return absl::InvalidArgumentError(handler.fault());
  const std::vector<Entry>& entries = handler.entries();
  const bool has_blocks =
      std::any_of(entries.begin(), entries.end(), [](const Entry& entry) { return !entry.blocks.empty(); });
  if (!has_blocks) return absl::InvalidArgumentError("has no IntervalBlock; a feed of Green Button is expected");
  Converter converter(place, converted);
  for (const Entry& entry : entries) {
    if (entry.blocks.empty()) continue;
    const ReadingType* const type = TypeOf(entry, entries);
    for (const Block& block : entry.blocks) converter.Convert(block, type);
  }
  return absl::OkStatus();
}

}  // namespace costs::onramp
