#include "client/onramp/ocpp.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"

namespace costs::onramp {
namespace {

using google::protobuf::util::TimeUtil;

std::string Told(const Converted& converted) {
  if (!converted.error.empty()) return converted.error;
  const v1::MeterRecordSubmission& record = converted.record;
  EXPECT_EQ(record.location_id(), "loc_1");
  const std::string start = TimeUtil::ToString(record.start_time());
  const std::string end = TimeUtil::ToString(record.end_time());
  return absl::StrCat(start.substr(11), "-", end.substr(11), " ", v1::Direction::Value_Name(record.direction()), " ",
                      record.value(), " ", v1::Units::Value_Name(record.units()),
                      record.session_reference_id().empty() ? "" : absl::StrCat(" of ", record.session_reference_id()));
}

std::vector<std::string> Read(const std::vector<std::string>& messages,
                              OcppMeasurand measurand = OcppMeasurand::kRegister) {
  OcppReader reader({{"loc_1", ""}, measurand});
  ConvertedRecords converted;
  int64_t line = 0;
  for (const std::string& message : messages) reader.Read(message, ++line, &converted);
  std::vector<std::string> told;
  for (const Converted& one : converted) told.push_back(Told(one));
  return told;
}

using Lines = std::vector<std::string>;

// A meter value of 1.6 with these samples.
std::string Values(const std::string& time, const std::string& samples) {
  return absl::StrCat(R"({"timestamp":"2024-05-01T)", time, R"(Z","sampledValue":[)", samples, "]}");
}

std::string MeterValues(const std::string& values, const std::string& more = R"("connectorId":1)") {
  return absl::StrCat(R"([2,"19223201","MeterValues",{)", more, R"(,"meterValue":[)", values, "]}]");
}

TEST(OcppReader, Registers16_AreDifferenced) {
  EXPECT_EQ(Read({MeterValues(Values("10:00:00", R"({"value":"1000"})")),
                  MeterValues(Values("10:15:00", R"({"value":"1850.5","unit":"Wh","context":"Sample.Periodic"})")),
                  MeterValues(Values("10:30:00", R"({"value":"2.1","unit":"kWh"})") + "," +
                              Values("10:45:00", R"({"value":"2100","measurand":"Energy.Active.Import.Register"})"))}),
            (Lines{"10:00:00Z-10:15:00Z IMPORT 850.5 WH", "10:15:00Z-10:30:00Z IMPORT 249.5 WH",
                   "10:30:00Z-10:45:00Z IMPORT 0 WH"}));
}

TEST(OcppReader, Connectors_AreByThemselves) {
  EXPECT_EQ(Read({MeterValues(Values("10:00:00", R"({"value":"10"})")),
                  MeterValues(Values("10:00:00", R"({"value":"500"})"), R"("connectorId":2)"),
                  MeterValues(Values("10:10:00", R"({"value":"510"})"), R"("connectorId":2)"),
                  MeterValues(Values("10:20:00", R"({"value":"13"})"))}),
            (Lines{"10:00:00Z-10:10:00Z IMPORT 10 WH", "10:00:00Z-10:20:00Z IMPORT 3 WH"}));
}

TEST(OcppReader, Transactions_BecomeSessions) {
  const std::string in = R"("connectorId":1,"transactionId":77)";
  EXPECT_EQ(Read({MeterValues(Values("09:00:00", R"({"value":"100"})")),
                  MeterValues(Values("10:00:00", R"({"value":"100","context":"Transaction.Begin"})"), in),
                  MeterValues(Values("10:15:00", R"({"value":"200"})"), in),
                  R"([2,"x","StopTransaction",{"meterStop":300,"timestamp":"2024-05-01T10:20:00Z","transactionId":77,)"
                  R"("transactionData":[{"timestamp":"2024-05-01T10:18:00Z","sampledValue":[{"value":"280"}]}]}])",
                  MeterValues(Values("11:00:00", R"({"value":"300"})"))}),
            (Lines{"09:00:00Z-10:00:00Z IMPORT 0 WH", "10:00:00Z-10:15:00Z IMPORT 100 WH of 77",
                   "10:15:00Z-10:18:00Z IMPORT 80 WH of 77", "10:18:00Z-10:20:00Z IMPORT 20 WH of 77",
                   "10:20:00Z-11:00:00Z IMPORT 0 WH"}));
  EXPECT_EQ(Read({R"({"meterStop":300,"timestamp":"2024-05-01T10:20:00Z","transactionId":8})"}),
            (Lines{"line 1: transaction 8 has no meter values before its end, so that its connector is not known"}));
}

TEST(OcppReader, TransactionEvents201_BecomeSessions) {
  const auto event = [](const char* type, const char* evse, const std::string& time, const char* value) {
    return absl::StrCat(
        R"([2,"1","TransactionEvent",{"eventType":")", type, R"(","timestamp":"2024-05-01T)", time,
        R"(Z","triggerReason":"MeterValuePeriodic","seqNo":1,"transactionInfo":{"transactionId":"tx-1"})", evse,
        R"(,"meterValue":[{"timestamp":"2024-05-01T)", time, R"(Z","sampledValue":[{"value":)", value,
        R"(,"unitOfMeasure":{"unit":"Wh","multiplier":3}}]}]}])");
  };
  EXPECT_EQ(
      Read(
          {event("Started", R"(,"evse":{"id":1,"connectorId":1})", "10:00:00", "12.5"),
           event("Updated", "", "10:10:00.5", "13.5"), event("Ended", "", "10:20:00", "13.75"),
           R"({"evseId":1,"meterValue":[{"timestamp":"2024-05-01T12:20:00+01:00","sampledValue":[{"value":14000}]}]})"}),
      (Lines{"10:00:00Z-10:10:00.500Z IMPORT 1000 WH of tx-1", "10:10:00.500Z-10:20:00Z IMPORT 250 WH of tx-1",
             "10:20:00Z-11:20:00Z IMPORT 250 WH"}));
}

TEST(OcppReader, Phases_AreAddedUpWhereThereIsNoTotal) {
  const auto phase = [](const char* name, int value) {
    return absl::StrCat(R"({"value":")", value, R"(","phase":")", name, R"("})");
  };
  EXPECT_EQ(Read({MeterValues(Values("10:00:00", phase("L1", 1) + "," + phase("L2", 2) + "," + phase("L3-N", 3))),
                  MeterValues(Values("10:10:00", phase("L1", 11) + "," + phase("L2", 22) + "," + phase("L3-N", 33) +
                                                     "," + phase("L1-L2", 999) + "," + phase("N", 999)))}),
            (Lines{"10:00:00Z-10:10:00Z IMPORT 60 WH"}));
  EXPECT_EQ(Read({MeterValues(Values("10:00:00", phase("L1", 1) + R"(,{"value":"5"})")),
                  MeterValues(Values("10:10:00", phase("L1", 999) + R"(,{"value":"7"})"))}),
            (Lines{"10:00:00Z-10:10:00Z IMPORT 2 WH"}));
}

TEST(OcppReader, Measurands_AreTheAskedOnes) {
  const std::string samples =
      R"({"value":"10","measurand":"Energy.Active.Import.Interval"},{"value":"3","measurand":"Energy.Active.Export.Interval"},)"
      R"({"value":"7.2","measurand":"Power.Active.Import","unit":"kW"},{"value":"230","measurand":"Voltage","unit":"V"},)"
      R"({"value":"50","measurand":"Energy.Active.Export.Register"},{"value":"9","measurand":"Energy.Reactive.Import.Register","unit":"varh"})";
  const std::string later =
      R"({"value":"12","measurand":"Energy.Active.Import.Interval"},{"value":"4","measurand":"Energy.Active.Export.Interval"},)"
      R"({"value":"0","measurand":"Power.Active.Import","unit":"W"},{"value":"61","measurand":"Energy.Active.Export.Register"})";
  const Lines messages = {MeterValues(Values("10:00:00", samples)), MeterValues(Values("10:10:00", later))};
  EXPECT_EQ(Read(messages), (Lines{"10:00:00Z-10:10:00Z EXPORT 11 WH"}));
  EXPECT_EQ(Read(messages, OcppMeasurand::kInterval),
            (Lines{"10:00:00Z-10:10:00Z IMPORT 12 WH", "10:00:00Z-10:10:00Z EXPORT 4 WH"}));
  EXPECT_EQ(Read(messages, OcppMeasurand::kPower), (Lines{"10:00:00Z-10:10:00Z IMPORT 7200 W"}));
}

TEST(OcppReader, Locations_OutletBeforeInlet) {
  const auto at = [](const char* location, int value) {
    return absl::StrCat(R"({"value":")", value, R"(","location":")", location, R"("})");
  };
  EXPECT_EQ(Read({MeterValues(Values("10:00:00", at("Inlet", 1) + "," + at("Outlet", 2) + "," + at("Body", 3))),
                  MeterValues(Values("10:10:00", at("Inlet", 11) + "," + at("Outlet", 7)))}),
            (Lines{"10:00:00Z-10:10:00Z IMPORT 5 WH"}));
  EXPECT_EQ(Read({MeterValues(Values("10:00:00", at("Inlet", 1))), MeterValues(Values("10:10:00", at("Inlet", 3)))}),
            (Lines{"10:00:00Z-10:10:00Z IMPORT 2 WH"}));
}

TEST(OcppReader, ResetsAndTimesThatRunBackwards_AreTold) {
  EXPECT_EQ(
      Read({MeterValues(Values("10:00:00", R"({"value":"100"})")), MeterValues(Values("10:10:00", R"({"value":"5"})")),
            MeterValues(Values("10:20:00", R"({"value":"8"})")), MeterValues(Values("10:15:00", R"({"value":"9"})")),
            MeterValues(Values("10:20:00", R"({"value":"8"})")), MeterValues(Values("10:30:00", R"({"value":"10"})"))}),
      (Lines{"line 2: connector 1 Outlet: the register runs backwards; it was reset, and is counted from here",
             "10:10:00Z-10:20:00Z IMPORT 3 WH",
             "line 4: connector 1 Outlet: the reading's timestamp is not behind the one before; it was left out",
             "10:20:00Z-10:30:00Z IMPORT 2 WH"}));
}

TEST(OcppReader, OtherMessages_ArePassedOver) {
  EXPECT_TRUE(Read({R"([3,"19223201",{"currentTime":"2024-05-01T10:00:00Z"}])", R"([4,"1","InternalError","",{}])",
                    R"([2,"1","Heartbeat",{}])", R"([2,"1","StartTransaction",{"connectorId":1,"meterStart":5}])"})
                  .empty());
}

TEST(OcppReader, WhatIsWrong_IsTold) {
  const auto one = [](const std::string& message) {
    const Lines told = Read({message});
    return told.size() == 1 ? told[0] : absl::StrCat(told.size(), " lines");
  };
  EXPECT_EQ(one("nonsense"), "line 1: not JSON: Invalid value. (at character 2)");
  EXPECT_EQ(one("5"), "line 1: neither an OCPP message ([2, id, action, payload]) nor a payload");
  EXPECT_EQ(one("{}"), "line 1: has none of meterValue, transactionInfo and meterStop");
  EXPECT_EQ(one(R"([2,"1","MeterValues"])"), "line 1: a call of OCPP is [2, id, action, payload]");
  EXPECT_EQ(one(MeterValues(R"({"timestamp":"2024-05-01T10:00:00Z"})")), "line 1: a meterValue has no sampledValue");
  EXPECT_EQ(one(MeterValues(R"({"timestamp":"yesterday","sampledValue":[]})")).substr(0, 27),
            "line 1: timestamp: yesterda");
  const auto sample = [&](const std::string& fields) {
    return one(MeterValues(Values("10:00:00", absl::StrCat("{", fields, "}"))));
  };
  EXPECT_EQ(sample(R"("value":"x")"), "line 1: value: x must be a number up to 10^18");
  EXPECT_EQ(sample(R"("value":"1","unit":"MWh")"), "line 1: unit: MWh must be Wh or kWh");
  EXPECT_EQ(sample(R"("value":"AA==","format":"SignedData")"),
            "line 1: a value of format SignedData cannot be read; have the station send Raw ones, too");
  EXPECT_EQ(sample(R"("value":1,"unitOfMeasure":{"multiplier":1.5})"),
            "line 1: multiplier: 1.5 must be a small whole number");
  EXPECT_EQ(one("\xff"), "line 1: the text is not UTF-8");
  EXPECT_EQ(one(R"({"transactionInfo":{"transactionId":"\udc00"},"eventType":"Started"})"),
            "line 1: transactionId has half of a surrogate pair; write the character itself or both its \\u escapes");
}

}  // namespace
}  // namespace costs::onramp
