// How a bearer token is got from another costs API: GET /login.
//
// The key is the implementation's; who renews tokens (the wrapper of CostsApi whose
// concern that is) never sees it.
//
//   login_api->Login(deadline, [](LoginApi::Result result) { … });
#ifndef SERVICE_UPSTREAM_LOGIN_API_H_
#define SERVICE_UPSTREAM_LOGIN_API_H_

#include <functional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "service/upstream/costs_api.h"

namespace costs::upstream {

// What the upstream's login answered with.
struct LoginAnswer {
  std::string bearer_token;  // without "Bearer "
  absl::Duration expires_in;
  bool live_mode = false;
};

class LoginApi {
 public:
  using Result = std::variant<LoginAnswer, UpstreamError>;
  using Done = std::function<void(Result result)>;

  // No login is under way: each `done` has returned.
  virtual ~LoginApi() = default;

  // Runs `done` once, perhaps before it returns, perhaps on another thread; `done`
  // does not block. Never later than a moment after the deadline. Thread-safe.
  virtual void Login(absl::Time deadline, Done done) = 0;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_LOGIN_API_H_
