#include "client/cli/tariff_import.h"

#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/import_report.h"
#include "client/cli/rpc_error.h"
#include "grpcpp/client_context.h"

namespace costs::cli {
namespace {

// Calls one of the creating calls and tells what came of it.
class Creator {
 public:
  Creator(const TariffImportRun& options, absl::Time deadline, std::ostream* out, std::ostream* err)
      : options_(options), deadline_(deadline), out_(out), err_(err) {}

  // `call`: (context, response) -> status.
  template <typename Response, typename Call>
  ExitCode Create(absl::string_view what, const std::string& id, const Call& call) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(deadline_));
    Response response;
    const grpc::Status status = call(&context, &response);
    if (status.error_code() == grpc::StatusCode::ALREADY_EXISTS && options_.existing_is_fine) {
      *out_ << what << " " << id << ": is there already, and left as it is\n";
      return kOk;
    }
    if (!status.ok()) return ReportFailure(status, options_.server, err_);
    *out_ << what << " " << response.id() << ": created\n";
    return kOk;
  }

 private:
  const TariffImportRun& options_;
  const absl::Time deadline_;
  std::ostream* const out_;
  std::ostream* const err_;
};

// One JSON document after the other, as the calls take them.
ExitCode PrintDocuments(const catalog::ImportedTariff& tariff, std::ostream* out, std::ostream* err) {
  absl::Status status;
  const auto print = [&](const google::protobuf::Message& document) {
    const absl::StatusOr<std::string> json = AnswerJson(document);
    if (json.ok()) *out << *json;
    status.Update(json.status());
  };
  for (const v1::SpecialDayCalendar& calendar : tariff.calendars) print(calendar);
  for (const v1::TariffElement& element : tariff.elements) print(element);
  out->flush();
  if (status.ok() && out->good()) return kOk;
  *err << "costs: the documents cannot be written" << (status.ok() ? "" : ": ") << status.message() << "\n";
  return kFileError;
}

}  // namespace

ExitCode FinishTariffImport(const absl::StatusOr<catalog::ImportedTariff>& imported, const TariffImportRun& options,
                            v1::TariffsService::StubInterface* stub, std::ostream* out, std::ostream* err) {
  if (!imported.ok()) return PrintRefusal(imported.status(), err);
  PrintFindings(imported->findings, err);
  catalog::ImportedTariff tariff = *imported;
  for (v1::TariffElement& element : tariff.elements) element.set_location_id(options.location_id);
  if (options.dry_run) return PrintDocuments(tariff, out, err);
  Creator creator(options, absl::Now() + options.deadline, out, err);
  for (const v1::SpecialDayCalendar& calendar : tariff.calendars) {
    v1::CreateSpecialDayCalendarRequest request;
    *request.mutable_special_day_calendar() = calendar;
    const ExitCode code = creator.Create<v1::SpecialDayCalendar>(
        "calendar", calendar.id(), [&](grpc::ClientContext* context, v1::SpecialDayCalendar* response) {
          return stub->CreateSpecialDayCalendar(context, request, response);
        });
    if (code != kOk) return code;
  }
  for (const v1::TariffElement& element : tariff.elements) {
    v1::CreateTariffElementRequest request;
    *request.mutable_tariff_element() = element;
    const ExitCode code = creator.Create<v1::TariffElement>(
        "element", element.id(), [&](grpc::ClientContext* context, v1::TariffElement* response) {
          return stub->CreateTariffElement(context, request, response);
        });
    if (code != kOk) return code;
  }
  return kOk;
}

}  // namespace costs::cli
