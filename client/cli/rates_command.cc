#include "client/cli/rates_command.h"

#include <unistd.h>

#include <iostream>
#include <iterator>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/location_flags.h"
#include "client/cli/rates_table.h"
#include "client/cli/rpc_error.h"
#include "client/cli/terminal.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(std::string, resolution, "", "a text");
ABSL_FLAG(bool, carbon, false, "true or false");

namespace costs::cli {
namespace {

constexpr int kMinutesPerHour = 60;

const struct {
  absl::string_view name;
  RatesOptions::Format format;
} kFormats[] = {
    {"", RatesOptions::Format::kChart},      {"chart", RatesOptions::Format::kChart},
    {"table", RatesOptions::Format::kTable}, {"json", RatesOptions::Format::kJson},
    {"csv", RatesOptions::Format::kCsv},
};

absl::Status SetFormat(const std::string& output, RatesOptions* options) {
  for (const auto& [name, format] : kFormats) {
    if (name != output) continue;
    options->format = format;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--output must be chart, table, json or csv, but is \"", output, "\""));
}

// An hour by default: a row of the chart.
absl::Status SetResolution(const std::string& text, v1::ListRatesRequest* request) {
  int minutes = kMinutesPerHour;
  if (text == "changes") {
    minutes = 0;
  } else if (!text.empty() && !absl::SimpleAtoi(text, &minutes)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--resolution must be minutes, such as 30, or \"changes\", but is \"", text, "\""));
  }
  request->set_resolution(minutes);
  return absl::OkStatus();
}

absl::Status SetUsageBefore(const std::string& text, v1::ListRatesRequest* request) {
  double wh = 0;
  if (text.empty()) return absl::OkStatus();
  if (!absl::SimpleAtod(text, &wh)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--usage_before_wh must be a number such as 20567 or 1.5, but is \"", text, "\""));
  }
  request->set_usage_before_wh(wh);
  return absl::OkStatus();
}

absl::Status SetLocation(absl::Span<const std::string> others, RatesOptions* options) {
  absl::StatusOr<std::string> location = LocationFrom(others);
  if (!location.ok()) return location.status();
  options->request.set_location_id(*location);
  absl::StatusOr<v1::TariffRate::Value> direction = DirectionFromFlag();
  if (!direction.ok()) return direction.status();
  options->request.set_direction(*direction);
  absl::StatusOr<Period> period = PeriodFromFlags();
  if (!period.ok()) return period.status();
  options->period = *period;
  absl::StatusOr<absl::Duration> deadline = DeadlineFromFlag();
  if (!deadline.ok()) return deadline.status();
  options->deadline = *deadline;
  return absl::OkStatus();
}

absl::StatusOr<RatesOptions> OptionsFromFlags(absl::Span<const std::string> others) {
  RatesOptions options;
  absl::Status status = SetLocation(others, &options);
  if (status.ok()) status = SetUsageBefore(absl::GetFlag(FLAGS_usage_before_wh), &options.request);
  if (status.ok()) status = SetResolution(absl::GetFlag(FLAGS_resolution), &options.request);
  if (status.ok()) status = SetFormat(absl::GetFlag(FLAGS_output), &options);
  if (!status.ok()) return status;
  if (absl::GetFlag(FLAGS_no_tariff)) options.request.set_include_tariff(false);
  if (absl::GetFlag(FLAGS_no_carbon)) options.request.set_include_carbon(false);
  options.chart.carbon_bars = absl::GetFlag(FLAGS_carbon);
  if (options.chart.carbon_bars && absl::GetFlag(FLAGS_no_carbon)) {
    return absl::InvalidArgumentError("--carbon and --no_carbon exclude each other");
  }
  options.chart.terminal = DescribeTerminal(STDOUT_FILENO);
  options.server = ServerAddress();
  return options;
}

absl::StatusOr<std::string> Print(const v1::ListRatesResponse& rates, const RatesOptions& options) {
  switch (options.format) {
    case RatesOptions::Format::kTable:
      return RatesTable(rates);
    case RatesOptions::Format::kJson:
      return AnswerJson(rates);
    case RatesOptions::Format::kCsv:
      return RatesCsv(rates);
    case RatesOptions::Format::kChart:
      break;
  }
  return DrawRates(rates, options.chart);
}

}  // namespace

const char kRatesHelp[] =
    "usage: costs rates LOCATION [flags]\n"
    "\n"
    "Draws what a kWh costs at a location over time, and its carbon; marks the cheapest and greenest rows.\n"
    "TIME is RFC 3339, such as 2022-02-01T10:30:00Z, or a date, which begins at the location's midnight.\n"
    "\n"
    "  --from=TIME          default: today\n"
    "  --to=TIME            default: the end of that date, or 24 hours after --from\n"
    "  --resolution=        minutes in a row, a divisor of 1440, at least 5 (default: 60), or changes\n"
    "  --direction=         IMPORT (default), EXPORT or LOCAL\n"
    "  --carbon             the bars are the carbon intensity\n"
    "  --usage_before_wh=NUMBER  Wh used before --from, for tiered tariffs\n"
    "  --no_tariff          without the price\n"
    "  --no_carbon          without the carbon\n"
    "  --output=            chart (default; colours on a terminal unless NO_COLOR is set), table, csv,\n"
    "                       or json (the answer in gRPC's JSON mapping)\n";

ExitCode RunRates(const RatesOptions& options, absl::Time now, v1::TariffsService::StubInterface* stub,
                  std::ostream* out, std::ostream* err) {
  const absl::Time deadline = absl::Now() + options.deadline;
  v1::ListRatesRequest request = options.request;
  grpc::Status status = ResolvePeriod(options.period, request.location_id(), now, deadline, stub,
                                      request.mutable_start_time(), request.mutable_end_time());
  v1::ListRatesResponse rates;
  if (status.ok()) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    status = stub->ListRates(&context, request, &rates);
  }
  if (!status.ok()) return ReportFailure(status, options.server, err);
  const absl::StatusOr<std::string> text = Print(rates, options);
  if (!text.ok()) {
    *err << "costs: " << text.status().message() << "\n";
    return kServerRefused;
  }
  return WriteOut(*text, out, err);
}

ExitCode RatesCommand(absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed(std::begin(kReadFlags), std::end(kReadFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  allowed.insert(allowed.end(), std::begin(kLocationFlags), std::end(kLocationFlags));
  allowed.insert(allowed.end(), {"resolution", "carbon", "usage_before_wh", "no_tariff", "no_carbon"});
  absl::StatusOr<std::vector<std::string>> others = ParseFlags(arguments, allowed);
  absl::StatusOr<RatesOptions> options = others.ok() ? OptionsFromFlags(*others) : others.status();
  if (!options.ok()) {
    std::cerr << "costs rates: " << options.status().message() << "\n(costs help rates lists the flags)\n";
    return kUsage;
  }
  const auto stub = ConnectToTariffs(options->server);
  if (!stub.ok()) return ReportNoChannel(stub.status(), &std::cerr);
  return RunRates(*options, absl::Now(), stub->get(), &std::cout, &std::cerr);
}

}  // namespace costs::cli
