#include "service/server/admin_port.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/telemetry/exposition.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

rest::Route Open(const char* path, const char* content_type, std::function<std::string()> body) {
  rest::Route route;
  route.method = "GET";
  route.pattern = path;
  route.context = "api";
  route.open = true;
  route.handler = [content_type, body = std::move(body)](const rest::Request&, const rest::Done& done) {
    rest::Answer answer;
    answer.body = body();
    answer.content_type = content_type;
    done(std::move(answer));
  };
  return route;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminPort>> AdminPort::Start(Options options) {
  rest::ServerOptions serving;
  serving.listen = options.listen;
  serving.io_threads = 1;
  serving.limits.connections = 64;
  serving.serving = std::move(options.serving);
  serving.log = [](absl::string_view line) { spdlog::warn("admin: {}", std::string(line)); };
  serving.routes = {Open("/metrics", telemetry::kExpositionType,
                         [figures = std::move(options.figures)] { return telemetry::Exposition(figures()); }),
                    Open("/statusz", "application/json", std::move(options.status))};
  auto server = std::make_unique<rest::Server>(std::move(serving));
  const absl::StatusOr<uint16_t> port = server->Start();
  if (!port.ok()) return port.status();
  const std::string host = options.listen.substr(0, options.listen.rfind(':'));
  return std::unique_ptr<AdminPort>(new AdminPort(std::move(server), absl::StrCat(host, ":", *port)));
}

}  // namespace costs::server
