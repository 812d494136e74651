#include "client/onramp/espi.h"

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace costs::onramp {
namespace {

// START-END DIRECTION VALUE UNITS CONFIDENCE, or the error.
std::string Told(const Converted& converted) {
  if (!converted.error.empty()) return converted.error;
  const v1::MeterRecordSubmission& record = converted.record;
  EXPECT_EQ(record.location_id(), "loc_1");
  EXPECT_EQ(record.device_id(), "dev_1");
  return absl::StrCat(record.start_time().seconds(), "-", record.end_time().seconds(), " ",
                      v1::Direction::Value_Name(record.direction()), " ", record.value(), " ",
                      v1::Units::Value_Name(record.units()),
                      record.has_confidence() ? absl::StrCat(" ", record.confidence()) : "");
}

std::vector<std::string> Read(const std::string& feed, absl::Status* status = nullptr) {
  std::istringstream stream(feed);
  ConvertedRecords converted;
  const absl::Status read = ReadEspi(&stream, {"loc_1", "dev_1"}, &converted);
  if (status != nullptr) {
    *status = read;
  } else {
    EXPECT_TRUE(read.ok()) << read;
  }
  std::vector<std::string> told;
  for (const Converted& one : converted) told.push_back(Told(one));
  return told;
}

std::string Feed(const std::string& type, const std::string& readings) {
  return absl::StrCat("<feed><entry><content><ReadingType>", type, "</ReadingType></content></entry>",
                      "<entry><content><IntervalBlock>\n", readings, "</IntervalBlock></content></entry></feed>");
}

std::string Reading(int64_t start, const std::string& value, const std::string& more = "") {
  return absl::StrCat("<IntervalReading>", more, "<timePeriod><duration>900</duration><start>", start,
                      "</start></timePeriod><value>", value, "</value></IntervalReading>\n");
}

TEST(ReadEspi, Links_LeadToTheReadingTypes) {
  std::ifstream file("client/onramp/testdata/green_button.xml");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(Read(text.str()),
            (std::vector<std::string>{"1643709600-1643713200 IMPORT 282 WH", "1643713200-1643716800 IMPORT 323 WH 0.8",
                                      "1643709600-1643710500 EXPORT 15000 W",
                                      "line 54: the value is below 0, and flowDirection is not 4 (net)"}));
}

TEST(ReadEspi, Types_SayHowValuesAreRead) {
  const struct {
    const char* type;
    std::vector<std::string> told;
  } cases[] = {
      {"<uom>72</uom>", {"0-900 IMPORT 5 WH", "900-1800 IMPORT 7 WH"}},
      {"<uom>72</uom><powerOfTenMultiplier>-1</powerOfTenMultiplier>",
       {"0-900 IMPORT 0.5 WH", "900-1800 IMPORT 0.7 WH"}},
      {"<uom>72</uom><powerOfTenMultiplier>6</powerOfTenMultiplier><flowDirection>19</flowDirection>",
       {"0-900 EXPORT 5e+06 WH", "900-1800 EXPORT 7e+06 WH"}},
      {"<uom>38</uom><accumulationBehaviour>12</accumulationBehaviour>", {"0-900 IMPORT 5 W", "900-1800 IMPORT 7 W"}},
      // A register: the difference, from one reading to the next.
      {"<uom>72</uom><accumulationBehaviour>3</accumulationBehaviour>", {"0-900 IMPORT 2 WH"}},
      {"<uom>169</uom>", {"line 2: uom 169 is neither 72 (Wh) nor 38 (W)"}},
      {"<uom>72</uom><commodity>7</commodity>", {"line 1: commodity 7 is no electricity"}},
      {"<uom>72</uom><powerOfTenMultiplier>x</powerOfTenMultiplier>",
       {"line 1: powerOfTenMultiplier x is no whole number from -12 to 12"}},
      {"<uom>72</uom><flowDirection>2</flowDirection>",
       {"line 1: flowDirection 2 is none of 1 (forward), 4 (net) and 19 (reverse)"}},
      {"<uom>72</uom><accumulationBehaviour>9</accumulationBehaviour>",
       {"line 1: accumulationBehaviour 9 is none of 1, 3 (registers), 4 (delta) and 12"}},
      {"<uom>38</uom><accumulationBehaviour>1</accumulationBehaviour>",
       {"line 1: a register (accumulationBehaviour 1 or 3) has no uom 38 (W)"}},
  };
  for (const auto& c : cases) {
    std::vector<std::string> told = Read(Feed(c.type, Reading(0, "5") + Reading(900, "7")));
    // Which line the block begins on is not what is tried here.
    if (told.size() == 1 && absl::StartsWith(told[0], "line ")) {
      EXPECT_EQ(told[0].substr(8), c.told[0].substr(8));
    } else {
      EXPECT_EQ(told, c.told) << c.type;
    }
  }
  const std::string net = "<uom>72</uom><flowDirection>4</flowDirection>";
  EXPECT_EQ(Read(Feed(net, Reading(0, "5") + Reading(900, "-7"))),
            (std::vector<std::string>{"0-900 IMPORT 5 WH", "900-1800 EXPORT 7 WH"}));
  EXPECT_EQ(Read(Feed("<uom>72</uom><accumulationBehaviour>1</accumulationBehaviour>",
                      Reading(0, "5") + Reading(900, "3") + Reading(1800, "4"))),
            (std::vector<std::string>{"line 3: the register runs backwards; it was reset, and is counted from here",
                                      "900-1800 IMPORT 1 WH"}));
}

TEST(ReadEspi, Qualities_BecomeConfidences) {
  const auto quality = [](const std::string& code) {
    return absl::StrCat("<ReadingQuality><quality>", code, "</quality></ReadingQuality>");
  };
  const struct {
    std::string qualities;
    const char* told;
  } cases[] = {
      {quality("0"), "0-900 IMPORT 5 WH"},
      {quality("17"), "0-900 IMPORT 5 WH"},
      {quality("9"), "0-900 IMPORT 5 WH 0.8"},
      {quality("12"), "0-900 IMPORT 5 WH 0.5"},
      {quality("19") + quality("13"), "0-900 IMPORT 5 WH 0.8"},
      {quality("99"), "line 2: quality 99 is none of ESPI's"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Read(Feed("<uom>72</uom>", Reading(0, "5", c.qualities))), std::vector<std::string>{c.told});
  }
  // Of the whole block, unless a reading has its own.
  EXPECT_EQ(Read(Feed("<uom>72</uom>", quality("8") + "\n" + Reading(0, "5") + Reading(900, "6", quality("0")))),
            (std::vector<std::string>{"0-900 IMPORT 5 WH 0.8", "900-1800 IMPORT 6 WH"}));
}

TEST(ReadEspi, ReadingsThatAreWrong_AreErrorsByThemselves) {
  const std::string type = "<uom>72</uom>";
  EXPECT_EQ(Read(Feed(type, Reading(0, "x") + Reading(-1, "1") + Reading(900, "2"))),
            (std::vector<std::string>{"line 2: value x is no number up to 10^18",
                                      "line 3: start -1 is no second from 1970 to 2099", "900-1800 IMPORT 2 WH"}));
  EXPECT_EQ(Read(Feed(type, "<IntervalReading><value>1</value></IntervalReading>")),
            std::vector<std::string>{"line 2: start  is no second from 1970 to 2099"});
}

TEST(ReadEspi, WhatIsNoFeed_IsRefused) {
  absl::Status status;
  EXPECT_TRUE(Read("{}", &status).empty());
  EXPECT_TRUE(absl::StartsWith(status.message(), "line 1: not XML: ")) << status;
  EXPECT_TRUE(Read("<a><b/></a>", &status).empty());
  EXPECT_EQ(status.message(), "has no IntervalBlock; a feed of Green Button is expected");
  EXPECT_TRUE(Read("<feed><entry><IntervalReading/></entry></feed>", &status).empty());
  EXPECT_EQ(status.message(), "line 1: an IntervalReading stands outside of an IntervalBlock");
  EXPECT_TRUE(Read("<!DOCTYPE a [<!ENTITY b 'c'>]><feed>&b;</feed>", &status).empty());
  EXPECT_FALSE(status.ok());
  // Two types, and no link.
  const std::string types = "<ReadingType><uom>72</uom></ReadingType>";
  EXPECT_EQ(Read(absl::StrCat("<feed><entry>", types, "</entry><entry>", types, "</entry><entry><IntervalBlock>",
                              Reading(0, "1"), "</IntervalBlock></entry></feed>")),
            std::vector<std::string>{"line 1: no ReadingType is linked to the IntervalBlock's MeterReading"});
}

}  // namespace
}  // namespace costs::onramp
