#include "service/telemetry/request_counts.h"

#include "absl/strings/str_cat.h"

namespace costs::telemetry {

void RequestCounts::Answered(absl::string_view method, absl::string_view route, int status, absl::Duration duration) {
  const Route key(method, route);
  const std::lock_guard<std::mutex> lock(mutex_);
  ++answered_[{key, status}];
  seconds_.try_emplace(key, SecondsOfCalls()).first->second.Observe(absl::ToDoubleSeconds(duration));
}

std::vector<Figure> RequestCounts::Figures() const {
  std::vector<Figure> figures;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [key, count] : answered_) {
    const auto& [route, status] = key;
    figures.push_back({"http_requests_total",
                       "Requests that were answered, by route and status; without a route: nothing is there.",
                       Figure::Kind::kCounter,
                       static_cast<double>(count),
                       {{"method", route.first}, {"route", route.second}, {"code", absl::StrCat(status)}}});
  }
  for (const auto& [route, seconds] : seconds_) {
    figures.push_back({"http_request_duration_seconds",
                       "How long requests took, from their first byte to their answer.",
                       Figure::Kind::kHistogram,
                       0,
                       {{"method", route.first}, {"route", route.second}},
                       seconds.Read()});
  }
  return figures;
}

}  // namespace costs::telemetry
