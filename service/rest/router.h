// Which handler a method and path lead to.
//
//   Router router({{"GET", "/locations/{id}", "api.locations", 0, handler}, …});
//   Router::Match match = router.Find("GET", "/locations/loc_1");
//   match.route->handler; match.parameters == {"loc_1"}
//
// Immutable, and so thread-safe.
#ifndef SERVICE_REST_ROUTER_H_
#define SERVICE_REST_ROUTER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "service/rest/exchange.h"

namespace costs::rest {

struct Route {
  std::string method;   // GET serves HEAD too
  std::string pattern;  // segments; one that is {name} takes any segment
  std::string context;  // of its errors
  // The largest JSON body; 0: the route takes none, and none is looked at.
  uint64_t body_bytes = 0;
  Handler handler;
  // Answered whoever asks. All others are not even looked at without an identity.
  bool open = false;
  // Whether it is given the caller's authorization, to hand it on. One that is open is.
  bool hands_on_authorization = false;
};

class Router {
 public:
  struct Match {
    const Route* route = nullptr;         // null: none
    std::vector<std::string> parameters;  // one for each {name}
    std::string allow;                    // the path's methods, where it has some, but not this one
    std::string context;                  // of the path's errors, where it has methods
  };

  // Of several that match the first counts.
  explicit Router(std::vector<Route> routes);

  // `path` as RequestTarget has it.
  Match Find(absl::string_view method, absl::string_view path) const;

  uint64_t largest_body() const { return largest_body_; }
  bool all_open() const { return all_open_; }

 private:
  struct Entry {
    Route route;
    std::vector<std::string> segments;
  };
  std::vector<Entry> entries_;
  uint64_t largest_body_ = 0;
  bool all_open_ = true;
};

}  // namespace costs::rest

#endif  // SERVICE_REST_ROUTER_H_
