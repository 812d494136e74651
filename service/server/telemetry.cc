#include "service/server/telemetry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

void Log(absl::string_view line) { spdlog::info("{}", std::string(line)); }

}  // namespace

Telemetry::Telemetry(const std::vector<std::string>& services, telemetry::LoggedCalls logged,
                     auth::Authenticator* authenticator)
    : logged_(logged), observer_(&calls_, {logged, authenticator, Log}) {
  rpc::CountMethods(services, &calls_);
}

void Telemetry::Answered(const rest::AnsweredRequest& request) {
  requests_.Answered(request.method, request.route, request.status, request.duration);
  const bool ours = request.status >= 500;
  if (logged_ == telemetry::LoggedCalls::kNone || (logged_ == telemetry::LoggedCalls::kFailed && !ours)) return;
  const std::string method = absl::StrCat(request.method, " ", request.route);
  telemetry::EndedCall call;
  call.face = "rest";
  if (!request.route.empty()) call.method = method;
  call.code = absl::StrCat(request.status);
  call.duration = request.duration;
  call.account_id = request.account_id;
  call.request_id = request.request_id;
  call.traceparent = request.traceparent;
  Log(telemetry::CallLine(call));
}

std::vector<telemetry::Figure> Telemetry::Figures() const {
  std::vector<telemetry::Figure> figures = calls_.Figures();
  for (telemetry::Figure& figure : requests_.Figures()) figures.push_back(std::move(figure));
  return figures;
}

}  // namespace costs::server
