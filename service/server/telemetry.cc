#include "service/server/telemetry.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

void Log(absl::string_view line) { spdlog::info("{}", std::string(line)); }

}  // namespace

Telemetry::Telemetry(const std::vector<std::string>& services, telemetry::LoggedCalls logged,
                     auth::Authenticator* authenticator)
    : log_(logged, Log), observer_(&calls_, {&log_, authenticator}) {
  rpc::CountMethods(services, &calls_);
}

void Telemetry::Answered(const rest::AnsweredRequest& request) {
  requests_.Answered(request.method, request.route, request.status, request.duration);
  telemetry::EndedCall call;
  call.code = absl::StrCat(request.status);
  const std::optional<uint64_t> left_out = log_.Admit(call.code, /*failed=*/request.status >= 500, absl::Now());
  if (!left_out) return;
  const std::string method = absl::StrCat(request.method, " ", request.route);
  call.left_out = *left_out;
  call.face = "rest";
  if (!request.route.empty()) call.method = method;
  call.duration = request.duration;
  call.account_id = request.account_id;
  call.request_id = request.request_id;
  call.traceparent = request.traceparent;
  log_.Write(call);
}

std::vector<telemetry::Figure> Telemetry::Figures() const {
  std::vector<telemetry::Figure> figures = calls_.Figures();
  for (telemetry::Figure& figure : requests_.Figures()) figures.push_back(std::move(figure));
  return figures;
}

}  // namespace costs::server
