#include "client/cli/slots_command.h"

#include <iostream>
#include <iterator>
#include <limits>
#include <optional>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/rates_table.h"
#include "client/cli/rpc_error.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(std::optional<absl::Duration>, duration, std::nullopt, "a duration such as 3h or 90m");
ABSL_FLAG(std::string, segment, "", "a text");
ABSL_FLAG(bool, contiguous, false, "true or false");

namespace costs::cli {
namespace {

absl::Status SetDuration(std::optional<absl::Duration> duration, v1::FindSlotsRequest* request) {
  if (!duration) return absl::InvalidArgumentError("--duration is required, such as --duration=3h");
  absl::Duration rest;
  const int64_t minutes = absl::IDivDuration(*duration, absl::Minutes(1), &rest);
  if (rest != absl::ZeroDuration() || minutes < 1 || minutes > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError("--duration must be whole minutes, at least one, such as 3h or 90m");
  }
  request->set_duration(static_cast<int32_t>(minutes));
  return absl::OkStatus();
}

absl::Status SetSegment(const std::string& text, v1::FindSlotsRequest* request) {
  v1::SlotSegment::Value segment = v1::SlotSegment::LOW;
  if (!text.empty() && (!v1::SlotSegment::Value_Parse(absl::AsciiStrToUpper(text), &segment) ||
                        segment == v1::SlotSegment::UNSPECIFIED)) {
    return absl::InvalidArgumentError(absl::StrCat("--segment must be low, high or green, but is \"", text, "\""));
  }
  request->set_segment(segment);
  return absl::OkStatus();
}

absl::Status SetFormat(const std::string& output, SlotsOptions* options) {
  if (output == "json") {
    options->format = SlotsOptions::Format::kJson;
  } else if (output == "csv") {
    options->format = SlotsOptions::Format::kCsv;
  } else if (!output.empty() && output != "table") {
    return absl::InvalidArgumentError(absl::StrCat("--output must be table, json or csv, but is \"", output, "\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<SlotsOptions> OptionsFromFlags(absl::Span<const std::string> others) {
  SlotsOptions options;
  absl::StatusOr<std::string> location = LocationFrom(others);
  if (!location.ok()) return location.status();
  options.request.set_location_id(*location);
  absl::StatusOr<v1::TariffRate::Value> direction = DirectionFromFlag();
  if (!direction.ok()) return direction.status();
  options.request.set_direction(*direction);
  absl::StatusOr<Period> period = PeriodFromFlags();
  if (!period.ok()) return period.status();
  options.period = *period;
  absl::StatusOr<absl::Duration> deadline = DeadlineFromFlag();
  if (!deadline.ok()) return deadline.status();
  options.deadline = *deadline;
  absl::Status status = SetDuration(absl::GetFlag(FLAGS_duration), &options.request);
  if (status.ok()) status = SetSegment(absl::GetFlag(FLAGS_segment), &options.request);
  if (status.ok()) status = SetFormat(absl::GetFlag(FLAGS_output), &options);
  if (!status.ok()) return status;
  options.request.set_contiguous(absl::GetFlag(FLAGS_contiguous));
  options.server = ServerAddress();
  return options;
}

absl::StatusOr<std::string> Print(const v1::FindSlotsResponse& slots, SlotsOptions::Format format) {
  switch (format) {
    case SlotsOptions::Format::kJson:
      return AnswerJson(slots);
    case SlotsOptions::Format::kCsv:
      return SlotsCsv(slots);
    case SlotsOptions::Format::kTable:
      break;
  }
  return SlotsTable(slots);
}

}  // namespace

const char kSlotsHelp[] =
    "usage: costs slots LOCATION --duration=DURATION [flags]\n"
    "\n"
    "Finds when a kWh is cheapest, dearest or greenest at a location.\n"
    "TIME is RFC 3339, such as 2022-02-01T10:30:00Z, or a date, which begins at the location's midnight.\n"
    "\n"
    "  --duration=DURATION  how long the slots are together, such as 3h or 90m\n"
    "  --segment=           low (default), high or green\n"
    "  --contiguous         one slot, without a break\n"
    "  --from=TIME          the slots start here or later; default: now\n"
    "  --to=TIME            the slots end here or before; default: 24 hours after --from, or the end of that date\n"
    "  --direction=         IMPORT (default), EXPORT or LOCAL\n"
    "  --output=            table (default), csv, or json (the answer in gRPC's JSON mapping)\n";

ExitCode RunSlots(const SlotsOptions& options, absl::Time now, v1::TariffsService::StubInterface* stub,
                  std::ostream* out, std::ostream* err) {
  const absl::Time deadline = absl::Now() + options.deadline;
  Period period = options.period;
  if (!period.from) period.from = absl::FromUnixSeconds(absl::ToUnixSeconds(now));
  v1::FindSlotsRequest request = options.request;
  grpc::Status status = ResolvePeriod(period, request.location_id(), now, deadline, stub, request.mutable_start_time(),
                                      request.mutable_end_time());
  v1::FindSlotsResponse slots;
  if (status.ok()) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline));
    status = stub->FindSlots(&context, request, &slots);
  }
  if (!status.ok()) return ReportFailure(status, options.server, err);
  const absl::StatusOr<std::string> text = Print(slots, options.format);
  if (!text.ok()) {
    *err << "costs: " << text.status().message() << "\n";
    return kServerRefused;
  }
  return WriteOut(*text, out, err);
}

ExitCode SlotsCommand(absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed(std::begin(kReadFlags), std::end(kReadFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  allowed.insert(allowed.end(), std::begin(kLocationFlags), std::end(kLocationFlags));
  allowed.insert(allowed.end(), {"duration", "segment", "contiguous"});
  absl::StatusOr<std::vector<std::string>> others = ParseFlags(arguments, allowed);
  absl::StatusOr<SlotsOptions> options = others.ok() ? OptionsFromFlags(*others) : others.status();
  if (!options.ok()) {
    std::cerr << "costs slots: " << options.status().message() << "\n(costs help slots lists the flags)\n";
    return kUsage;
  }
  const auto stub = ConnectToTariffs(options->server);
  if (!stub.ok()) return ReportNoChannel(stub.status(), &std::cerr);
  return RunSlots(*options, absl::Now(), stub->get(), &std::cout, &std::cerr);
}

}  // namespace costs::cli
