#include "client/cli/record_sink.h"

#include <string>

#include "gtest/gtest.h"

namespace costs::cli {
namespace {

v1::MeterRecord Priced() {
  v1::MeterRecord record;
  record.set_id("mre_0123456789abcdef01234567");
  record.mutable_data()->mutable_energy()->set_value(10284);
  record.mutable_data()->mutable_tariff()->set_value(928.372);
  record.mutable_data()->mutable_tariff()->set_confidence(1);
  record.mutable_data()->mutable_carbon()->set_value(35.24);
  record.mutable_data()->mutable_carbon()->set_confidence(0.8);
  return record;
}

std::string Result(Format format, absl::string_view carry, const v1::MeterRecord& record) {
  std::string out;
  MakeRecordSink(format)->AppendResult(carry, record, &out);
  return out;
}

std::string Error(Format format, absl::string_view carry, absl::string_view error) {
  std::string out;
  MakeRecordSink(format)->AppendError(carry, error, &out);
  return out;
}

TEST(CsvSink, Lines_HaveAsManyColumnsAsTheHeader) {
  std::string header;
  MakeRecordSink(Format::kCsv)->AppendHeader("a,b", &header);
  EXPECT_EQ(header, "a,b,energy_wh,cost,cost_confidence,carbon_g,carbon_confidence,record_id,error\n");
  EXPECT_EQ(Result(Format::kCsv, "1,2", Priced()), "1,2,10284,928.372,1,35.24,0.8,mre_0123456789abcdef01234567,\n");
  EXPECT_EQ(Error(Format::kCsv, "1,2", "line 2: say \"hi\", twice"), "1,2,,,,,,,\"line 2: say \"\"hi\"\", twice\"\n");
  EXPECT_EQ(Error(Format::kCsv, ",", "line 2: x"), ",,,,,,,,line 2: x\n");
}

TEST(CsvSink, HeaderOfAnEmptyInput_IsTheFiguresOnly) {
  std::string header;
  MakeRecordSink(Format::kCsv)->AppendHeader("", &header);
  EXPECT_EQ(header, "energy_wh,cost,cost_confidence,carbon_g,carbon_confidence,record_id,error\n");
}

TEST(CsvSink, FiguresThatAreNotThere_AreEmpty) {
  v1::MeterRecord record = Priced();
  record.mutable_data()->clear_tariff();
  EXPECT_EQ(Result(Format::kCsv, "1", record), "1,10284,,,35.24,0.8,mre_0123456789abcdef01234567,\n");
  record.mutable_data()->clear_carbon();
  record.clear_id();
  EXPECT_EQ(Result(Format::kCsv, "1", record), "1,10284,,,,,,\n");
}

TEST(CsvSink, Figures_AreExactAndWithoutExponent) {
  v1::MeterRecord record = Priced();
  record.mutable_data()->mutable_energy()->set_value(8.8e15);
  record.mutable_data()->mutable_tariff()->set_value(-0.000001);
  record.mutable_data()->mutable_carbon()->set_value(123456789012.345);
  EXPECT_EQ(Result(Format::kCsv, "1", record),
            "1,8800000000000000,-0.000001,1,123456789012.345,0.8,mre_0123456789abcdef01234567,\n");
  record.mutable_data()->mutable_tariff()->set_value(0.1 + 0.2);
  record.mutable_data()->mutable_carbon()->set_value(0);
  EXPECT_EQ(Result(Format::kCsv, "1", record), "1,8800000000000000,0.3,1,0,0.8,mre_0123456789abcdef01234567,\n");
}

TEST(JsonLinesSink, Lines_AreTheInputsObjectWithTheFigures) {
  std::string header;
  MakeRecordSink(Format::kJsonLines)->AppendHeader("", &header);
  EXPECT_EQ(header, "");
  EXPECT_EQ(Result(Format::kJsonLines, R"({"a":1)", Priced()),
            R"({"a":1,"energy_wh":10284,"cost":928.372,"cost_confidence":1,"carbon_g":35.24,"carbon_confidence":0.8,)"
            R"("record_id":"mre_0123456789abcdef01234567"})"
            "\n");
  EXPECT_EQ(Error(Format::kJsonLines, R"({"a":1)", "line 2: \"x\""), R"({"a":1,"error":"line 2: \"x\""})"
                                                                     "\n");
  EXPECT_EQ(Error(Format::kJsonLines, "{", "line 2"), "{\"error\":\"line 2\"}\n");
}

TEST(JsonLinesSink, FiguresThatAreNotThere_AreLeftOut) {
  v1::MeterRecord record = Priced();
  record.mutable_data()->clear_tariff();
  record.mutable_data()->clear_carbon();
  record.clear_id();
  EXPECT_EQ(Result(Format::kJsonLines, R"({"a":1)", record), "{\"a\":1,\"energy_wh\":10284}\n");
  record.clear_data();
  EXPECT_EQ(Result(Format::kJsonLines, "{", record), "{}\n");
  EXPECT_EQ(Result(Format::kJsonLines, R"({"a":1)", record), "{\"a\":1}\n");
}

}  // namespace
}  // namespace costs::cli
