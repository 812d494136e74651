#include "client/cli/report_command.h"

#include <iostream>
#include <iterator>
#include <memory>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/local_time.h"
#include "client/cli/record_rows.h"
#include "client/cli/rpc_error.h"
#include "client/cli/stored_flags.h"
#include "client/cli/text_table.h"
#include "client/errors.h"
#include "client/utf8.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(std::string, by, "", "a way to add up");

namespace costs::cli {
namespace {

using Stub = v1::CostsService::Stub;

struct ReportOptions {
  std::string id;       // a location or device; or
  std::string session;  // this
  v1::Aggregation::Value by = v1::Aggregation::UNSPECIFIED;
  Period period;
  v1::Direction::Value direction = v1::Direction::UNSPECIFIED;
  absl::Duration deadline;
  AnswerFormat format = AnswerFormat::kTable;
};

absl::StatusOr<ReportOptions> OptionsFromFlags(absl::Span<const std::string> others) {
  ReportOptions options;
  options.session = absl::GetFlag(FLAGS_session);
  if (others.size() > 1) return absl::InvalidArgumentError(absl::StrCat("\"", others[1], "\" is one too many"));
  if (!others.empty()) options.id = others[0];
  if (options.id.empty() == options.session.empty()) {
    return absl::InvalidArgumentError("give a location or device, or --session");
  }
  if (!IsUtf8(options.id) || !IsUtf8(options.session)) return absl::InvalidArgumentError("the id is not UTF-8");
  const std::string by = absl::GetFlag(FLAGS_by);
  if (by == "day" || (by.empty() && options.session.empty())) {
    options.by = v1::Aggregation::DAY;
  } else if (by == "month") {
    options.by = v1::Aggregation::MONTH;
  } else if (by != "record" && !by.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("--by must be day, month or record, but is \"", by, "\""));
  }
  const absl::StatusOr<Period> period = PeriodFromFlags();
  if (!period.ok()) return period.status();
  options.period = *period;
  if (options.session.empty() && (!options.period.from || !options.period.to)) {
    return absl::InvalidArgumentError("--from and --to are required, such as --from=2022-02-01 --to=2022-02-28");
  }
  if (!options.session.empty() && (options.period.from || options.period.to || !by.empty())) {
    return absl::InvalidArgumentError("a session is added up as a whole, without --from, --to and --by");
  }
  const absl::StatusOr<v1::Direction::Value> direction = FlowDirectionFromFlag();
  if (!direction.ok()) return direction.status();
  options.direction = *direction;
  const absl::StatusOr<absl::Duration> deadline = DeadlineFromFlag();
  if (!deadline.ok()) return deadline.status();
  options.deadline = *deadline;
  const absl::StatusOr<AnswerFormat> format = AnswerFormatFromFlag();
  if (!format.ok()) return format.status();
  options.format = *format;
  return options;
}

template <typename Request>
void SetOptions(const ReportOptions& options, Request* request) {
  request->set_direction(options.direction);
  if (absl::GetFlag(FLAGS_no_tariff)) request->set_include_tariff(false);
  if (absl::GetFlag(FLAGS_no_carbon)) request->set_include_carbon(false);
}

// Both answers have the same fields.
template <typename Response>
absl::StatusOr<std::string> Show(const Response& response, AnswerFormat format) {
  if (format == AnswerFormat::kJson) return AnswerJson(response);
  const absl::TimeZone zone = ZoneOrUtc(response.location_timezone());
  Rows rows = {Joined(Joined({"start_time", "end_time"}, FigureNames()), {"currency"})};
  for (const v1::MeterRecordData& data : response.data()) {
    rows.push_back(Joined(
        Joined({Rfc3339(ToTime(data.start_time()), zone), Rfc3339(ToTime(data.end_time()), zone)}, Figures(data)),
        {response.currency_code()}));
  }
  return format == AnswerFormat::kCsv ? CsvText(rows) : TableText(rows);
}

absl::StatusOr<std::string> Report(const ReportOptions& options, const std::shared_ptr<grpc::Channel>& channel) {
  const absl::Time deadline = absl::Now() + options.deadline;
  const std::unique_ptr<Stub> stub = v1::CostsService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  if (!options.session.empty()) {
    v1::GetSessionCostsRequest request;
    request.set_session_reference_id(options.session);
    SetOptions(options, &request);
    v1::GetSessionCostsResponse response;
    if (absl::Status status = ToStatus(stub->GetSessionCosts(&context, request, &response)); !status.ok()) {
      return status;
    }
    return Show(response, options.format);
  }
  v1::GetIntervalCostsRequest request;
  request.set_id(options.id);
  request.set_aggregation(options.by);
  SetOptions(options, &request);
  // A device has no zone that could be asked for.
  const std::string location = options.id.rfind("dev_", 0) == 0 ? "" : options.id;
  if (absl::Status status =
          SetPeriod(options.period, location, deadline, channel, request.mutable_period()->mutable_start_time(),
                    request.mutable_period()->mutable_end_time());
      !status.ok()) {
    return status;
  }
  v1::GetIntervalCostsResponse response;
  if (absl::Status status = ToStatus(stub->GetIntervalCosts(&context, request, &response)); !status.ok()) {
    return status;
  }
  return Show(response, options.format);
}

}  // namespace

const char kReportHelp[] =
    "usage: costs report LOCATION|DEVICE --from=TIME --to=TIME [flags]\n"
    "       costs report --session=NAME [flags]\n"
    "\n"
    "What the stored meter records of a location, device or session cost, exactly added up. TIME is RFC 3339, such as\n"
    "2022-02-01T10:30:00Z, or a date of the location; --to counts to the end of its date.\n"
    "\n"
    "  --by=                day (default), month, or record: an entry for each\n"
    "  --direction=         IMPORT (default) or EXPORT\n"
    "  --no_tariff          without the cost\n"
    "  --no_carbon          without the carbon\n"
    "  --output=            table (default), csv, or json (the answer in gRPC's JSON mapping)\n";

ExitCode ReportCommand(absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed(std::begin(kReadFlags), std::end(kReadFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  allowed.insert(allowed.end(), {"session", "by", "from", "to", "direction", "no_tariff", "no_carbon"});
  const absl::StatusOr<std::vector<std::string>> others = ParseFlags(arguments, allowed);
  const absl::StatusOr<ReportOptions> options = others.ok() ? OptionsFromFlags(*others) : others.status();
  const auto usage = [](absl::string_view what) {
    std::cerr << "costs report: " << what << "\n(costs help report lists the flags)\n";
    return kUsage;
  };
  if (!options.ok()) return usage(options.status().message());
  const std::string server = ServerAddress();
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(server);
  if (!channel.ok()) return ReportNoChannel(channel.status(), &std::cerr);
  const absl::StatusOr<std::string> text = Report(*options, *channel);
  if (text.ok()) return WriteOut(*text, &std::cout, &std::cerr);
  // What was refused here has no reason.
  if (absl::IsInvalidArgument(text.status()) && ReasonOf(text.status()).empty()) return usage(text.status().message());
  return ReportFailure(text.status(), server, &std::cerr);
}

}  // namespace costs::cli
