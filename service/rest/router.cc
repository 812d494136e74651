#include "service/rest/router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace costs::rest {
namespace {

bool IsParameter(const std::string& segment) { return !segment.empty() && segment.front() == '{'; }

// Whether `path` has the form of `pattern`, and with what parameters.
bool Fits(const std::vector<std::string>& pattern, const std::vector<absl::string_view>& path,
          std::vector<std::string>* parameters) {
  if (pattern.size() != path.size()) return false;
  parameters->clear();
  for (size_t i = 0; i < path.size(); ++i) {
    if (!IsParameter(pattern[i])) {
      if (path[i] != pattern[i]) return false;
    } else {
      if (path[i].empty()) return false;
      parameters->emplace_back(path[i]);
    }
  }
  return true;
}

}  // namespace

Router::Router(std::vector<Route> routes) {
  entries_.reserve(routes.size());
  for (Route& route : routes) {
    largest_body_ = std::max(largest_body_, route.body_bytes);
    all_open_ = all_open_ && route.open;
    std::vector<std::string> segments = absl::StrSplit(route.pattern, '/');
    entries_.push_back({std::move(route), std::move(segments)});
  }
}

Router::Match Router::Find(absl::string_view method, absl::string_view path) const {
  const std::vector<absl::string_view> segments = absl::StrSplit(path, '/');
  Match match;
  std::vector<std::string> allowed;
  for (const Entry& entry : entries_) {
    if (!Fits(entry.segments, segments, &match.parameters)) continue;
    const std::string& serves = entry.route.method;
    match.context = entry.route.context;
    if (serves == method || (serves == "GET" && method == "HEAD")) {
      match.route = &entry.route;
      return match;
    }
    allowed.push_back(serves == "GET" ? "GET, HEAD" : serves);
  }
  match.parameters.clear();
  match.allow = absl::StrJoin(allowed, ", ");
  return match;
}

}  // namespace costs::rest
