#include "client/cli/stored_flags.h"

#include "absl/flags/flag.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client/cli/call_flags.h"
#include "client/cli/local_time.h"
#include "client/errors.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"

namespace costs::cli {
absl::StatusOr<AnswerFormat> AnswerFormatFromFlag() {
  const std::string text = absl::GetFlag(FLAGS_output);
  if (text.empty() || text == "table") return AnswerFormat::kTable;
  if (text == "csv") return AnswerFormat::kCsv;
  if (text == "json") return AnswerFormat::kJson;
  return absl::InvalidArgumentError(absl::StrCat("--output must be table, csv or json, but is \"", text, "\""));
}

absl::StatusOr<v1::Direction::Value> FlowDirectionFromFlag() {
  const std::string text = absl::GetFlag(FLAGS_direction);
  v1::Direction::Value direction = v1::Direction::UNSPECIFIED;
  if (text.empty()) return direction;
  if (!v1::Direction::Value_Parse(absl::AsciiStrToUpper(text), &direction) || direction == v1::Direction::UNSPECIFIED) {
    return absl::InvalidArgumentError(absl::StrCat("--direction must be IMPORT or EXPORT, but is \"", text, "\""));
  }
  return direction;
}

absl::Status SetPeriod(const Period& period, const std::string& location_id, absl::Time deadline,
                       const std::shared_ptr<grpc::Channel>& channel, google::protobuf::Timestamp* start,
                       google::protobuf::Timestamp* end) {
  absl::TimeZone zone;
  if (IsDate(period.from) || IsDate(period.to)) {
    if (location_id.empty()) {
      return absl::InvalidArgumentError(
          "a date begins at a location's midnight; name the location, or give times such as 2022-02-01T10:30:00Z");
    }
    const grpc::Status asked = AskZone(location_id, deadline, v1::TariffsService::NewStub(channel).get(), &zone);
    if (!asked.ok()) return ToStatus(asked);
  }
  if (period.from) *start = ToTimestamp(Resolve(*period.from, zone));
  if (period.to) {
    *end = ToTimestamp(IsDate(period.to) ? StartOf(absl::get<absl::CivilDay>(*period.to) + 1, zone)
                                         : Resolve(*period.to, zone));
  }
  return absl::OkStatus();
}

}  // namespace costs::cli
