// CSV in: OpenCsv() of record_source.h.

#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/json_text.h"
#include "client/cli/record_fields.h"
#include "client/cli/record_source.h"
#include "client/utf8.h"
#include "service/csv/csv_reader.h"

namespace costs::cli {
namespace {

constexpr absl::string_view kNotUtf8 = "the text is not UTF-8; convert the file to UTF-8";

struct Column {
  std::string name;
  std::optional<Field> field;  // none: only carried
};

csv::CsvReader::Options ReaderOptions() {
  csv::CsvReader::Options options;
  options.max_row_bytes = kMaxLineBytes;
  return options;
}

class CsvRecordSource : public RecordSource {
 public:
  CsvRecordSource(std::istream* stream, Format output) : reader_(stream, ReaderOptions()), output_(output) {}

  absl::Status ReadHeader();
  Got Next(v1::MeterRecordSubmission* record, InputLine* line) override;
  absl::string_view header() const override { return header_; }
  absl::string_view empty_carry() const override { return empty_carry_; }

 private:
  absl::Status CheckColumns(int64_t line) const;
  Got BadLine(absl::string_view carry, std::string error, InputLine* line) const;
  absl::string_view Carry();
  absl::string_view WrittenAnew();
  absl::string_view AsJson();

  csv::CsvReader reader_;
  const Format output_;
  csv::CsvRow row_;
  std::vector<Column> columns_;
  std::string header_;
  std::string empty_carry_;
  std::string carry_;  // where it is not the row as written
};

absl::Status CsvRecordSource::ReadHeader() {
  absl::StatusOr<bool> more = reader_.Next(&row_);
  if (!more.ok()) return more.status();
  if (output_ == Format::kJsonLines) empty_carry_ = "{";
  if (!*more) return absl::OkStatus();
  if (!IsUtf8(row_.raw)) return absl::InvalidArgumentError(absl::StrCat("line ", row_.line, ": ", kNotUtf8));
  for (absl::string_view name : row_.fields) columns_.push_back({std::string(name), FindField(name)});
  header_ = std::string(row_.raw);
  if (output_ == Format::kCsv) empty_carry_.assign(columns_.size() - 1, ',');
  return CheckColumns(row_.line);
}

absl::Status CsvRecordSource::CheckColumns(int64_t line) const {
  std::vector<absl::string_view> names;
  for (const Column& column : columns_) names.push_back(column.name);
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (names[i] == names[j]) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", line, ": the column \"", names[i], "\" stands in the header twice; rename one"));
      }
    }
    if (IsOutputColumn(names[i])) {
      return absl::InvalidArgumentError(absl::StrCat("line ", line, ": the output adds a column \"", names[i],
                                                     "\" of its own; rename or remove the input's"));
    }
  }
  std::vector<absl::string_view> required;
  std::vector<absl::string_view> missing;
  for (const FieldInfo& info : AllFields()) {
    if (!info.required) continue;
    required.push_back(info.name);
    if (!absl::c_linear_search(names, info.name)) missing.push_back(info.name);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("line ", line, ": the header lacks ", absl::StrJoin(missing, ", "),
                                                 "; it must name ", absl::StrJoin(required, ", "), ", but it names ",
                                                 absl::StrJoin(names, ", ")));
}

RecordSource::Got CsvRecordSource::BadLine(absl::string_view carry, std::string error, InputLine* line) const {
  line->carry = carry;
  line->error = std::move(error);
  return Got::kBadLine;
}

RecordSource::Got CsvRecordSource::Next(v1::MeterRecordSubmission* record, InputLine* line) {
  line->error.clear();
  if (columns_.empty()) return Got::kEnd;  // not even a header
  absl::StatusOr<bool> more = reader_.Next(&row_);
  line->number = row_.line;
  line->offset = reader_.offset();
  if (!more.ok()) {
    if (reader_.failed()) {
      line->error = std::string(more.status().message());
      return Got::kReadError;
    }
    return BadLine(empty_carry_, std::string(more.status().message()), line);
  }
  if (!*more) return Got::kEnd;
  const auto at_line = [&](absl::string_view what) { return absl::StrCat("line ", row_.line, ": ", what); };
  if (!IsUtf8(row_.raw)) return BadLine(empty_carry_, at_line(kNotUtf8), line);
  if (row_.fields.size() != columns_.size()) {
    const size_t found = row_.fields.size();
    return BadLine(WrittenAnew(), at_line(absl::StrCat("the row has ", found, " fields, the header ", columns_.size())),
                   line);
  }
  record->Clear();
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].field.has_value()) continue;
    absl::Status status = SetFieldFromText(*columns_[i].field, row_.fields[i], record);
    if (status.ok()) continue;
    absl::StrAppend(&line->error, line->error.empty() ? at_line("") : "; ", status.message());
  }
  line->carry = Carry();
  return line->error.empty() ? Got::kRecord : Got::kBadLine;
}

absl::string_view CsvRecordSource::Carry() { return output_ == Format::kCsv ? row_.raw : AsJson(); }

// As many columns as the header has.
absl::string_view CsvRecordSource::WrittenAnew() {
  row_.fields.resize(columns_.size());
  if (output_ == Format::kJsonLines) return AsJson();
  carry_.clear();
  for (size_t i = 0; i < row_.fields.size(); ++i) {
    if (i > 0) carry_.push_back(',');
    csv::AppendCsvField(row_.fields[i], &carry_);
  }
  return carry_;
}

absl::string_view CsvRecordSource::AsJson() {
  carry_ = "{";
  for (size_t i = 0; i < columns_.size(); ++i) {
    const absl::string_view text = row_.fields[i];
    if (text.empty()) continue;
    if (carry_.size() > 1) carry_.push_back(',');
    AppendJsonString(columns_[i].name, &carry_);
    carry_.push_back(':');
    const FieldKind kind = columns_[i].field.has_value() ? InfoOf(*columns_[i].field).kind : FieldKind::kText;
    if ((kind == FieldKind::kNumber && IsJsonNumber(text)) ||
        (kind == FieldKind::kBoolean && (text == "true" || text == "false"))) {
      carry_.append(text.data(), text.size());
    } else {
      AppendJsonString(text, &carry_);
    }
  }
  return carry_;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RecordSource>> OpenCsv(std::istream* stream, Format output) {
  auto source = std::make_unique<CsvRecordSource>(stream, output);
  absl::Status status = source->ReadHeader();
  if (!status.ok()) return status;
  return std::unique_ptr<RecordSource>(std::move(source));
}

}  // namespace costs::cli
