#include "client/cli/location_flags.h"

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/call_flags.h"
#include "client/utf8.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(std::string, from, "", "a text");
ABSL_FLAG(std::string, to, "", "a text");

namespace costs::cli {
namespace {

absl::StatusOr<std::optional<When>> FromFlag(absl::string_view name, const std::string& text) {
  if (text.empty()) return std::nullopt;
  absl::StatusOr<When> when = ParseWhen(text);
  if (!when.ok()) return absl::InvalidArgumentError(absl::StrCat("--", name, ": ", when.status().message()));
  return *when;
}

}  // namespace

// Rates without rates: what is left is the location itself.
grpc::Status AskZone(const std::string& location_id, absl::Time deadline, v1::TariffsService::StubInterface* stub,
                     absl::TimeZone* zone) {
  v1::ListRatesRequest request;
  request.set_location_id(location_id);
  request.mutable_start_time()->set_seconds(0);
  request.mutable_end_time()->set_seconds(60);
  request.set_include_tariff(false);
  request.set_include_carbon(false);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  v1::ListRatesResponse response;
  grpc::Status status = stub->ListRates(&context, request, &response);
  if (status.ok()) *zone = ZoneOrUtc(response.location_timezone());
  return status;
}

bool IsDate(const std::optional<When>& when) { return when && absl::holds_alternative<absl::CivilDay>(*when); }

absl::StatusOr<std::string> LocationFrom(absl::Span<const std::string> arguments) {
  if (arguments.size() != 1)
    return absl::InvalidArgumentError("give one location, such as loc_641b90b758fb8e6293716e40");
  if (!IsUtf8(arguments[0])) return absl::InvalidArgumentError("the location is not UTF-8");
  return arguments[0];
}

absl::StatusOr<v1::TariffRate::Value> DirectionFromFlag() {
  const std::string text = absl::GetFlag(FLAGS_direction);
  v1::TariffRate::Value direction = v1::TariffRate::UNSPECIFIED;
  if (text.empty()) return direction;
  if (!v1::TariffRate::Value_Parse(absl::AsciiStrToUpper(text), &direction) ||
      direction == v1::TariffRate::UNSPECIFIED) {
    return absl::InvalidArgumentError(
        absl::StrCat("--direction must be IMPORT, EXPORT or LOCAL, but is \"", text, "\""));
  }
  return direction;
}

absl::StatusOr<absl::Duration> DeadlineFromFlag() {
  const absl::Duration deadline = absl::GetFlag(FLAGS_deadline).value_or(absl::Seconds(10));
  if (deadline <= absl::ZeroDuration()) return absl::InvalidArgumentError("--deadline must be above 0");
  return deadline;
}

absl::StatusOr<Period> PeriodFromFlags() {
  absl::StatusOr<std::optional<When>> from = FromFlag("from", absl::GetFlag(FLAGS_from));
  if (!from.ok()) return from.status();
  absl::StatusOr<std::optional<When>> to = FromFlag("to", absl::GetFlag(FLAGS_to));
  if (!to.ok()) return to.status();
  return Period{*from, *to};
}

grpc::Status ResolvePeriod(const Period& period, const std::string& location_id, absl::Time now, absl::Time deadline,
                           v1::TariffsService::StubInterface* stub, google::protobuf::Timestamp* start,
                           google::protobuf::Timestamp* end) {
  absl::TimeZone zone;
  const bool today = !period.from && !period.to;
  if (today || IsDate(period.from) || IsDate(period.to)) {
    grpc::Status status = AskZone(location_id, deadline, stub, &zone);
    if (!status.ok()) return status;
  }
  std::optional<When> from = period.from;
  if (today) from = absl::ToCivilDay(now, zone);
  std::optional<absl::Time> until;
  if (period.to) until = Resolve(*period.to, zone);
  const absl::Time since = from ? Resolve(*from, zone) : *until - absl::Hours(24);
  if (!until) until = IsDate(from) ? StartOf(absl::get<absl::CivilDay>(*from) + 1, zone) : since + absl::Hours(24);
  *start = ToTimestamp(since);
  *end = ToTimestamp(*until);
  return grpc::Status::OK;
}

}  // namespace costs::cli
