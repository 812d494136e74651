#include "client/cli/records_command.h"

#include <algorithm>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/local_time.h"
#include "client/cli/record_fields.h"
#include "client/cli/record_rows.h"
#include "client/cli/rpc_error.h"
#include "client/cli/stored_flags.h"
#include "client/cli/text_table.h"
#include "client/errors.h"
#include "client/utf8.h"
#include "energy/costs/v1/meter_records_service.grpc.pb.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(bool, newest_first, false, "true or false");
ABSL_FLAG(uint32_t, limit, 30, "a whole number");

namespace costs::cli {
namespace {

using Stub = v1::MeterRecordsService::Stub;

constexpr uint32_t kPage = 1'000;

// A command, ready to be run.
struct Run {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<Stub> stub;
  absl::Time deadline;
  std::vector<std::string> ids;
  AnswerFormat format = AnswerFormat::kTable;
  std::function<bool(const std::string& text)> write;  // false: it cannot be written
};

template <typename Request, typename Response>
absl::Status Call(const Run& run, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(run.deadline));
  return ToStatus((run.stub.get()->*method)(&context, request, response));
}

absl::Status Write(const Run& run, const std::string& text) {
  return run.write(text) ? absl::OkStatus() : absl::DataLossError("the answer cannot be written");
}

absl::Status WriteJson(const Run& run, const google::protobuf::Message& answer) {
  const absl::StatusOr<std::string> json = AnswerJson(answer);
  return json.ok() ? Write(run, *json) : json.status();
}

absl::StatusOr<v1::ListMeterRecordsRequest> Filters(const Run& run) {
  v1::ListMeterRecordsRequest request;
  v1::MeterRecordSubmission rate;  // only its tariff_rate
  const std::pair<const char*, std::string> texts[] = {{"location", absl::GetFlag(FLAGS_location)},
                                                       {"device", absl::GetFlag(FLAGS_device)},
                                                       {"session", absl::GetFlag(FLAGS_session)},
                                                       {"record", absl::GetFlag(FLAGS_record)}};
  for (const auto& [name, text] : texts) {
    if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrCat("--", name, " is not UTF-8"));
  }
  request.set_location_id(texts[0].second);
  request.set_device_id(texts[1].second);
  request.set_session_reference_id(texts[2].second);
  request.set_record_reference_id(texts[3].second);
  const absl::StatusOr<v1::Direction::Value> direction = FlowDirectionFromFlag();
  if (!direction.ok()) return direction.status();
  request.set_direction(*direction);
  if (absl::Status status = SetFieldFromText(Field::kTariffRate, absl::GetFlag(FLAGS_tariff_rate), &rate);
      !status.ok()) {
    return status;
  }
  request.set_tariff_rate(rate.tariff_rate());
  request.set_newest_first(absl::GetFlag(FLAGS_newest_first));
  const absl::StatusOr<Period> period = PeriodFromFlags();
  if (!period.ok()) return period.status();
  google::protobuf::Timestamp start, end;
  if (absl::Status status = SetPeriod(*period, request.location_id(), run.deadline, run.channel, &start, &end);
      !status.ok()) {
    return status;
  }
  if (period->from) *request.mutable_start_time() = start;
  if (period->to) *request.mutable_end_time() = end;
  return request;
}

// Page by page, so that any number can be listed.
absl::Status List(const Run& run) {
  absl::StatusOr<v1::ListMeterRecordsRequest> request = Filters(run);
  if (!request.ok()) return request.status();
  const uint32_t limit = absl::GetFlag(FLAGS_limit);
  uint64_t left = limit == 0 ? UINT64_MAX : limit;
  Rows rows = {HeaderOfRecords()};
  if (run.format == AnswerFormat::kCsv) {
    if (absl::Status status = Write(run, CsvText(rows)); !status.ok()) return status;
    rows.clear();
  }
  while (left > 0) {
    request->set_page_size(static_cast<int32_t>(std::min<uint64_t>(left, kPage)));
    v1::ListMeterRecordsResponse page;
    if (absl::Status status = Call(run, &Stub::ListMeterRecords, *request, &page); !status.ok()) return status;
    for (const v1::MeterRecord& record : page.data()) {
      if (run.format == AnswerFormat::kJson) {
        if (absl::Status status = WriteJson(run, record); !status.ok()) return status;
      } else {
        rows.push_back(RowOf(record));
      }
    }
    if (run.format == AnswerFormat::kCsv) {
      if (absl::Status status = Write(run, CsvText(rows)); !status.ok()) return status;
      rows.clear();
    }
    left -= static_cast<uint64_t>(page.data_size());
    if (page.next_page_token().empty()) break;
    request->set_page_token(page.next_page_token());
  }
  return run.format == AnswerFormat::kTable ? Write(run, TableText(rows)) : absl::OkStatus();
}

absl::Status Get(const Run& run) {
  Rows rows = {HeaderOfRecords()};
  for (const std::string& id : run.ids) {
    v1::GetMeterRecordRequest request;
    request.set_id(id);
    v1::MeterRecord record;
    if (absl::Status status = Call(run, &Stub::GetMeterRecord, request, &record); !status.ok()) return status;
    if (run.format == AnswerFormat::kJson) {
      if (absl::Status status = WriteJson(run, record); !status.ok()) return status;
    }
    rows.push_back(RowOf(record));
  }
  if (run.format == AnswerFormat::kJson) return absl::OkStatus();
  return Write(run, run.format == AnswerFormat::kCsv ? CsvText(rows) : TableText(rows));
}

absl::Status Revisions(const Run& run) {
  v1::ListMeterRecordRevisionsRequest request;
  request.set_id(run.ids.front());
  request.set_page_size(static_cast<int32_t>(kPage));
  Rows rows = {Joined({"revision", "time_created", "cause"}, FigureNames())};
  for (;;) {
    v1::ListMeterRecordRevisionsResponse page;
    if (absl::Status status = Call(run, &Stub::ListMeterRecordRevisions, request, &page); !status.ok()) return status;
    for (const v1::MeterRecordRevision& revision : page.data()) {
      if (run.format == AnswerFormat::kJson) {
        if (absl::Status status = WriteJson(run, revision); !status.ok()) return status;
      }
      rows.push_back(
          Joined({absl::StrCat(revision.revision()), Rfc3339(ToTime(revision.time_created()), absl::UTCTimeZone()),
                  v1::RevisionCause::Value_Name(revision.cause())},
                 Figures(revision.data())));
    }
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  if (run.format == AnswerFormat::kJson) return absl::OkStatus();
  return Write(run, run.format == AnswerFormat::kCsv ? CsvText(rows) : TableText(rows));
}

absl::Status Delete(const Run& run) {
  for (const std::string& id : run.ids) {
    v1::DeleteMeterRecordRequest request;
    request.set_id(id);
    google::protobuf::Empty nothing;
    if (absl::Status status = Call(run, &Stub::DeleteMeterRecord, request, &nothing); !status.ok()) {
      return absl::Status(status.code(), absl::StrCat(id, ": ", status.message()));
    }
  }
  return absl::OkStatus();
}

struct Action {
  absl::string_view verb;
  size_t least_ids, most_ids;
  std::vector<absl::string_view> flags;
  absl::Status (*run)(const Run& run);
};

const std::vector<Action>& Actions() {
  static const auto* const actions = new std::vector<Action>{
      {"list",
       0,
       0,
       {"location", "device", "session", "record", "direction", "tariff_rate", "from", "to", "newest_first", "limit"},
       List},
      {"get", 1, SIZE_MAX, {}, Get},
      {"revisions", 1, 1, {}, Revisions},
      {"delete", 1, SIZE_MAX, {}, Delete},
  };
  return *actions;
}

absl::StatusOr<Run> Prepare(const Action& action, absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed(std::begin(kReadFlags), std::end(kReadFlags));
  allowed.insert(allowed.end(), std::begin(kChannelFlags), std::end(kChannelFlags));
  allowed.insert(allowed.end(), action.flags.begin(), action.flags.end());
  absl::StatusOr<std::vector<std::string>> ids = ParseFlags(arguments, allowed);
  if (!ids.ok()) return ids.status();
  if (ids->size() < action.least_ids) return absl::InvalidArgumentError("give a record's id, mre_...");
  if (ids->size() > action.most_ids) {
    return absl::InvalidArgumentError(absl::StrCat("\"", ids->back(), "\" is one too many"));
  }
  for (const std::string& id : *ids) {
    if (!IsUtf8(id)) return absl::InvalidArgumentError("an id is not UTF-8");
  }
  Run run;
  run.ids = *std::move(ids);
  const absl::StatusOr<absl::Duration> deadline = DeadlineFromFlag();
  if (!deadline.ok()) return deadline.status();
  run.deadline = absl::Now() + *deadline;
  const absl::StatusOr<AnswerFormat> format = AnswerFormatFromFlag();
  if (!format.ok()) return format.status();
  run.format = *format;
  return run;
}

}  // namespace

const char kRecordsHelp[] =
    "usage: costs records list [flags]\n"
    "       costs records get RECORD...\n"
    "       costs records revisions RECORD\n"
    "       costs records delete RECORD...\n"
    "\n"
    "The meter records that the server has stored. TIME is RFC 3339, such as 2022-02-01T10:30:00Z, or a date of the\n"
    "location.\n"
    "\n"
    "  --location=ID, --device=ID, --session=NAME, --record=NAME  only those of it\n"
    "  --from=TIME          only those that end after this\n"
    "  --to=TIME            only those that start before this; a date counts to its end\n"
    "  --direction=         only IMPORT or EXPORT\n"
    "  --tariff_rate=       only those priced with IMPORT, EXPORT or LOCAL\n"
    "  --newest_first       the latest first\n"
    "  --limit=NUMBER       at most so many; 0: all; default: 30\n"
    "  --output=            table (default), csv, or json (gRPC's JSON mapping, one document after the other)\n";

ExitCode RecordsCommand(absl::Span<const std::string> arguments) {
  const Action* action = nullptr;
  for (const Action& one : Actions()) {
    if (!arguments.empty() && arguments[0] == one.verb) action = &one;
  }
  const auto usage = [](absl::string_view what) {
    std::cerr << "costs records: " << what << "\n(costs help records lists the flags)\n";
    return kUsage;
  };
  if (action == nullptr) return usage("say what to do: list, get, revisions or delete");
  absl::StatusOr<Run> run = Prepare(*action, arguments.subspan(1));
  if (!run.ok()) return usage(run.status().message());
  const std::string server = ServerAddress();
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenChannel(server);
  if (!channel.ok()) return ReportNoChannel(channel.status(), &std::cerr);
  run->channel = *channel;
  run->stub = v1::MeterRecordsService::NewStub(*channel);
  run->write = [](const std::string& text) { return WriteOut(text, &std::cout, &std::cerr) == kOk; };
  const absl::Status status = action->run(*run);
  if (absl::IsDataLoss(status)) return kFileError;
  // What was refused here has no reason.
  if (absl::IsInvalidArgument(status) && ReasonOf(status).empty()) return usage(status.message());
  return status.ok() ? kOk : ReportFailure(status, server, &std::cerr);
}

}  // namespace costs::cli
