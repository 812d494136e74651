#include "client/cli/record_source.h"

#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

using Got = RecordSource::Got;

struct Read {
  Got got;
  int64_t line;
  std::string carry;
  std::string error;
  v1::MeterRecordSubmission record;
};

std::vector<Read> ReadAll(RecordSource* source) {
  std::vector<Read> all;
  v1::MeterRecordSubmission record;
  InputLine line;
  for (;;) {
    const Got got = source->Next(&record, &line);
    if (got == Got::kEnd) return all;
    all.push_back({got, line.number, std::string(line.carry), line.error, record});
    if (got == Got::kReadError) return all;
  }
}

std::vector<Read> ReadCsv(const std::string& text, Format output = Format::kCsv) {
  std::istringstream stream(text);
  absl::StatusOr<std::unique_ptr<RecordSource>> source = OpenCsv(&stream, output);
  EXPECT_TRUE(source.ok()) << source.status();
  return source.ok() ? ReadAll(source->get()) : std::vector<Read>();
}

std::vector<Read> ReadJson(const std::string& text, Format output = Format::kJsonLines) {
  std::istringstream stream(text);
  return ReadAll(OpenJsonLines(&stream, output).get());
}

constexpr char kHeader[] = "location_id,value,units,start_time,end_time\n";
constexpr char kTimes[] = "2022-02-01T10:30:00Z,2022-02-01T11:00:00Z";
constexpr char kJsonRecord[] =
    R"({"location_id":"loc_1","value":20567,"units":"W","start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z"})";

TEST(OpenCsv, Record_IsReadAndCarriedAsWritten) {
  std::vector<Read> all = ReadCsv(absl::StrCat("note,", kHeader, "\"a, b\",loc_1,20567,W,", kTimes, "\r\n"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].got, Got::kRecord) << all[0].error;
  EXPECT_EQ(all[0].line, 2);
  EXPECT_EQ(all[0].carry, absl::StrCat("\"a, b\",loc_1,20567,W,", kTimes));
  EXPECT_EQ(all[0].record.location_id(), "loc_1");
  EXPECT_EQ(all[0].record.value(), 20567);
  EXPECT_EQ(all[0].record.units(), v1::Units::W);
  EXPECT_EQ(all[0].record.start_time().seconds(), 1'643'711'400);
  EXPECT_EQ(all[0].record.end_time().seconds(), 1'643'713'200);
  EXPECT_FALSE(all[0].record.has_confidence());
}

TEST(OpenCsv, OptionalColumns_AreReadInAnyOrder) {
  std::vector<Read> all = ReadCsv(
      absl::StrCat("confidence,direction,tariff_rate,device_id,session_reference_id,record_reference_id,measurand,"
                   "non_persistent,usage_before_wh,",
                   kHeader, "0.5,EXPORT,LOCAL,dev_1,s,r,TRANSFERRED,true,12,loc_1,1,KWH,", kTimes, "\n",
                   ",,,,,,,,,loc_2,2,WH,", kTimes));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].record.confidence(), 0.5);
  EXPECT_EQ(all[0].record.tariff_rate(), v1::TariffRate::LOCAL);
  EXPECT_TRUE(all[0].record.non_persistent());
  EXPECT_EQ(all[0].record.usage_before_wh(), 12);
  // Nothing of the first row is left in the second.
  EXPECT_EQ(all[1].got, Got::kRecord) << all[1].error;
  EXPECT_FALSE(all[1].record.has_confidence());
  EXPECT_EQ(all[1].record.device_id(), "");
  EXPECT_EQ(all[1].record.direction(), v1::Direction::UNSPECIFIED);
}

TEST(OpenCsv, BadRows_AreNumberedAndTheRestGoesOn) {
  std::vector<Read> all = ReadCsv(absl::StrCat(kHeader, "loc_1,abc,X,", kTimes, "\n",      // 2: two faults
                                               "loc_1,1\n",                                // 3: too few fields
                                               "loc_1,1,W,", kTimes, ",more\n",            // 4: too many
                                               "loc_1,1,W,\"oops,2022-02-01T11:00:00Z\n",  // 5: not CSV
                                               "loc_\xFC,1,W,", kTimes, "\n",              // 6: not UTF-8
                                               "loc_1,1,W,", kTimes, "\n"));               // 7: good
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all[0].error,
            "line 2: value: must be a number such as 20567 or 1.5, but is \"abc\"; units: must be W, KW, WH or KWH, "
            "but is \"X\"");
  EXPECT_EQ(all[0].carry, absl::StrCat("loc_1,abc,X,", kTimes));
  EXPECT_EQ(all[1].error, "line 3: the row has 2 fields, the header 5");
  EXPECT_EQ(all[1].carry, "loc_1,1,,,");
  EXPECT_EQ(all[2].error, "line 4: the row has 6 fields, the header 5");
  EXPECT_EQ(all[2].carry, absl::StrCat("loc_1,1,W,", kTimes));
  EXPECT_TRUE(absl::StartsWith(all[3].error, "line 5: a quoted field is not closed")) << all[3].error;
  EXPECT_EQ(all[3].carry, ",,,,");
  EXPECT_TRUE(absl::StartsWith(all[4].error, "line 6: the text is not UTF-8")) << all[4].error;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(all[i].got, Got::kBadLine);
  EXPECT_EQ(all[5].got, Got::kRecord);
  EXPECT_EQ(all[5].line, 7);
}

TEST(OpenCsv, JsonOut_CarriesTheColumnsAsJson) {
  std::vector<Read> all =
      ReadCsv(absl::StrCat("note,non_persistent,confidence,", kHeader, "\"say \"\"hi\"\"\",true,,loc_1,20567,W,",
                           kTimes, "\n,,,loc_1,.5,W,", kTimes, "\n\"oops\n"),
              Format::kJsonLines);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].carry,
            R"({"note":"say \"hi\"","non_persistent":true,"location_id":"loc_1","value":20567,"units":"W",)"
            R"("start_time":"2022-02-01T10:30:00Z","end_time":"2022-02-01T11:00:00Z")");
  EXPECT_TRUE(absl::StrContains(all[1].carry, R"("value":".5")")) << all[1].carry;
  EXPECT_EQ(all[2].carry, "{");
}

TEST(OpenCsv, WrongHeader_IsRefused) {
  const struct {
    const char* text;
    const char* message;
  } cases[] = {
      {"location_id,value,start_time,end_time\n",
       "line 1: the header lacks units; it must name location_id, value, units, start_time, end_time, but it names "
       "location_id, value, start_time, end_time"},
      {"location_id,value,units,start_time,end_time,value\n",
       "line 1: the column \"value\" stands in the header twice; rename one"},
      {"location_id,value,units,start_time,end_time,cost\n",
       "line 1: the output adds a column \"cost\" of its own; rename or remove the input's"},
      {"\"location_id\n", "line 1: a quoted field is not closed; add the closing quote"},
      {"location_id,\xFC\n", "line 1: the text is not UTF-8; convert the file to UTF-8"},
  };
  for (const auto& c : cases) {
    std::istringstream stream(c.text);
    absl::StatusOr<std::unique_ptr<RecordSource>> source = OpenCsv(&stream, Format::kCsv);
    EXPECT_EQ(source.status().code(), absl::StatusCode::kInvalidArgument) << c.text;
    EXPECT_EQ(source.status().message(), c.message);
  }
}

TEST(OpenCsv, NoRecords_IsNoError) {
  EXPECT_TRUE(ReadCsv("").empty());
  EXPECT_TRUE(ReadCsv(kHeader).empty());
  EXPECT_TRUE(ReadCsv(absl::StrCat(kHeader, "\n\n")).empty());
  EXPECT_TRUE(ReadCsv("", Format::kJsonLines).empty());
}

TEST(OpenCsv, StreamThatBreaks_IsAReadError) {
  struct Broken : std::streambuf {
    explicit Broken(std::string text) : text_(std::move(text)) { setg(&text_[0], &text_[0], &text_[0] + text_.size()); }
    int_type underflow() override { throw 1; }
    std::string text_;
  } broken(absl::StrCat(kHeader, "loc_1,1,W,", kTimes, "\n"));
  std::istream stream(&broken);
  absl::StatusOr<std::unique_ptr<RecordSource>> source = OpenCsv(&stream, Format::kCsv);
  ASSERT_TRUE(source.ok()) << source.status();
  std::vector<Read> all = ReadAll(source->get());
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].got, Got::kRecord);
  EXPECT_EQ(all[1].got, Got::kReadError);
  EXPECT_EQ(all[1].error, "line 3: the input cannot be read further");
}

TEST(OpenJsonLines, Record_IsReadAndCarriedAsWritten) {
  std::vector<Read> all = ReadJson(absl::StrCat("\n  ", kJsonRecord, " \r\n"));
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].got, Got::kRecord) << all[0].error;
  EXPECT_EQ(all[0].line, 2);
  const std::string record = kJsonRecord;
  EXPECT_EQ(all[0].carry, record.substr(0, record.size() - 1));
  EXPECT_EQ(all[0].record.location_id(), "loc_1");
  EXPECT_EQ(all[0].record.value(), 20567);
  EXPECT_EQ(all[0].record.end_time().seconds(), 1'643'713'200);
}

TEST(OpenJsonLines, UnknownFieldsAndNull_AreIgnored) {
  std::vector<Read> all = ReadJson(
      R"({"value":-1.25e2,"confidence":null,"extra":{"value":"x","units":[1,{"value":2}]},"location_id":"grün €"})");
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].got, Got::kRecord) << all[0].error;
  EXPECT_EQ(all[0].record.value(), -125);
  EXPECT_FALSE(all[0].record.has_confidence());
  EXPECT_EQ(all[0].record.location_id(), "grün €");
}

TEST(OpenJsonLines, BadLines_AreNumberedAndTheRestGoesOn) {
  const struct {
    std::string text;
    const char* error;
    const char* carry;
  } cases[] = {
      {R"({"value":"1","units":2,"non_persistent":"no"})",
       "line 1: value: must be a number, but is a string; units: must be a string, but is a number; non_persistent: "
       "must be true or false, but is a string",
       R"({"value":"1","units":2,"non_persistent":"no")"},
      {R"({"value":"null"})", "line 1: value: must be a number, but is a string", R"({"value":"null")"},
      {R"({"value":[1],"units":{}})",
       "line 1: value: must be a number, but is an array; units: must be a string, but is an object",
       R"({"value":[1],"units":{})"},
      {R"({"value":true})", "line 1: value: must be a number, but is true or false", R"({"value":true)"},
      {R"({"units":"X"})", "line 1: units: must be W, KW, WH or KWH, but is \"X\"", R"({"units":"X")"},
      {R"({"cost":1})", "line 1: cost: the output adds a field of this name; rename or remove the input's",
       R"({"cost":1)"},
      {R"([])", "line 1: not a JSON object with a record's fields", "{"},
      {R"("x")", "line 1: not a JSON object with a record's fields", "{"},
      {R"(null)", "line 1: not a JSON object with a record's fields", "{"},
      {"{\"units\":\"\xFC\"}", "line 1: the text is not UTF-8; convert the file to UTF-8", "{"},
      {R"({"record_reference_id":"\udc00"})",
       "line 1: record_reference_id: has half of a surrogate pair; write the character itself or both its \\u escapes",
       R"({"record_reference_id":"\udc00")"},
      {std::string("{}\0{}", 5), "line 1: not JSON: the line holds a NUL character", "{"},
      {std::string(100, '['), "line 1: the JSON is nested more than 64 levels deep", "{"},
  };
  for (const auto& c : cases) {
    std::vector<Read> all = ReadJson(absl::StrCat(c.text, "\n", kJsonRecord, "\n"));
    ASSERT_EQ(all.size(), 2u) << c.text;
    EXPECT_EQ(all[0].got, Got::kBadLine);
    EXPECT_EQ(all[0].error, c.error);
    EXPECT_EQ(all[0].carry, c.carry);
    EXPECT_EQ(all[1].got, Got::kRecord) << all[1].error;
    EXPECT_EQ(all[1].line, 2);
  }
}

TEST(OpenJsonLines, SyntaxErrors_SayWhere) {
  for (const char* text : {"{", "{\"value\":}", "{} {}", "{\"value\":1,}", "{'value':1}", "{\"value\":01}", "nul"}) {
    std::vector<Read> all = ReadJson(text);
    ASSERT_EQ(all.size(), 1u) << text;
    EXPECT_EQ(all[0].got, Got::kBadLine) << text;
    EXPECT_TRUE(absl::StartsWith(all[0].error, "line 1: not JSON: ")) << all[0].error;
    EXPECT_TRUE(absl::StrContains(all[0].error, "(at character ")) << all[0].error;
  }
}

TEST(OpenJsonLines, CsvOut_CarriesTheRecordsFields) {
  std::istringstream stream(
      R"({"units":"W","value":1.50,"session_reference_id":"a,\"b\"","extra":1,"non_persistent":false})");
  std::unique_ptr<RecordSource> source = OpenJsonLines(&stream, Format::kCsv);
  EXPECT_EQ(source->header(),
            "location_id,value,units,start_time,end_time,device_id,session_reference_id,record_reference_id,direction,"
            "tariff_rate,measurand,confidence,non_persistent,usage_before_wh");
  std::vector<Read> all = ReadAll(source.get());
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].got, Got::kRecord) << all[0].error;
  EXPECT_EQ(all[0].carry, R"(,1.50,W,,,,"a,""b""",,,,,,false,)");
}

TEST(OpenJsonLines, TooLongLine_CostsThatLine) {
  std::vector<Read> all = ReadJson(absl::StrCat("{\"x\":\"", std::string(kMaxLineBytes, 'x'), "\"}\n", kJsonRecord));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(absl::StartsWith(all[0].error, "line 1: the line is longer than 1048576 bytes")) << all[0].error;
  EXPECT_EQ(all[1].got, Got::kRecord);
}

}  // namespace
}  // namespace costs::cli
