// Other people's messages in: OpenOcpp() and OpenGreenButton() of record_source.h.

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/decimal_text.h"
#include "client/cli/json_text.h"
#include "client/cli/record_fields.h"
#include "client/cli/record_source.h"
#include "client/onramp/espi.h"
#include "google/protobuf/util/time_util.h"
#include "service/csv/csv_reader.h"
#include "service/csv/line_reader.h"

namespace costs::cli {
namespace {

using google::protobuf::util::TimeUtil;

// What a converted record has; the other fields are left to their defaults.
constexpr Field kFields[] = {Field::kLocationId,         Field::kValue,     Field::kUnits,
                             Field::kStartTime,          Field::kEndTime,   Field::kDeviceId,
                             Field::kSessionReferenceId, Field::kDirection, Field::kConfidence};

std::string TextOf(Field field, const v1::MeterRecordSubmission& record) {
  switch (field) {
    case Field::kLocationId:
      return record.location_id();
    case Field::kValue:
      return AllDigits(record.value());
    case Field::kUnits:
      return v1::Units::Value_Name(record.units());
    case Field::kStartTime:
      return TimeUtil::ToString(record.start_time());
    case Field::kEndTime:
      return TimeUtil::ToString(record.end_time());
    case Field::kDeviceId:
      return record.device_id();
    case Field::kSessionReferenceId:
      return record.session_reference_id();
    case Field::kDirection:
      return v1::Direction::Value_Name(record.direction());
    case Field::kConfidence:
      return record.has_confidence() ? AllDigits(record.confidence()) : "";
    default:
      return "";
  }
}

// Converted records as lines, in their order.
class ConvertedSource : public RecordSource {
 public:
  explicit ConvertedSource(Format output) : output_(output) {
    if (output_ == Format::kJsonLines) {
      empty_carry_ = "{";
      return;
    }
    for (const Field field : kFields) absl::StrAppend(&header_, header_.empty() ? "" : ",", InfoOf(field).name);
    empty_carry_.assign(std::size(kFields) - 1, ',');
  }

  Got Next(v1::MeterRecordSubmission* record, InputLine* line) override {
    line->error.clear();
    while (next_ == converted_.size()) {
      converted_.clear();
      next_ = 0;
      if (const Got got = ReadMore(&converted_, line); got != Got::kRecord) return got;
    }
    onramp::Converted& one = converted_[next_++];
    line->number = one.line;
    if (!one.error.empty()) {
      line->carry = empty_carry_;
      line->error = std::move(one.error);
      return Got::kBadLine;
    }
    *record = std::move(one.record);
    line->carry = CarryOf(*record);
    return Got::kRecord;
  }

  absl::string_view header() const override { return header_; }
  absl::string_view empty_carry() const override { return empty_carry_; }

 protected:
  // Adds what there is next, or nothing; kRecord: there may be more.
  virtual Got ReadMore(onramp::ConvertedRecords* converted, InputLine* line) = 0;

  onramp::ConvertedRecords converted_;

 private:
  absl::string_view CarryOf(const v1::MeterRecordSubmission& record) {
    carry_.clear();
    if (output_ == Format::kJsonLines) carry_.push_back('{');
    for (size_t i = 0; i < std::size(kFields); ++i) {
      const std::string text = TextOf(kFields[i], record);
      if (output_ == Format::kCsv) {
        if (i > 0) carry_.push_back(',');
        csv::AppendCsvField(text, &carry_);
        continue;
      }
      if (text.empty()) continue;
      if (carry_.size() > 1) carry_.push_back(',');
      AppendJsonString(InfoOf(kFields[i]).name, &carry_);
      carry_.push_back(':');
      if (InfoOf(kFields[i]).kind == FieldKind::kNumber) {
        carry_.append(text);
      } else {
        AppendJsonString(text, &carry_);
      }
    }
    return carry_;
  }

  const Format output_;
  size_t next_ = 0;
  std::string header_;
  std::string empty_carry_;
  std::string carry_;
};

class OcppSource final : public ConvertedSource {
 public:
  OcppSource(std::istream* stream, Format output, onramp::OcppOptions options)
      : ConvertedSource(output), lines_(stream, kMaxLineBytes), reader_(std::move(options)) {}

 private:
  Got ReadMore(onramp::ConvertedRecords* converted, InputLine* line) override {
    const csv::LineReader::Result result = lines_.Next();
    line->number = lines_.line();
    line->offset = lines_.offset();
    switch (result) {
      case csv::LineReader::Result::kEnd:
        return Got::kEnd;
      case csv::LineReader::Result::kReadError:
        line->error = absl::StrCat("line ", line->number, ": the input cannot be read further");
        return Got::kReadError;
      case csv::LineReader::Result::kTooLong: {
        onramp::Converted& bad = converted->emplace_back();
        bad.line = line->number;
        bad.error = absl::StrCat("line ", line->number, ": the line is longer than ", kMaxLineBytes,
                                 " bytes; is there an OCPP message on each line?");
        break;
      }
      case csv::LineReader::Result::kLine: {
        const absl::string_view text = absl::StripAsciiWhitespace(lines_.text());
        if (!text.empty()) reader_.Read(text, line->number, converted);
        break;
      }
    }
    return Got::kRecord;
  }

  csv::LineReader lines_;
  onramp::OcppReader reader_;
};

class GreenButtonSource final : public ConvertedSource {
 public:
  explicit GreenButtonSource(Format output) : ConvertedSource(output) {}

  absl::Status Read(std::istream* stream, const onramp::Place& place) {
    return onramp::ReadEspi(stream, place, &converted_);
  }

 private:
  Got ReadMore(onramp::ConvertedRecords*, InputLine*) override { return Got::kEnd; }
};

}  // namespace

std::unique_ptr<RecordSource> OpenOcpp(std::istream* stream, Format output, onramp::OcppOptions options) {
  return std::make_unique<OcppSource>(stream, output, std::move(options));
}

absl::StatusOr<std::unique_ptr<RecordSource>> OpenGreenButton(std::istream* stream, Format output,
                                                              const onramp::Place& place) {
  auto source = std::make_unique<GreenButtonSource>(output);
  if (absl::Status status = source->Read(stream, place); !status.ok()) return status;
  return std::unique_ptr<RecordSource>(std::move(source));
}

}  // namespace costs::cli
