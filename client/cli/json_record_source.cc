// JSON lines in: OpenJsonLines() of record_source.h.

#include <cstring>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/record_fields.h"
#include "client/cli/record_source.h"
#include "client/utf8.h"
#include "rapidjson/error/en.h"
#include "rapidjson/reader.h"
#include "service/csv/csv_reader.h"
#include "service/csv/line_reader.h"
#include "service/json/lone_surrogate.h"

namespace costs::cli {
namespace {

// Deeper than any sensible object; RapidJSON recurses.
constexpr int kDeepest = 64;

// Takes the parser's events and sets the record's fields. Faults of fields are
// collected, so that each is reported and the syntax is checked to the end.
class RecordHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, RecordHandler> {
 public:
  void Reset(v1::MeterRecordSubmission* record) {
    record_ = record;
    faults_.clear();
    depth_ = 0;
    too_deep_ = false;
    is_object_ = true;
    for (std::string& text : texts_) text.clear();
  }

  const std::string& faults() const { return faults_; }
  bool too_deep() const { return too_deep_; }
  bool is_object() const { return is_object_; }
  // The record's fields as CSV, in the order of AllFields().
  void AppendCsv(std::string* out) const {
    for (const FieldInfo& info : AllFields()) {
      if (info.field != AllFields().front().field) out->push_back(',');
      csv::AppendCsvField(texts_[static_cast<size_t>(info.field)], out);
    }
  }
  // Remembers the fields' text for AppendCsv(); numbers as they were written.
  void KeepTexts() { keep_texts_ = true; }

  bool Null() {  // as if the field were not there
    if (depth_ == 0) is_object_ = false;
    return true;
  }
  bool Bool(bool value) {
    const absl::string_view text = value ? "true" : "false";
    return Value(FieldKind::kBoolean, text, [&](Field field) { return SetFieldFromText(field, text, record_); });
  }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) {
    const absl::string_view number(text, size);
    return Value(FieldKind::kNumber, number, [&](Field field) { return SetFieldFromText(field, number, record_); });
  }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    const absl::string_view string(text, size);
    return Value(FieldKind::kText, string, [&](Field field) {
      if (!json::HasLoneSurrogate(string)) return SetFieldFromText(field, string, record_);
      return absl::InvalidArgumentError(absl::StrCat(InfoOf(field).name, ": ", json::kLoneSurrogateFault));
    });
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (depth_ != 1) return true;
    const absl::string_view name(text, size);
    field_ = FindField(name);
    if (!field_.has_value() && IsOutputColumn(name)) {
      Fault(absl::StrCat(name, ": the output adds a field of this name; rename or remove the input's"));
    }
    return true;
  }
  bool StartObject() { return Open("an object"); }
  bool StartArray() { return Open("an array"); }
  bool EndObject(rapidjson::SizeType) { return Close(); }
  bool EndArray(rapidjson::SizeType) { return Close(); }

 private:
  static absl::string_view NameOf(FieldKind kind) {
    switch (kind) {
      case FieldKind::kText:
        return "a string";
      case FieldKind::kNumber:
        return "a number";
      case FieldKind::kBoolean:
        return "true or false";
    }
    return "";
  }

  void Fault(absl::string_view what) { absl::StrAppend(&faults_, faults_.empty() ? "" : "; ", what); }

  template <typename Setter>
  bool Value(FieldKind kind, absl::string_view text, Setter set) {
    if (depth_ == 0) is_object_ = false;
    if (depth_ != 1 || !field_.has_value()) return true;
    const FieldInfo& info = InfoOf(*field_);
    if (info.kind != kind) {
      Fault(absl::StrCat(info.name, ": must be ", NameOf(info.kind), ", but is ", NameOf(kind)));
      return true;
    }
    absl::Status status = set(*field_);
    if (!status.ok()) Fault(status.message());
    if (keep_texts_) texts_[static_cast<size_t>(*field_)].assign(text.data(), text.size());
    return true;
  }

  bool Open(absl::string_view what) {
    if (depth_ == 0 && what == "an array") is_object_ = false;
    if (depth_ == 1 && field_.has_value()) {
      const FieldInfo& info = InfoOf(*field_);
      Fault(absl::StrCat(info.name, ": must be ", NameOf(info.kind), ", but is ", what));
    }
    too_deep_ = ++depth_ > kDeepest;
    return !too_deep_;
  }

  bool Close() {
    --depth_;
    return true;
  }

  v1::MeterRecordSubmission* record_ = nullptr;
  std::string faults_;
  std::optional<Field> field_;  // of the last key at depth 1
  int depth_ = 0;
  bool too_deep_ = false;
  bool is_object_ = true;
  bool keep_texts_ = false;
  std::string texts_[static_cast<size_t>(Field::kUsageBeforeWh) + 1];
};

class JsonRecordSource : public RecordSource {
 public:
  JsonRecordSource(std::istream* stream, Format output) : lines_(stream, kMaxLineBytes), output_(output) {
    if (output_ == Format::kJsonLines) {
      empty_carry_ = "{";
      return;
    }
    handler_.KeepTexts();
    for (const FieldInfo& info : AllFields()) absl::StrAppend(&header_, header_.empty() ? "" : ",", info.name);
    empty_carry_.assign(AllFields().size() - 1, ',');
  }

  Got Next(v1::MeterRecordSubmission* record, InputLine* line) override;
  absl::string_view header() const override { return header_; }
  absl::string_view empty_carry() const override { return empty_carry_; }

 private:
  // Why the text is no object, or empty.
  std::string Parse(absl::string_view text);
  absl::string_view Carry(absl::string_view text);

  csv::LineReader lines_;
  const Format output_;
  RecordHandler handler_;
  rapidjson::Reader reader_;
  std::string text_;  // a copy of the line, which RapidJSON decodes in place
  std::string carry_;
  std::string header_;
  std::string empty_carry_;
};

RecordSource::Got JsonRecordSource::Next(v1::MeterRecordSubmission* record, InputLine* line) {
  line->error.clear();
  line->carry = empty_carry_;
  for (;;) {
    const csv::LineReader::Result result = lines_.Next();
    line->number = lines_.line();
    line->offset = lines_.offset();
    const auto at_line = [&](absl::string_view what) { return absl::StrCat("line ", line->number, ": ", what); };
    switch (result) {
      case csv::LineReader::Result::kEnd:
        return Got::kEnd;
      case csv::LineReader::Result::kReadError:
        line->error = at_line("the input cannot be read further");
        return Got::kReadError;
      case csv::LineReader::Result::kTooLong:
        line->error = at_line(absl::StrCat("the line is longer than ", kMaxLineBytes,
                                           " bytes; is the file JSON lines, with an object on each line?"));
        return Got::kBadLine;
      case csv::LineReader::Result::kLine:
        break;
    }
    const absl::string_view text = absl::StripAsciiWhitespace(lines_.text());
    if (text.empty()) continue;
    record->Clear();
    handler_.Reset(record);
    const std::string fault = Parse(text);
    if (!fault.empty()) {
      line->error = at_line(fault);
      return Got::kBadLine;
    }
    line->carry = Carry(text);
    if (handler_.faults().empty()) return Got::kRecord;
    line->error = at_line(handler_.faults());
    return Got::kBadLine;
  }
}

std::string JsonRecordSource::Parse(absl::string_view text) {
  if (!IsUtf8(text)) return "the text is not UTF-8; convert the file to UTF-8";
  text_.assign(text.data(), text.size());
  rapidjson::InsituStringStream stream(&text_[0]);
  const rapidjson::ParseResult result =
      reader_.Parse<rapidjson::kParseInsituFlag | rapidjson::kParseNumbersAsStringsFlag>(stream, handler_);
  if (handler_.too_deep()) return absl::StrCat("the JSON is nested more than ", kDeepest, " levels deep");
  if (result.IsError()) {
    return absl::StrCat("not JSON: ", rapidjson::GetParseError_En(result.Code()), " (at character ",
                        result.Offset() + 1, ")");
  }
  // RapidJSON takes a NUL for the end.
  if (memchr(text.data(), '\0', text.size()) != nullptr) return "not JSON: the line holds a NUL character";
  if (!handler_.is_object()) return "not a JSON object with a record's fields";
  return "";
}

absl::string_view JsonRecordSource::Carry(absl::string_view text) {
  if (output_ == Format::kJsonLines) {
    text.remove_suffix(1);  // the closing brace
    return absl::StripTrailingAsciiWhitespace(text);
  }
  carry_.clear();
  handler_.AppendCsv(&carry_);
  return carry_;
}

}  // namespace

std::unique_ptr<RecordSource> OpenJsonLines(std::istream* stream, Format output) {
  return std::make_unique<JsonRecordSource>(stream, output);
}

}  // namespace costs::cli
