// `costs rates` and `costs slots`: as functions, and as the program itself in a
// pipe and on a pseudo-terminal.
#include "client/cli/rates_command.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client/cli/slots_command.h"
#include "client/cli/testing/fake_tariffs_service.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

absl::Time At(const std::string& rfc3339) {
  absl::Time time;
  std::string fault;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &fault)) << fault;
  return time;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Ran {
  int code;
  std::string out;
  std::string err;
};

// `arguments` are the shell's.
Ran Costs(const std::string& arguments, const std::string& environment = "") {
  const std::string out = testing::TempDir() + "/out", err = testing::TempDir() + "/err";
  const int status = system(absl::StrCat(environment, " client/cli/costs ", arguments, " >", out, " 2>", err).c_str());
  return {WEXITSTATUS(status), ReadFile(out), ReadFile(err)};
}

// What the program writes on a terminal of so many columns; 0: it does not tell.
std::string OnTerminal(const std::string& arguments, const std::string& environment, uint16_t columns) {
  int terminal = -1;
  winsize size{};
  size.ws_col = columns;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", absl::StrCat(environment, " exec client/cli/costs ", arguments).c_str(), nullptr);
    _exit(127);
  }
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(terminal, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  close(terminal);
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0) << text;
  return text;
}

Ran Rates(const RatesOptions& options, const char* now, const FakeTariffsService& service) {
  std::ostringstream out, err;
  const ExitCode code = RunRates(options, At(now), service.NewStub().get(), &out, &err);
  return {code, out.str(), err.str()};
}

std::string PeriodOf(const v1::ListRatesRequest& request) {
  return absl::StrCat(Rfc3339(ToTime(request.start_time()), absl::UTCTimeZone()), " ",
                      Rfc3339(ToTime(request.end_time()), absl::UTCTimeZone()));
}

TEST(RunRates, Periods_AreTheLocationsDays) {
  const struct {
    const char* from;
    const char* to;
    const char* period;
    size_t calls;  // two where the location's zone is asked for
  } cases[] = {
      // It is already the 29th in London, and that day has 25 hours.
      {"", "", "2023-10-28T23:00:00Z 2023-10-30T00:00:00Z", 2},
      {"2023-10-29", "", "2023-10-28T23:00:00Z 2023-10-30T00:00:00Z", 2},
      {"2023-07-01", "2023-07-03", "2023-06-30T23:00:00Z 2023-07-02T23:00:00Z", 2},
      {"", "2023-07-03", "2023-07-01T23:00:00Z 2023-07-02T23:00:00Z", 2},
      {"2023-10-28T12:00:00Z", "", "2023-10-28T12:00:00Z 2023-10-29T12:00:00Z", 1},
      {"2023-10-28T12:00:00+02:00", "2023-10-28T11:00:00Z", "2023-10-28T10:00:00Z 2023-10-28T11:00:00Z", 1},
  };
  for (const auto& c : cases) {
    FakeTariffsService service;
    RatesOptions options;
    options.request.set_location_id("loc_1");
    if (*c.from != '\0') options.period.from = *ParseWhen(c.from);
    if (*c.to != '\0') options.period.to = *ParseWhen(c.to);
    const Ran ran = Rates(options, "2023-10-28T23:30:00Z", service);
    EXPECT_EQ(ran.code, kOk) << ran.err;
    ASSERT_EQ(service.listed().size(), c.calls);
    EXPECT_EQ(PeriodOf(service.listed().back()), c.period);
  }
}

TEST(RunRates, Refusal_IsFour) {
  FakeTariffsService service;
  RatesOptions options;
  options.request.set_location_id("loc_unknown");
  const Ran ran = Rates(options, "2023-10-28T23:30:00Z", service);
  EXPECT_EQ(ran.code, kServerRefused);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "costs: NOT_FOUND: there is no location loc_unknown\n");
}

TEST(CostsRates, Formats_AreChartTableCsvAndJson) {
  FakeTariffsService service;
  const std::string call = absl::StrCat("rates loc_1 --server=", service.address(),
                                        " --from=2023-07-01T10:00:00Z --to=2023-07-01T12:00:00Z ");
  Ran ran = Costs(call, "LC_ALL=C.UTF-8");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "loc_1, IMPORT, Europe/London\n"
            "price in GBP per kWh, carbon in gCO2eq per kWh; the bars are the price\n"
            "\n"
            "Sat 1 Jul 2023\n"
            "11:00  ███████████████████████████████████████    0.20  110  ◀ cheapest greenest\n"
            "12:00  █████████████████████████████████████████  0.21  111\n");
  ran = Costs(call, "LC_ALL=C");
  EXPECT_TRUE(absl::StrContains(ran.out, "11:00  ######")) << ran.out;
  ran = Costs(call + "--output=table");
  EXPECT_EQ(ran.out,
            "valid_from                 valid_to                   rate  rate_confidence  intensity  "
            "intensity_relative  intensity_confidence\n"
            "2023-07-01T11:00:00+01:00  2023-07-01T12:00:00+01:00  0.2   1                110        "
            "0                   1\n"
            "2023-07-01T12:00:00+01:00  2023-07-01T13:00:00+01:00  0.21  1                111        "
            "0                   1\n");
  ran = Costs(call + "--output csv");
  EXPECT_EQ(ran.out,
            "valid_from,valid_to,rate,rate_confidence,intensity,intensity_relative,intensity_confidence\n"
            "2023-07-01T11:00:00+01:00,2023-07-01T12:00:00+01:00,0.2,1,110,0,1\n"
            "2023-07-01T12:00:00+01:00,2023-07-01T13:00:00+01:00,0.21,1,111,0,1\n");
  ran = Costs(call + "--output=json");
  EXPECT_TRUE(absl::StartsWith(ran.out, "{\n \"location_id\": \"loc_1\",\n")) << ran.out;
}

TEST(CostsRates, Flags_ReachTheRequest) {
  FakeTariffsService service;
  const Ran ran = Costs(absl::StrCat("rates --server=", service.address(),
                                     " loc_1 --from=2023-07-01 --direction=export --resolution=30"
                                     " --usage-before-wh=1500.5 --no-tariff --carbon"));
  EXPECT_EQ(ran.code, 0) << ran.err;
  const v1::ListRatesRequest asked = service.listed().back();
  EXPECT_EQ(asked.location_id(), "loc_1");
  EXPECT_EQ(asked.direction(), v1::TariffRate::EXPORT);
  EXPECT_EQ(asked.resolution(), 30);
  EXPECT_EQ(asked.usage_before_wh(), 1500.5);
  EXPECT_TRUE(asked.has_include_tariff() && !asked.include_tariff());
  EXPECT_FALSE(asked.has_include_carbon());
  EXPECT_EQ(Costs(absl::StrCat("rates loc_1 --resolution=changes --server=", service.address())).code, 0);
  EXPECT_EQ(service.listed().back().resolution(), 0);
}

TEST(CostsSlots, Answer_IsATableCsvOrJson) {
  FakeTariffsService service;
  const std::string call = absl::StrCat("slots loc_1 --server=", service.address(),
                                        " --from=2023-10-29 --to=2023-10-30 --duration=1h30m --segment=green"
                                        " --contiguous ");
  Ran ran = Costs(call);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      "start_time                 end_time                   minutes  rate_avg  rate_confidence  intensity_avg"
      "  intensity_confidence\n"
      "2023-10-29T00:00:00+01:00  2023-10-29T01:30:00+01:00  90       0.125     1                -              -\n");
  const v1::FindSlotsRequest asked = service.found().back();
  EXPECT_EQ(asked.segment(), v1::SlotSegment::GREEN);
  EXPECT_EQ(asked.duration(), 90);
  EXPECT_TRUE(asked.contiguous());
  EXPECT_EQ(asked.end_time().seconds() - asked.start_time().seconds(), 25 * 3'600);
  EXPECT_EQ(Costs(call + "--output=csv").out,
            "start_time,end_time,minutes,rate_avg,rate_confidence,intensity_avg,intensity_confidence\n"
            "2023-10-29T00:00:00+01:00,2023-10-29T01:30:00+01:00,90,0.125,1,,\n");
  EXPECT_TRUE(absl::StartsWith(Costs(call + "--output=json").out, "{\n \"location_id\": \"loc_1\",\n"));
}

TEST(CostsSlots, Defaults_AreLowAndTheNext24Hours) {
  FakeTariffsService service;
  const absl::Time before = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now()));
  const Ran ran = Costs(absl::StrCat("slots loc_1 --duration=3h --server=", service.address()));
  EXPECT_EQ(ran.code, 0) << ran.err;
  const v1::FindSlotsRequest asked = service.found().back();
  EXPECT_EQ(asked.segment(), v1::SlotSegment::LOW);
  EXPECT_FALSE(asked.contiguous());
  EXPECT_GE(ToTime(asked.start_time()), before);
  EXPECT_LE(ToTime(asked.start_time()), absl::Now());
  EXPECT_EQ(asked.end_time().seconds() - asked.start_time().seconds(), 24 * 3'600);
  EXPECT_TRUE(service.listed().empty());  // the zone is not needed
}

TEST(CostsRatesAndSlots, WrongArguments_AreUsage) {
  const struct {
    const char* arguments;
    const char* message;
  } cases[] = {
      {"rates", "costs rates: give one location, such as loc_"},
      {"rates a b", "costs rates: give one location, such as loc_"},
      {"rates a --from=today", "costs rates: --from: \"today\" must be an RFC 3339 time"},
      {"rates a --to=2023-02-30", "costs rates: --to: \"2023-02-30\" must be an RFC 3339 time"},
      {"rates a --resolution=hour", "costs rates: --resolution must be minutes, such as 30, or \"changes\""},
      {"rates a --direction=UP", "costs rates: --direction must be IMPORT, EXPORT or LOCAL, but is \"UP\""},
      {"rates a --output=xml", "costs rates: --output must be chart, table, json or csv, but is \"xml\""},
      {"rates a --usage_before_wh=much", "costs rates: --usage_before_wh must be a number such as 20567 or 1.5"},
      {"rates a --carbon --no_carbon", "costs rates: --carbon and --no_carbon exclude each other"},
      {"rates a --deadline=0s", "costs rates: --deadline must be above 0"},
      {"rates a --dry_run", "costs rates: there is no flag --dry_run"},
      {"slots a", "costs slots: --duration is required, such as --duration=3h"},
      {"slots a --duration=90s", "costs slots: --duration must be whole minutes, at least one"},
      {"slots a --duration=0", "costs slots: --duration must be whole minutes, at least one"},
      {"slots a --duration=long", "costs slots: --duration: \"long\" is not a duration such as 3h or 90m"},
      {"slots a --duration=1h --segment=best", "costs slots: --segment must be low, high or green, but is \"best\""},
      {"slots a --duration=1h --output=chart", "costs slots: --output must be table, json or csv, but is \"chart\""},
  };
  for (const auto& c : cases) {
    const Ran ran = Costs(c.arguments);
    EXPECT_EQ(ran.code, 2) << c.arguments;
    EXPECT_EQ(ran.out, "") << c.arguments;
    EXPECT_TRUE(absl::StartsWith(ran.err, c.message)) << ran.err;
  }
}

TEST(CostsRatesAndSlots, NoServer_IsThree) {
  for (const char* arguments : {"rates loc_1", "slots loc_1 --duration=1h"}) {
    const Ran ran = Costs(absl::StrCat(arguments, " --server=127.0.0.1:1"));
    EXPECT_EQ(ran.code, 3);
    EXPECT_TRUE(absl::StartsWith(ran.err, "costs: no answer from 127.0.0.1:1; is costsd running there?")) << ran.err;
  }
}

TEST(CostsRates, Terminal_GetsItsWidthAndColours) {
  FakeTariffsService service;
  const std::string call =
      absl::StrCat("rates loc_1 --from=2023-07-01T10:00:00Z --to=2023-07-01T12:00:00Z --server=", service.address());
  const std::string coloured = OnTerminal(call, "LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=", 100);
  EXPECT_TRUE(absl::StrContains(coloured, "\x1b[32m")) << coloured;
  const std::string plain = OnTerminal(call, "LC_ALL=C.UTF-8 TERM=xterm NO_COLOR=1", 100);
  EXPECT_FALSE(absl::StrContains(plain, "\x1b")) << plain;
  // 100 columns less 39 of other things.
  std::string bar;
  for (int i = 0; i < 61; ++i) bar += "█";
  EXPECT_TRUE(absl::StrContains(plain, absl::StrCat("12:00  ", bar, "  0.21  111\r\n"))) << plain;
  EXPECT_FALSE(absl::StrContains(OnTerminal(call, "TERM=dumb NO_COLOR=", 100), "\x1b"));
  // A terminal that does not tell its width counts as 80 columns.
  EXPECT_TRUE(absl::StrContains(OnTerminal(call, "LC_ALL=C TERM=xterm NO_COLOR=1", 0),
                                absl::StrCat("12:00  ", std::string(41, '#'), "  0.21  111\r\n")));
  // A pipe has no colours, whatever the environment says.
  EXPECT_FALSE(absl::StrContains(Costs(call, "TERM=xterm NO_COLOR=").out, "\x1b"));
}

}  // namespace
}  // namespace costs::cli
