#include "client/cli/instant_command.h"

#include <iostream>
#include <iterator>
#include <sstream>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/decimal_text.h"
#include "client/cli/record_fields.h"
#include "client/cli/record_rows.h"
#include "client/cli/rpc_error.h"
#include "client/cli/text_table.h"
#include "client/utf8.h"
#include "google/protobuf/util/time_util.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(std::string, value, "", "a text");
ABSL_FLAG(std::string, units, "", "a text");
ABSL_FLAG(std::string, start, "", "a text");
ABSL_FLAG(std::string, end, "", "a text");
ABSL_FLAG(std::string, confidence, "", "a text");
ABSL_FLAG(bool, breakdown, false, "true or false");

namespace costs::cli {
namespace {

using google::protobuf::util::TimeUtil;

const struct {
  absl::string_view name;
  const absl::Flag<std::string>& flag;
  Field field;
} kRecordFlags[] = {
    {"location", FLAGS_location, Field::kLocationId},
    {"value", FLAGS_value, Field::kValue},
    {"units", FLAGS_units, Field::kUnits},
    {"start", FLAGS_start, Field::kStartTime},
    {"end", FLAGS_end, Field::kEndTime},
    {"device", FLAGS_device, Field::kDeviceId},
    {"session", FLAGS_session, Field::kSessionReferenceId},
    {"record", FLAGS_record, Field::kRecordReferenceId},
    {"direction", FLAGS_direction, Field::kDirection},
    {"tariff_rate", FLAGS_tariff_rate, Field::kTariffRate},
    {"confidence", FLAGS_confidence, Field::kConfidence},
    {"usage_before_wh", FLAGS_usage_before_wh, Field::kUsageBeforeWh},
};

std::string Figure(double value, int scale) {
  std::string text;
  AppendScaled(ToScaled(value, scale), scale, &text);
  return text;
}

std::string Times(const google::protobuf::Timestamp& start, const google::protobuf::Timestamp& end) {
  return absl::StrCat(TimeUtil::ToString(start), " to ", TimeUtil::ToString(end));
}

void PrintTable(const v1::MeterRecord& record, std::ostream* out) {
  const v1::MeterRecordData& data = record.data();
  const auto row = [&](const char* name, const std::string& text) {
    *out << name << std::string(10 - std::string(name).size(), ' ') << text << "\n";
  };
  row("record", record.id());
  row("location", record.request().location_id());
  row("period", Times(data.start_time(), data.end_time()));
  row("energy", absl::StrCat(Figure(data.energy().value(), 0), " Wh"));
  if (data.has_tariff()) {
    row("cost", absl::StrCat(Figure(data.tariff().value(), 6), " ", record.currency_code(), ", confidence ",
                             Figure(data.tariff().confidence(), 6)));
  }
  if (data.has_carbon()) {
    row("carbon", absl::StrCat(Figure(data.carbon().value(), 3), " ", record.carbon_units(), ", confidence ",
                               Figure(data.carbon().confidence(), 6)));
  }
  for (const v1::BreakdownSegment& segment : data.breakdown()) {
    *out << "\n" << Times(segment.start_time(), segment.end_time()) << "\n";
    *out << "  energy  " << Figure(segment.energy(), 0) << " Wh\n";
    for (const v1::ElementRate& rate : segment.rates()) {
      *out << "  rate    " << AllDigits(rate.rate()) << " per kWh, " << rate.tariff_element_id() << ", confidence "
           << Figure(rate.confidence(), 6) << "\n";
    }
    if (segment.has_cost()) *out << "  cost    " << Figure(segment.cost(), 6) << " " << record.currency_code() << "\n";
    if (segment.has_carbon()) {
      *out << "  carbon  " << Figure(segment.carbon(), 3) << " " << record.carbon_units();
      if (segment.has_intensity()) *out << ", at " << AllDigits(segment.intensity()) << " per kWh";
      *out << "\n";
    }
  }
}

absl::StatusOr<InstantOptions> OptionsFromFlags() {
  InstantOptions options;
  std::string missing;
  for (const auto& [name, flag, field] : kRecordFlags) {
    const std::string text = absl::GetFlag(flag);
    if (text.empty() && InfoOf(field).required) absl::StrAppend(&missing, missing.empty() ? "" : ", ", "--", name);
    if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrCat("--", name, " is not UTF-8"));
    absl::Status status = SetFieldFromText(field, text, options.request.mutable_record());
    if (!status.ok()) return status;
  }
  if (!missing.empty()) return absl::InvalidArgumentError(absl::StrCat("these flags are required: ", missing));
  const std::string output = absl::GetFlag(FLAGS_output);
  if (output == "table") {
    options.format = InstantOptions::Format::kTable;
  } else if (output == "csv") {
    options.format = InstantOptions::Format::kCsv;
  } else if (!output.empty() && output != "json") {
    return absl::InvalidArgumentError(absl::StrCat("--output must be json, table or csv, but is \"", output, "\""));
  }
  options.deadline = absl::GetFlag(FLAGS_deadline).value_or(options.deadline);
  if (options.deadline <= absl::ZeroDuration()) return absl::InvalidArgumentError("--deadline must be above 0");
  SetCallOptions(absl::GetFlag(FLAGS_no_tariff), absl::GetFlag(FLAGS_no_carbon),
                 absl::GetFlag(FLAGS_non_persistent) || absl::GetFlag(FLAGS_dry_run), &options.request);
  if (absl::GetFlag(FLAGS_breakdown)) options.request.set_include_breakdown(true);
  options.server = ServerAddress();
  return options;
}

}  // namespace

const char kInstantHelp[] =
    "usage: costs instant --location=ID --value=NUMBER --units=W|KW|WH|KWH --start=TIME --end=TIME [flags]\n"
    "\n"
    "Prices one meter record and prints the answer. TIME is RFC 3339, such as 2022-02-01T10:30:00Z.\n"
    "\n"
    "  --device=ID          the device that the record is attributed to\n"
    "  --session=NAME       your name for a group of records\n"
    "  --record=NAME        your name for this record\n"
    "  --direction=         IMPORT (default) or EXPORT\n"
    "  --tariff_rate=       IMPORT, EXPORT or LOCAL; default: the direction\n"
    "  --confidence=NUMBER  0 to 1; below 1 marks a forecast\n"
    "  --usage_before_wh=NUMBER  Wh used before this record, for tiered tariffs\n"
    "  --breakdown          explain the figures, part by part\n"
    "  --output=            json (default: the answer in gRPC's JSON mapping), table (for people), or csv\n"
    "  --deadline=DURATION  how long to wait; default: 10s\n";

ExitCode RunInstant(const InstantOptions& options, v1::CostsService::StubInterface* stub, std::ostream* out,
                    std::ostream* err) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + options.deadline));
  v1::MeterRecord record;
  const grpc::Status status = stub->CalculateInstantCost(&context, options.request, &record);
  if (!status.ok()) return ReportFailure(status, options.server, err);
  switch (options.format) {
    case InstantOptions::Format::kTable: {
      std::ostringstream text;
      PrintTable(record, &text);
      return WriteOut(text.str(), out, err);
    }
    case InstantOptions::Format::kCsv:
      return WriteOut(CsvText({HeaderOfRecords(), RowOf(record)}), out, err);
    case InstantOptions::Format::kJson:
      break;
  }
  const absl::StatusOr<std::string> json = AnswerJson(record);
  if (json.ok()) return WriteOut(*json, out, err);
  *err << "costs: " << json.status().message() << "\n";
  return kServerRefused;
}

ExitCode InstantCommand(absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed(std::begin(kCallFlags), std::end(kCallFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  for (const auto& flag : kRecordFlags) allowed.push_back(flag.name);
  allowed.push_back("breakdown");
  absl::StatusOr<std::vector<std::string>> others = ParseFlags(arguments, allowed);
  if (others.ok() && !others->empty()) {
    others = absl::InvalidArgumentError(absl::StrCat("\"", others->front(), "\" is no flag; flags begin with --"));
  }
  absl::StatusOr<InstantOptions> options = others.ok() ? OptionsFromFlags() : others.status();
  if (!options.ok()) {
    std::cerr << "costs instant: " << options.status().message() << "\n(costs help instant lists the flags)\n";
    return kUsage;
  }
  const auto stub = ConnectTo(options->server);
  if (!stub.ok()) return ReportNoChannel(stub.status(), &std::cerr);
  return RunInstant(*options, stub->get(), &std::cout, &std::cerr);
}

}  // namespace costs::cli
